/** U7: short replies that take long to read, or turn into long ones. Others must be served meanwhile. */
import { ask, chat, completion, event, reply, STREAM, STREAM_END, STREAM_HEAD, statusOf, stream } from './messages.mjs';
import { dial, pause } from './raw.mjs';
import { mb, startProxy, startUpstream } from './world.mjs';

const MIB = 1024 * 1024;
const JSON_FIELD = ['content-type: application/json'];

/** JSON of about so many bytes: this again and again in the place of `…`. */
const filled = (around, piece, bytes) =>
  reply(around.replace('…', `${piece},`.repeat(bytes / (piece.length + 1)) + piece), { fields: JSON_FIELD });
const events = (piece, bytes) => STREAM_HEAD + piece.repeat(bytes / piece.length) + event('fine') + STREAM_END;

const CASES = [
  {
    what: '30 MB of choices, as a stream',
    asks: stream(),
    answer: () => filled('{"choices":[…]}', '{"text":"a"}', 30 * MIB),
  },
  {
    what: '20 MB of blocks, as a stream of Anthropic',
    asks: ask('POST', '/v1/messages', { body: STREAM }),
    answer: () => filled('{"type":"message","content":[…]}', '{"type":"text","text":"a"}', 20 * MIB),
  },
  {
    what: '30 MB of empty objects',
    answer: () => filled(completion('fine').replace('{', '{"x":[…],'), '{}', 30 * MIB),
  },
  { what: '30 MB of events that say nothing', answer: () => events('data:1\n\n', 30 * MIB) },
  { what: '100,000 choices', answer: () => filled('{"choices":[…]}', '{"text":"a"}', 1.3 * MIB) },
  { what: '100,000 brackets deep', answer: () => reply(`${'['.repeat(100_000)}`, { fields: JSON_FIELD }) },
  {
    what: '100,000 interim replies',
    answer: () => 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100_000) + reply(completion('fine')),
  },
];
const MOST_WAIT_MS = 5000;
const MOST_MB = 400;

const costs = async ({ what, asks = chat(), answer }) => {
  const bytes = Buffer.from(answer(), 'latin1');
  const upstream = await startUpstream((_message, peer) => {
    peer.socket.write(bytes);
    peer.halfClose();
  });
  const proxy = await startProxy(upstream.url);
  const before = proxy.facts().rssMb;
  let [most, wait, isOver] = [before, 0, false];
  const others = (async () => {
    while (!isOver) {
      const startedAt = performance.now();
      await proxy.asks(ask('GET', '/healthz'));
      wait = Math.max(wait, performance.now() - startedAt);
      most = Math.max(most, proxy.facts().rssMb);
      await pause(20);
    }
  })();
  const sampling = setInterval(() => {
    most = Math.max(most, proxy.facts().rssMb);
  }, 50);
  const peer = await dial(proxy.port);
  peer.send(asks);
  await peer.until((_text, ended) => ended, 60_000);
  peer.socket.destroy();
  isOver = true;
  await others;
  clearInterval(sampling);
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  const status = statusOf(peer.text());
  return {
    what,
    figure: `${status}, others waited ${wait.toFixed(0)} ms at most, ${mb(most - before)}`,
    pass: (status === 200 || status === 502) && wait <= MOST_WAIT_MS && most - before <= MOST_MB && amiss === '',
  };
};

/** A client's request can be such as well. */
const requests = async () => {
  const upstream = await startUpstream();
  const proxy = await startProxy(upstream.url);
  const body = `{"model":"m","messages":[${'{},'.repeat(10 * MIB)}{}]}`;
  const startedAt = performance.now();
  const status = statusOf(await proxy.asks(chat({ body })));
  const tookMs = performance.now() - startedAt;
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return {
    what: 'a request of 10 million messages',
    figure: `${status} in ${tookMs.toFixed(0)} ms`,
    pass: status === 400 && tookMs <= MOST_WAIT_MS && upstream.seen.length === 0 && amiss === '',
  };
};

/** What is told is told to the upstream alone, and the proxy's own addresses go to nobody. */
const kept = async () => {
  const upstream = await startUpstream();
  const proxy = await startProxy(upstream.url);
  const wrong = [];
  for (const path of ['/', '/status', '/healthz', '/readyz', '/metrics', '/admin'])
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const status = statusOf(await proxy.asks(ask(method, path)));
      if (status !== 405 && status !== 404) wrong.push(`${status} to ${method} ${path}`);
    }
  const asked = upstream.seen.length;
  const page = ['user-agent: Mozilla/5.0', 'cookie: session=secret', 'referer: http://192.168.1.2:8000/'];
  await proxy.asks(chat({ host: '192.168.1.2', fields: page }));
  const told = upstream.seen.flatMap(({ of }) => [...of('cookie'), ...of('referer')]);
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return [
    {
      what: "the proxy's own addresses, by methods that they do not take",
      figure: [`${asked} reached the upstream, ${wrong.length} were not refused`, ...wrong].join('; '),
      pass: asked + wrong.length === 0 && amiss === '',
    },
    {
      what: 'a browser in the LAN that has cookies of another program',
      figure: `${told.length} were told to the upstream`,
      pass: told.length === 0,
    },
  ];
};

const all = async () => {
  const lines = [];
  for (const one of CASES) lines.push(await costs(one));
  return [...lines, await requests()];
};

export const costly = [
  { id: 'U7', run: all },
  { id: 'S3', run: kept },
];
