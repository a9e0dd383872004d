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

const delays = (keepalive, baseDelayS) =>
  keepalive === 'comments'
    ? `base_delay: ${LATE_DELAY_S}, max_delay: ${LATE_DELAY_S}, jitter: false`
    : `base_delay: ${baseDelayS}, max_delay: ${SETTINGS.maxDelayMs / 1000}`;

const config = ({
  url,
  onBreak = 'error',
  commit = 'first_content',
  keepalive = 'off',
  maxRetries,
  limitS = 2,
  baseDelayS = 0.01,
  models = '{}',
}) => `server: { host: 127.0.0.1, port: 0 }
target_proxy:
  url: "${url}"
  timeouts: { connect: ${limitS}, headers: ${limitS}, headers_whole: ${limitS}, first_content: ${limitS}, idle: ${limitS} }
error_handling: { max_retries: ${maxRetries}, timeout_retries: ${maxRetries}, deadline: 60, ${delays(keepalive, baseDelayS)} }
streaming: { on_break: ${onBreak}, max_continues: ${SETTINGS.maxContinues}, commit: ${commit}, keepalive: ${keepalive} }
models: ${models}
logging: { level: silent }
`;

let started = 0;

/**
 * @param {object} options
 * @param {string} options.url
 * @param {string} [options.onBreak]
 * @param {string} [options.commit]
 * @param {string} [options.keepalive]
 * @param {number} [options.maxRetries]
 * @param {string} [options.authority] a PEM file to trust besides the usual ones
 * @param {number} [options.limitS] every time limit of an attempt but the total, in seconds
 * @param {number} [options.baseDelayS] the first wait before a retry
 * @param {string} [options.models] that section, as YAML
 * @param {string} [options.state] the folder of what it keeps
 */
export const startOurs = async ({ authority, maxRetries = SETTINGS.maxRetries, state = scratch, ...settings }) => {
  started += 1;
  const path = scratchFile(`proxy-${started}.yaml`, config({ ...settings, maxRetries }));
  const env = { STATE_DIRECTORY: state, ...(authority && { NODE_EXTRA_CA_CERTS: authority }) };
  const child = start(process.execPath, [file('bin/seaking-proxy'), '--config', path], { env });
  const [, port] = await child.says(/"address":"127\.0\.0\.1:(\d+)"/);
  return { url: `http://127.0.0.1:${port}`, ...child };
};
