/** SillyTavern's real backend: what its page would show of lists, replies, streams and failures. */
import { startOurs } from '../gauntlet/ours.mjs';
import { startUpstream } from '../gauntlet/upstream-client.mjs';
import { sillyTavernFolder } from './install.mjs';
import { startBackend } from './sillytavern/backend.mjs';
import { CASES, LISTING } from './sillytavern/cases.mjs';
import { startPage } from './sillytavern/page.mjs';
import { runCase, runListing } from './sillytavern/run.mjs';

export const name = 'backend';

export const about =
  "**SillyTavern backend**: SillyTavern's server alone, with the requests that its page sends. The page's own reader reads the replies.";

export const run = async (tell) => {
  const root = sillyTavernFolder();
  const upstream = await startUpstream();
  const proxy = await startOurs({ url: upstream.url, onBreak: 'error' });
  const backend = await startBackend(root);
  const world = { backend, page: await startPage(root), upstream, url: `${proxy.url}/v1` };

  for (const source of LISTING) tell(await runListing(world, source));
  for (const [number, kase] of CASES.entries()) tell(await runCase(world, kase, number));
  if (proxy.hasEnded()) throw new Error(`The proxy ended by itself:\n${proxy.said()}`);

  await Promise.all([backend.end(), proxy.end(), upstream.end()]);
};
