/** SillyTavern's backend, headless, with data that is thrown away. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { scratch, scratchFile, start } from '../../gauntlet/processes.mjs';

/** The first start builds its page. */
const START_MS = 120_000;
const POLL_MS = 200;
/** SillyTavern itself would wait for ever. */
const LIMIT_MS = 20_000;

const config = (content) => `listen: false
whitelistMode: true
disableCsrfProtection: true
enableDownloadableTokenizers: false
skipContentCheck: ${!content}
browserLaunch: { enabled: false }
extensions: { autoUpdate: false }
`;

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
};

const answers = async (url) => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(START_MS) })).ok;
  } catch {
    return false;
  }
};

/** Rejects where it ends, or does not answer in time. */
const ready = async (url, child) => {
  for (const end = Date.now() + START_MS; Date.now() < end && !child.hasEnded(); ) {
    if (await answers(`${url}/version`)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`SillyTavern did not start:\n${child.said()}`);
};

let started = 0;

/**
 * @param {string} root the folder that SillyTavern is in
 * @param {{ content?: boolean }} [options] `content`: with the characters and settings that a new user finds
 */
export const startBackend = async (root, { content = false } = {}) => {
  started += 1;
  const port = await freePort();
  const options = {
    configPath: scratchFile(`sillytavern-${started}.yaml`, config(content)),
    dataRoot: join(scratch, `sillytavern-${started}`),
    port,
    listen: false,
    browserLaunchEnabled: false,
    disableCsrf: true,
    whitelist: true,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = start(process.execPath, [join(root, 'server.js'), ...args], { env: { NODE_ENV: 'production' } });
  const url = `http://127.0.0.1:${port}`;
  await ready(url, child);
  return {
    url,
    /** What its page would ask. Rejects where no head comes in time; the same limit holds for the body. */
    ask: (path, body) =>
      fetch(`${url}/api/backends/chat-completions/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(LIMIT_MS),
      }),
    said: child.said,
    end: child.end,
  };
};
