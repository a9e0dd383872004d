/** The gauntlet through other proxies too; writes bench/gauntlet.md and its chart, unless only a part is asked for. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chartOf } from './chart.mjs';
import { casesOf } from './gauntlet/cases.mjs';
import { PLACES } from './gauntlet/client.mjs';
import { SETTINGS, startOurs } from './gauntlet/ours.mjs';
import { file } from './gauntlet/processes.mjs';
import { percent, row, scoreLine, scoreOf } from './gauntlet/report.mjs';
import { runCases } from './gauntlet/run.mjs';
import { startUpstream } from './gauntlet/upstream-client.mjs';
import { PEERS } from './peers/peers.mjs';

const USAGE = `npm run bench:peers -- [options]

  --only NAME[,NAME…]    these faults and good replies alone
  --peers NAME[,NAME…]   these proxies alone
  --failures             print failing cases too
  --chart                measure nothing; draw the chart of the bench/gauntlet.md that is there
  With the first or the second, nothing is written.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    peers: { type: 'string' },
    failures: { type: 'boolean', default: false },
    chart: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const PAGE = file('bench/gauntlet.md');
const draw = () => writeFileSync(file('docs/images/gauntlet.svg'), chartOf(readFileSync(PAGE, 'utf8')));
if (values.chart) {
  draw();
  process.exit(0);
}

const isPart = values.only !== undefined || values.peers !== undefined;
/** Without such an option, all. */
const isNamed = (list, name) => list?.split(',').includes(name) ?? true;

const { version } = JSON.parse(readFileSync(file('package.json'), 'utf8'));

const OURS = {
  name: 'seaking-proxy',
  how: '3 retries, time-outs of 2 s',
  version,
  start: (url) => startOurs({ url, onBreak: 'error' }),
};

/** The kinds of cases, and what is asked of each. */
const KINDS = {
  mended:
    'fails twice, then answers well: that answer, character for character, and no try before the wait that was asked for',
  'for ever': 'fails whenever it is asked: an error that the client can read, after at most 4 attempts',
  final: 'a failure that no retry mends: one attempt, and an error that the client can read',
  'not awaited': 'asks for a longer wait than is reasonable: an error that the client can read',
  breaks: 'a stream that breaks after its beginning: the text so far, an error in the stream, a clean end',
  good: 'unusual and good: passed on at the first attempt, character for character',
};

const measure = async (peer) => {
  const startedAt = performance.now();
  // Each has an upstream of its own: what one leaves behind on a connection is not another's.
  const upstream = await startUpstream();
  const proxy = await peer.start(upstream.url);
  const cases = casesOf(await upstream.catalogue(), {
    onBreak: 'error',
    commit: 'first_content',
    keepalive: 'off',
    quick: false,
    only: (name) => isNamed(values.only, name),
  }).filter(peer.plays ?? (() => true));
  const options = { strict: false, maxAttempts: 1 + SETTINGS.maxRetries, hosts: [] };
  const { url, anthropicUrl = url } = proxy;
  const baseOf = ({ place }) => (PLACES[place].dialect === 'anthropic' ? anthropicUrl : url);
  const results = [];
  for (const base of new Set([url, anthropicUrl])) {
    const its = cases.filter((kase) => baseOf(kase) === base);
    results.push(...(await runCases(base, upstream, its, options)));
  }
  await proxy.end();
  await upstream.end();
  if (values.failures) for (const each of results) if (each.outcome !== 'good') console.log(row(each));
  const tookS = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${peer.name} ${peer.version}: ${scoreLine(scoreOf(results))}; ${tookS} s`);
  return { peer, results };
};

const cells = (...values) => `| ${values.join(' | ')} |`;

const table = (measured) => {
  const score = ({ peer, results }) => {
    const { good, total, passedOff, refused } = scoreOf(results);
    return cells(
      `${peer.name} ${peer.version}`,
      `${good} of ${total}`,
      `${percent({ good, total })} %`,
      passedOff,
      refused,
    );
  };
  const byKind = ({ peer, results }) => {
    const counts = Object.keys(KINDS).map((kind) => {
      const { good, total } = scoreOf(results.filter(({ kase }) => kase.kind === kind));
      return `${good} of ${total}`;
    });
    return cells(peer.name, ...counts);
  };
  const kinds = Object.keys(KINDS);
  return `<!-- Made by: npm run bench:peers -->
# The gauntlet

Every fault and every unusual good reply of the demo upstream (\`seaking-proxy demo --list\`), as JSON and as a stream,
in OpenAI's and Anthropic's API, through each proxy over real sockets. The client reads as SillyTavern does. Measured on
${new Date().toISOString().slice(0, 10)}, on Node ${process.versions.node}.

${cells('Proxy', 'Good', '', 'Failures passed off as success', 'Good replies refused')}
${cells('---', '---', '---', '---', '---')}
${measured.map(score).join('\n')}

${cells('Proxy', ...kinds)}
${cells('---', ...kinds.map(() => '---'))}
${measured.map(byKind).join('\n')}

${Object.entries(KINDS)
  .map(([kind, says]) => `- **${kind}**: ${says}.`)
  .join('\n')}

A failure is passed off as success where the client gets a status of success, a clean end, no error, and not the answer.
A good reply is refused where the client gets anything but that reply, or the upstream was asked more than once.

How each was set:

${measured.map(({ peer }) => `- ${peer.name} ${peer.version}: ${peer.how}.`).join('\n')}

None but seaking-proxy and LiteLLM are made for this: nginx and HAProxy look at statuses and
connections, not at what a reply says, and try again without a wait. The table shows what that leaves to be done.
`;
};

const measured = [];
for (const peer of [OURS, ...PEERS].filter(({ name }) => isNamed(values.peers, name))) {
  const { version: found, why } = peer.version === undefined && peer.install ? peer.install() : peer;
  if (found === undefined) console.log(`${peer.name} is not installed, and left out${why ? `: ${why}` : '.'}`);
  else measured.push(await measure({ ...peer, version: found }));
}
if (isPart) console.log(table(measured));
else {
  writeFileSync(PAGE, table(measured));
  draw();
}
