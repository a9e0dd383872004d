/**
 * The cost of twenty stages for a request, in CPU time: the pipeline with them against the pipeline without, in turns. Of
 * each the least of many rounds counts, since all else that the machine does meanwhile can only add to it.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { settingsFor } from '../dist/lib/config/load.js';
import { bytes } from '../dist/lib/index.js';
import { pipeline } from '../dist/lib/pipeline.js';
import { request } from '../dist/lib/testing/index.js';

const MOST_ADDED_US = 20;
const REQUESTS = 2000;
const ROUNDS = 20;

const REPLY = bytes(
  Buffer.from('{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello!"},"finish_reason":"stop"}]}'),
);
const reply = { status: 200, headers: { 'content-type': 'application/json' }, body: REPLY };

/** An upstream in memory that is always well. */
const edge = {
  send: () => TE.right(reply),
  hold: () => TE.right(REPLY),
  skim: () => TE.right(REPLY),
  gate: (_, body) => TE.right({ body, reading: { _tag: 'Content' } }),
  keepAlive: (inner) => inner,
  store: {
    own: { recall: () => O.none, keep: () => {} },
    last: { recall: () => async () => O.none, keep: () => async () => O.none },
  },
  warn: () => {},
  discard: () => {},
  tell: () => {},
  now: () => 0,
  wallClock: () => 0,
  roll: () => 0,
  sleep: () => TE.right(undefined),
};

/** As stages are: most only look, some change something. */
const KINDS = [
  { request: (e) => e },
  { request: (e) => (e.call._tag === 'Chat' && e.call.body.model === 'other' ? { ...e } : e) },
  { attempt: (e) => e },
  { reply: (e) => (e.reply.status === 404 ? { ...e } : e) },
  { response: (e) => e },
];
const REMEMBERING = { state: () => ({ calls: 0 }), request: (e, state) => (state.calls > 0 ? { ...e } : e) };
const TOLD = { finished: () => {} };
const CHANGING = { response: (e) => ({ ...e, reply: { ...e.reply, headers: { ...e.reply.headers, 'x-a': '1' } } }) };

const installed = (kinds) => kinds.map((hooks, i) => ({ label: `s${i}`, timeoutMs: 10_000, hooks }));

const COUNT = 20;
const of = (kind) => Array.from({ length: COUNT }, () => kind);
const SETS = {
  'at request': of(KINDS[1]),
  'at attempt': of(KINDS[2]),
  'at reply': of(KINDS[3]),
  'at response': of(KINDS[4]),
  'with a state': of(REMEMBERING),
  'at finished': of(TOLD),
  'over all of these, one of which changes something': [
    ...of(undefined)
      .slice(1)
      .map((_, i) => KINDS[i % KINDS.length]),
    CHANGING,
  ],
};

const settings = settingsFor('http://127.0.0.1:1');
if (E.isLeft(settings)) throw new Error(settings.left.says);
/** As SillyTavern asks, in a chat that has gone on for a while. */
const { call: _, ...value } = request({
  request: {
    headers: {
      host: '127.0.0.1:8484',
      accept: '*/*',
      'accept-encoding': 'gzip, deflate, br',
      authorization: 'Bearer sk-0123456789abcdef',
      connection: 'close',
      'content-length': '2345',
      'content-type': 'application/json',
      'user-agent': 'node-fetch',
    },
  },
  body: {
    messages: Array.from({ length: 30 }, (_, i) => ({
      role: i % 2 === 0 ? 'user' : 'assistant',
      content: `What was said in turn ${i} of the chat.`,
    })),
  },
});

/** Microseconds of CPU a request. */
const cost = async ({ handle }) => {
  const before = process.cpuUsage();
  for (let i = 0; i < REQUESTS; i++) {
    // Each with objects of its own, as they come from a socket.
    const { reply: came, finished } = await handle({ ...value, request: { ...value.request } })();
    await finished?.({ status: 200, reason: O.none, attempts: [], durationMs: 1 });
    if (came.status !== 200) throw new Error(`answered ${came.status}`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / REQUESTS;
};

const without = pipeline(settings.right, edge, []);
let most = 0;
for (const [where, kinds] of Object.entries(SETS)) {
  const full = pipeline(settings.right, edge, installed(kinds));
  let [plain, fullUs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    plain = Math.min(plain, await cost(without));
    fullUs = Math.min(fullUs, await cost(full));
  }
  const added = fullUs - plain;
  most = Math.max(most, added);
  console.log(`${COUNT} stages ${where}: ${added.toFixed(1)} µs of CPU a request`);
}
console.log(`The most is ${most.toFixed(1)} µs; wanted: below ${MOST_ADDED_US} µs.`);
process.exitCode = most < MOST_ADDED_US ? 0 : 1;
