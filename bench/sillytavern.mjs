/**
 * SillyTavern's real backend through the built proxy on the demo upstream: what its user sees of lists, replies,
 * streams and failures. Installs SillyTavern into a cache folder the first time.
 */
import { startOurs } from './gauntlet/ours.mjs';
import { startUpstream } from './gauntlet/upstream-client.mjs';
import { startBackend } from './sillytavern/backend.mjs';
import { CASES, LISTING } from './sillytavern/cases.mjs';
import { sillyTavernFolder, VERSION } from './sillytavern/install.mjs';
import { startPage } from './sillytavern/page.mjs';
import { runCase, runListing } from './sillytavern/run.mjs';

const row = ({ says, source, mode, ms, told, problems }) => {
  const mark = problems.length === 0 ? ' ' : '!';
  const cells = [mark, source.padEnd(6), mode.padEnd(6), says.padEnd(26), String(Math.round(ms)).padStart(5), told];
  return [cells.join(' ').trimEnd(), ...problems.map((problem) => `    <- ${problem}`)].join('\n');
};

const root = sillyTavernFolder();
const upstream = await startUpstream();
const proxy = await startOurs({ url: upstream.url, onBreak: 'error' });
const backend = await startBackend(root);
const world = { backend, page: await startPage(root), upstream, url: `${proxy.url}/v1` };

console.log(`SillyTavern ${VERSION}\n`);
const results = [];
const tell = (result) => {
  console.log(row(result));
  results.push(result);
};
for (const source of LISTING) tell(await runListing(world, source));
for (const [number, kase] of CASES.entries()) tell(await runCase(world, kase, number));
if (proxy.hasEnded()) console.log(`The proxy ended by itself:\n${proxy.said()}`);

await Promise.all([backend.end(), proxy.end(), upstream.end()]);

const failed = results.filter(({ problems }) => problems.length > 0).length;
console.log(`\n${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
