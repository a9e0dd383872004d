/** Asks the demo upstream what it can do and what it saw. */

import { file, start } from './processes.mjs';

/** @param {string} url */
const got = async (url) => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The demo answers ${response.status} to ${url}`);
  return response;
};

/** @param {string} url without a slash at the end */
export const upstreamAt = (url) => ({
  url,
  /** @returns {Promise<{ faults: readonly any[], goodReplies: readonly any[] }>} */
  catalogue: async () => (await got(`${url}/demo/catalogue`)).json(),
  /** The text that a client is to have in the end. @param {string} name @param {string} prompt */
  expected: async (name, prompt) => (await got(`${url}/demo/expected?${new URLSearchParams({ name, prompt })}`)).text(),
  /**
   * The requests with this id, oldest first; when they came, and when their connections closed, in milliseconds since
   * 1970. @param {string} id
   */
  attempts: async (id) => {
    const response = await got(`${url}/demo/attempts?${new URLSearchParams({ id })}`);
    const { timeOrigin, attempts } = await response.json();
    return attempts.map(({ at, closed, ...attempt }) => ({
      ...attempt,
      at: timeOrigin + at,
      closed: closed && { ...closed, at: timeOrigin + closed.at },
    }));
  },
});

export const startUpstream = async () => {
  const child = start(process.execPath, [file('bench/gauntlet/upstream.mjs')]);
  const [line] = await child.says(/^\{.*\}$/m);
  const { url, listeners, certificateAuthority } = JSON.parse(line);
  return { ...upstreamAt(url), listeners, certificateAuthority, end: child.end };
};
