/** The built product, with a config that makes its waits short. */
import { file, scratch, scratchFile, start } from './processes.mjs';

/** The config of the run; the cases are judged by these numbers. */
export const SETTINGS = {
  maxRetries: 3,
  maxContinues: 3,
  /** A hint above it is not waited for. */
  maxDelayMs: 5000,
};

/** With comments, streams are opened while they are waited for: after so long, and then as often. */
export const KEEPALIVE = { openMs: 20_000, everyMs: 15_000 };

/** Long enough that a mended answer is later than the first comment, and a failure later than the second. */
const LATE_DELAY_S = 12;

const delays = (keepalive) =>
  keepalive === 'comments'
    ? `base_delay: ${LATE_DELAY_S}, max_delay: ${LATE_DELAY_S}, jitter: false`
    : `base_delay: 0.01, max_delay: ${SETTINGS.maxDelayMs / 1000}`;

const config = ({
  url,
  onBreak = 'error',
  commit = 'first_content',
  keepalive = 'off',
  maxRetries,
}) => `server: { host: 127.0.0.1, port: 0 }
target_proxy:
  url: "${url}"
  timeouts: { connect: 2, headers: 2, headers_whole: 2, first_content: 2, idle: 2 }
error_handling: { max_retries: ${maxRetries}, timeout_retries: ${maxRetries}, deadline: 60, ${delays(keepalive)} }
streaming: { on_break: ${onBreak}, max_continues: ${SETTINGS.maxContinues}, commit: ${commit}, keepalive: ${keepalive} }
logging: { level: silent }
`;

let started = 0;

/**
 * @param {{ url: string, onBreak?: string, commit?: string, keepalive?: string, maxRetries?: number, authority?: string }}
 * options `authority`: a PEM file to trust besides the usual ones
 */
export const startOurs = async ({ authority, maxRetries = SETTINGS.maxRetries, ...settings }) => {
  started += 1;
  const path = scratchFile(`proxy-${started}.yaml`, config({ ...settings, maxRetries }));
  const env = { STATE_DIRECTORY: scratch, ...(authority && { NODE_EXTRA_CA_CERTS: authority }) };
  const child = start(process.execPath, [file('bin/seaking-proxy'), '--config', path], { env });
  const [, port] = await child.says(/listens on 127\.0\.0\.1:(\d+)/);
  return { url: `http://127.0.0.1:${port}`, ...child };
};
