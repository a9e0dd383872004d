/** The gauntlet through other proxies too; writes bench/gauntlet.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { casesOf } from './gauntlet/cases.mjs';
import { SETTINGS, startOurs } from './gauntlet/ours.mjs';
import { file } from './gauntlet/processes.mjs';
import { percent, scoreLine, scoreOf } from './gauntlet/report.mjs';
import { runCases } from './gauntlet/run.mjs';
import { startUpstream } from './gauntlet/upstream-client.mjs';
import { PEERS } from './peers/peers.mjs';

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
  // Each has an upstream of its own: what one leaves behind on a connection is not another's.
  const upstream = await startUpstream();
  const proxy = await peer.start(upstream.url);
  const cases = casesOf(await upstream.catalogue(), {
    onBreak: 'error',
    commit: 'first_content',
    keepalive: 'off',
    quick: false,
    only: () => true,
  });
  const results = await runCases(proxy.url, upstream, cases, {
    strict: false,
    maxAttempts: 1 + SETTINGS.maxRetries,
    hosts: [],
  });
  await proxy.end();
  await upstream.end();
  console.log(`${peer.name} ${peer.version}: ${scoreLine(scoreOf(results))}`);
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

None but seaking-proxy is made for this: nginx and HAProxy look at statuses and connections, not at what a reply says,
and try again without a wait. The table shows what that leaves to be done.
`;
};

const measured = [];
for (const peer of [OURS, ...PEERS]) {
  if (peer.version === undefined) console.log(`${peer.name} is not installed, and left out.`);
  else measured.push(await measure(peer));
}
writeFileSync(file('bench/gauntlet.md'), table(measured));
