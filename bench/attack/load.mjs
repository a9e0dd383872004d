/** L: more than there is room for. */
import { spawnSync } from 'node:child_process';
import { ask, chat, chatReply, completion, messagesIn, reply, statusOf } from './messages.mjs';
import { dial, pause } from './raw.mjs';
import { each, mb, startProxy, startUpstream } from './world.mjs';

const MIB = 1024 * 1024;

const longChat = (bytes) => JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(bytes) }] });

const counts = (statuses) => {
  const count = new Map();
  for (const status of statuses) count.set(status, (count.get(status) ?? 0) + 1);
  return [...count].map(([status, times]) => `${times} × ${status === 0 ? 'nothing' : status}`).join(', ');
};

const isShed = (text) => statusOf(text) === 503 && /^retry-after: \d+\r$/im.test(text);

/** All at once, each on a connection of its own; what each got, and how long those waited that were shed. */
const allAtOnce = async (port, requests, limitMs = 20_000) => {
  const got = await Promise.all(
    requests.map(async (request) => {
      const peer = await dial(port);
      peer.send(request);
      await peer.until((text, isOver) => isOver || messagesIn(text).messages.length > 0, limitMs);
      peer.socket.destroy();
      return peer.text();
    }),
  );
  return got;
};

const bodies = async () => {
  const answers = [];
  const upstream = await startUpstream((_message, peer) => void answers.push(peer));
  const proxy = await startProxy(upstream.url, { server: 'held_bytes: 8MiB' });
  const before = proxy.facts().rssMb;
  const request = chat({ body: longChat(MIB) });
  const waiting = allAtOnce(
    proxy.port,
    Array.from({ length: 40 }, () => request),
  );
  await pause(1500);
  const grown = proxy.facts().rssMb - before;
  for (const peer of answers) peer.send(chatReply('fine'));
  const got = await waiting;
  const served = got.filter((text) => statusOf(text) === 200).length;
  const shed = got.filter(isShed).length;
  const one = proxy.asks(chat({ body: longChat(12 * MIB) }));
  while (answers.length <= served) await pause(10);
  answers.at(-1).send(chatReply('fine'));
  const alone = statusOf(await one);
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return [
    {
      what: '40 bodies of 1 MiB with held_bytes: 8MiB',
      figure: `${counts(got.map(statusOf))}, ${mb(grown)}`,
      pass: served > 0 && served <= 8 && served + shed === 40 && grown <= 8 * 3 + 50 && amiss === '',
    },
    { what: 'one body over the limit, alone', figure: String(alone), pass: alone === 200 },
  ];
};

const committed = async () => {
  const upstream = await startUpstream((_message, peer) => {
    peer.send(
      'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {"choices":[{"delta":{"content":"a"}}]}\n\n',
    );
  });
  const proxy = await startProxy(upstream.url, { server: 'held_bytes: 8MiB' });
  const body = longChat(MIB).replace('{"model"', '{"stream":true,"model"');
  const got = [];
  const peers = [];
  for (let at = 0; at < 12; at++) {
    const peer = await dial(proxy.port);
    peer.send(chat({ body }));
    await peer.until((text, isOver) => isOver || /\r\n\r\n./s.test(text));
    got.push(peer.text());
    peers.push(peer);
  }
  for (const { socket } of peers) socket.destroy();
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  const served = got.filter((text) => statusOf(text) === 200).length;
  return [
    {
      what: '12 bodies of 1 MiB whose streams are under way',
      figure: counts(got.map(statusOf)),
      pass: served > 0 && served <= 8 && got.filter(isShed).length === 12 - served && amiss === '',
    },
  ];
};

