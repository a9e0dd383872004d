/**
 * The gauntlet: every fault and every unusual good reply of the demo's catalogue, through a proxy, over sockets, judged
 * by what the client has in the end and by what the upstream saw.
 */
import { parseArgs } from 'node:util';
import { casesOf } from './gauntlet/cases.mjs';
import { runListeners } from './gauntlet/listeners.mjs';
import { SETTINGS, startOurs } from './gauntlet/ours.mjs';
import { header, row, scoreLine, scoreOf } from './gauntlet/report.mjs';
import { runCases } from './gauntlet/run.mjs';
import { startUpstream, upstreamAt } from './gauntlet/upstream-client.mjs';

const USAGE = `npm run gauntlet -- [options]

  --only NAME[,NAME…]       these faults and good replies alone
  --quick                   nothing that waits, lasts for ever, or is huge
  --failures                print failing cases only
  --on-break error|continue what the proxy does with a stream that breaks (error)
  --commit first_content|first_text|complete
                            until when it can ask again (first_content); with another, streams alone
  --keepalive off|comments  with comments, streams alone, and all that is tried again takes longer than 20 s (off)
  --via URL --demo URL      another proxy, which runs already in front of that demo
  --strict                  hold it to all that this proxy promises of errors, attempts and waits
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    failures: { type: 'boolean', default: false },
    'on-break': { type: 'string', default: 'error' },
    commit: { type: 'string', default: 'first_content' },
    keepalive: { type: 'string', default: 'off' },
    via: { type: 'string' },
    demo: { type: 'string' },
    strict: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const isForeign = values.via !== undefined;
const streaming = { onBreak: values['on-break'], commit: values.commit, keepalive: values.keepalive };
const isKnown =
  /^(error|continue)$/.test(streaming.onBreak) &&
  /^(first_content|first_text|complete)$/.test(streaming.commit) &&
  /^(off|comments)$/.test(streaming.keepalive);
if (values.help || isForeign !== (values.demo !== undefined) || !isKnown) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 64);
}

const bare = (url) => url.replace(/\/+$/, '');
const names = values.only?.split(',');
const options = { ...streaming, quick: values.quick, only: (name) => names?.includes(name) ?? true };

const startedAt = performance.now();
const upstream = isForeign ? upstreamAt(bare(values.demo)) : await startUpstream();
const proxy = isForeign ? { url: bare(values.via) } : await startOurs({ url: upstream.url, ...streaming });
const catalogue = await upstream.catalogue();

const results = await runCases(proxy.url, upstream, casesOf(catalogue, options), {
  strict: values.strict || !isForeign,
  maxAttempts: 1 + SETTINGS.maxRetries,
  hosts: [new URL(upstream.url).host],
});
if (!isForeign) {
  // What cannot be reached begins no stream.
  const isUsual = streaming.commit === 'first_content' && streaming.keepalive === 'off';
  const listeners = catalogue.faults.filter(({ kind, name }) => isUsual && kind === 'listener' && options.only(name));
  results.push(...(await runListeners(listeners, upstream, streaming.onBreak)));
  if (proxy.hasEnded()) console.log(`The proxy ended by itself:\n${proxy.said()}`);
  await proxy.end();
  await upstream.end();
}

const failing = results.filter(({ outcome }) => outcome !== 'good');
console.log([header, ...(values.failures ? failing : results).map(row)].join('\n'));
if (!values.failures && failing.length > 0) console.log(['', 'Failing:', ...failing.map(row)].join('\n'));
const score = scoreOf(results);
console.log(`\n${scoreLine(score)}; ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
process.exitCode = score.total > 0 && score.good === score.total ? 0 : 1;
