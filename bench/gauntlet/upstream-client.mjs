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
  /** The requests with this id, oldest first. @param {string} id */
  attempts: async (id) => (await (await got(`${url}/demo/attempts?${new URLSearchParams({ id })}`)).json()).attempts,
});

export const startUpstream = async () => {
  const child = start(process.execPath, [file('bench/gauntlet/upstream.mjs')]);
  const [line] = await child.says(/^\{.*\}$/m);
  const { url, listeners, certificateAuthority } = JSON.parse(line);
  return { ...upstreamAt(url), listeners, certificateAuthority, end: child.end };
};