const oneByteChunks = async (bytes) => {
  const upstream = await startUpstream();
  const proxy = await startProxy(upstream.url);
  const before = proxy.facts().rssMb;
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, proxy.facts().rssMb);
  }, 50);
  const body = longChat(bytes);
  const chunks = Array.from(body, (byte) => `1\r\n${byte}\r\n`).join('');
  const got = await proxy.asks(
    `${ask('POST', '/v1/chat/completions', { fields: ['transfer-encoding: chunked'] })}${chunks}0\r\n\r\n`,
  );
  clearInterval(timer);
  const grown = Math.max(most, proxy.facts().rssMb) - before;
  const isWhole = upstream.seen[0]?.body === body;
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return [
    {
      what: `a body of ${bytes / 1000} KB in chunks of one byte`,
      figure: `${statusOf(got)}, ${mb(grown)}`,
      pass: statusOf(got) === 200 && isWhole && grown <= 40 && amiss === '',
    },
  ];
};

const heldReplies = async () => {
  const text = reply(completion('y'.repeat(16 * MIB)), { fields: ['content-type: application/json'] });
  const upstream = await startUpstream(() => text);
  const proxy = await startProxy(upstream.url, { server: 'held_bytes: 32MiB' });
  const before = proxy.facts().rssMb;
  const peers = [];
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, proxy.facts().rssMb);
  }, 50);
  const got = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const peer = await dial(proxy.port);
      peers.push(peer);
      peer.send(chat());
      await peer.until((all, isOver) => isOver || all.includes('\r\n\r\n'), 20_000);
      peer.socket.pause();
      return peer.text();
    }),
  );
  clearInterval(timer);
  for (const { socket } of peers) socket.destroy();
  const served = got.filter((each) => statusOf(each) === 200).length;
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return [
    {
      what: '16 replies of 16 MiB with held_bytes: 32MiB, which nobody reads',
      figure: `${counts(got.map(statusOf))}, ${mb(most - before)} at most`,
      pass:
        served > 0 &&
        served <= 2 &&
        got.filter(isShed).length === 16 - served &&
        most - before <= 32 * 3 + 100 &&
        amiss === '',
    },
  ];
};

const crowd = async () => {
  const upstream = await startUpstream(async () => {
    await pause(1500);
    return chatReply('fine');
  });
  const proxy = await startProxy(upstream.url, { server: 'max_in_flight: 50' });
  const got = await allAtOnce(
    proxy.port,
    Array.from({ length: 400 }, () => chat()),
  );
  const served = got.filter((text) => statusOf(text) === 200).length;
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return [
    {
      what: '400 requests at once with max_in_flight: 50',
      figure: counts(got.map(statusOf)),
      pass: served === 50 && got.filter(isShed).length === 350 && amiss === '',
    },
  ];
};

const fewFiles = async (what, begin) => {
  const upstream = await startUpstream(async () => {
    await pause(50);
    return chatReply('fine');
  });
  const proxy = await begin(upstream.url);
  if (proxy === undefined) {
    upstream.close();
    return { what, skipped: 'there is no prlimit' };
  }
  const got = await allAtOnce(
    proxy.port,
    Array.from({ length: 200 }, () => chat({ close: false })),
  );
  const served = got.filter((text) => statusOf(text) === 200).length;
  await pause(1500);
  const later = [];
  await each(Array.from({ length: 10 }), 2, async () => later.push(statusOf(await proxy.asks(chat()))));
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return {
    what,
    figure: `${counts(got.map(statusOf))}; then ${counts(later)}`,
    pass:
      served > 0 &&
      got.every((text) => statusOf(text) === 200 || isShed(text)) &&
      later.every((status) => status === 200) &&
      amiss === '',
  };
};

const files = async () => [
  await fewFiles('200 clients at once with 64 open files', (url) => startProxy(url, { openFiles: 64 })),
  await fewFiles('200 clients at once, and the limit set to 64 in the run', async (url) => {
    const proxy = await startProxy(url);
    if (spawnSync('prlimit', ['--pid', String(proxy.pid), '--nofile=64:64']).status === 0) return proxy;
    await proxy.end();
    return undefined;
  }),
];

export const load = [
  { id: 'L3', run: bodies },
  { id: 'L3', run: committed },
  { id: 'L3', run: () => oneByteChunks(500_000) },
  { id: 'L3', run: () => oneByteChunks(2_000_000), isLong: true },
  { id: 'L3', run: heldReplies },
  { id: 'L3', run: crowd },
  { id: 'L4', run: files },
];
