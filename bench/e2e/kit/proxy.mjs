/** The built product with a config of its own, and a log that is kept: it can be searched for what it must not hold. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { file, scratch, scratchFile, start } from '../../gauntlet/processes.mjs';

/** The sentences in `words.mjs` tell these numbers. */
const config = ({ target, apiKey, headers = {}, baseDelay = 0.01 }) => ({
  server: { host: '127.0.0.1', port: 0 },
  target_proxy: {
    url: target,
    ...(apiKey && { api_key: apiKey }),
    headers,
    timeouts: { connect: 2, headers: 1, headers_whole: 1, first_content: 2, idle: 1 },
  },
  error_handling: { max_retries: 3, timeout_retries: 1, base_delay: baseDelay, max_delay: 5, deadline: 20 },
  logging: { level: 'debug', format: 'json' },
});

let started = 0;

/**
 * @param {{ target: string, apiKey?: string, headers?: Record<string, string>, baseDelay?: number }} options `target`:
 * the URL of the upstream; `headers`: added to each request, such as one that asks the demo for a fault; `baseDelay`: in
 * seconds
 */
export const startProxy = async (options) => {
  started += 1;
  // JSON is YAML too.
  const path = scratchFile(`e2e-${started}.yaml`, JSON.stringify(config(options)));
  const env = { STATE_DIRECTORY: mkdtempSync(join(scratch, 'state-')) };
  const child = start(process.execPath, [file('bin/seaking-proxy'), '--config', path], { env });
  const [, port] = await child.says(/"address":"127\.0\.0\.1:(\d+)"/);
  return {
    url: `http://127.0.0.1:${port}`,
    said: child.said,
    /** Rejects where it has ended by itself. */
    end: async () => {
      if (child.hasEnded()) throw new Error(`The proxy ended by itself:\n${child.said()}`);
      await child.end();
    },
  };
};
