/** C: clients that are slow on purpose, and pages of other sites. */
import { spawnSync } from 'node:child_process';
import { ask, CHAT, chat, event, STREAM_HEAD, statusOf, stream } from './messages.mjs';
import { dial, pause } from './raw.mjs';
import { each, mb, startProxy, startUpstream } from './world.mjs';

const MIB = 1024 * 1024;
const CLIENTS = 200;
const WRITE_TIMEOUT = 5;

/** Of 100 requests one after the other; the best of three times, since it is not the machine that is measured. */
const p99Of = async (proxy) => {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const times = [];
    for (let at = 0; at < 100; at++) {
      const startedAt = performance.now();
      if (statusOf(await proxy.asks(chat())) !== 200) return Number.POSITIVE_INFINITY;
      times.push(performance.now() - startedAt);
    }
    best = Math.min(best, times.sort((a, b) => a - b)[98]);
  }
  return best;
};

const isStream = ({ body }) => body.includes('"stream":true');

/** More than the buffers of all sockets on the way take. */
const LONG = 8 * MIB;

const stalledReaders = async () => {
  const piece = event('x'.repeat(64 * 1024));
  const upstream = await startUpstream((message, peer) => {
    if (!isStream(message)) return undefined;
    peer.send(STREAM_HEAD);
    let sent = 0;
    const more = () => {
      while (sent < LONG) {
        sent += piece.length;
        if (!peer.socket.write(piece)) return;
      }
    };
    peer.socket.on('drain', more);
    more();
    return undefined;
  });
  const proxy = await startProxy(upstream.url, { server: `write_timeout: ${WRITE_TIMEOUT}` });
  const before = proxy.facts().rssMb;
  const slow = await dial(proxy.port);
  slow.send(stream());
  await slow.until((text) => text.includes('\r\n\r\n'));
  slow.socket.pause();
  const peers = [];
  await each(Array.from({ length: CLIENTS }), 20, async () => {
    const peer = await dial(proxy.port);
    peer.send(stream());
    await peer.until((text) => text.includes('\r\n\r\n'));
    peer.socket.pause();
    peers.push(peer);
  });
  const held = proxy.facts().rssMb - before;
  // One that reads a little, and ever again, is no such reader.
  let slowBytes = 0;
  slow.socket.removeAllListeners('data');
  const inFlight = async () => JSON.parse((await proxy.asks(ask('GET', '/status'))).split('\r\n\r\n')[1]).in_flight;
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  while (seconds() < 4 * WRITE_TIMEOUT && ((await inFlight()) > 1 || seconds() < 2 * WRITE_TIMEOUT)) {
    await pause(500);
    slowBytes += slow.socket.read()?.length ?? 0;
  }
  const took = seconds();
  const isAlive = !slow.isOver() && !slow.socket.destroyed;
  const left = (await inFlight()) - (isAlive ? 1 : 0);
  for (const { socket } of [slow, ...peers]) socket.destroy();
  const amiss = await proxy.amiss();
  const rest = proxy.facts().rssMb - before;
  await proxy.end();
  upstream.close();
  return [
    {
      what: `${CLIENTS} clients that read nothing, with write_timeout: ${WRITE_TIMEOUT}`,
      figure: `${mb(held)} then ${mb(rest)}; ${left} are left after ${took.toFixed(0)} s`,
      pass: left === 0 && amiss === '',
    },
    {
      what: 'one that reads a little twice a second',
      figure: `${isAlive ? 'lives' : 'was cut'}, ${(slowBytes / 1024).toFixed(0)} KB read`,
      pass: isAlive && slowBytes > 0,
    },
  ];
};

const othersMeanwhile = async () => {
  const upstream = await startUpstream();
  const proxy = await startProxy(upstream.url);
  await p99Of(proxy);
  const alone = await p99Of(proxy);
  const peers = [];
  for (let at = 0; at < CLIENTS; at++) {
    const peer = await dial(proxy.port);
    peer.send('POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n');
    if (at % 2 === 0) peer.send(`content-length: ${CHAT.length}\r\n\r\n`);
    peers.push(peer);
  }
  let at = 0;
  const drip = setInterval(() => {
    for (const peer of peers) if (!peer.isOver()) peer.send(at % 2 === 0 ? 'x' : 'y');
    at += 1;
  }, 100);
  const meanwhile = await p99Of(proxy);
  clearInterval(drip);
  for (const { socket } of peers) socket.destroy();
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  // Below some milliseconds it is the machine that is measured.
  return [
    {
      what: `others beside ${CLIENTS} slow heads and bodies`,
      figure: `p99 ${alone.toFixed(1)} ms alone, ${meanwhile.toFixed(1)} ms beside them`,
      pass: meanwhile <= Math.max(2 * alone, 25) && amiss === '',
    },
  ];
};

const slowHttpTest = async () => {
  const what = "Debian's slowhttptest";
  if (spawnSync('slowhttptest', ['-h']).error !== undefined) return [{ what, skipped: 'it is not installed' }];
  const upstream = await startUpstream();
  const proxy = await startProxy(upstream.url);
  const modes = [['-H'], ['-B'], ['-X']];
  for (const mode of modes) {
    spawnSync('slowhttptest', [
      ...mode,
      '-c',
      String(CLIENTS),
      '-r',
      '100',
      '-i',
      '5',
      '-l',
      '8',
      '-u',
      `http://localhost:${proxy.port}/v1/chat/completions`,
      '-t',
      'POST',
    ]);
  }
  const status = statusOf(await proxy.asks(chat()));
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return [{ what, figure: `serves after it with ${status}`, pass: status === 200 && amiss === '' }];
};

const pages = async () => {
  const upstream = await startUpstream();
  const proxy = await startProxy(upstream.url);
  const text = 'content-type: text/plain';
  const cases = {
    'a foreign Host': chat({ host: 'evil.example' }),
    'a foreign Host, of a local name': chat({ host: 'localhost.evil.example' }),
    'a foreign Origin': chat({ fields: ['origin: https://evil.example', text] }),
    'the Origin null': chat({ fields: ['origin: null', text] }),
    'an Origin that is an address': chat({ fields: ['origin: http://203.0.113.7', text] }),
    'an image of another site': ask('GET', '/v1/models', {
      fields: ['sec-fetch-site: cross-site', 'sec-fetch-mode: no-cors', 'sec-fetch-dest: image'],
    }),
    'a form of another site': chat({ fields: ['sec-fetch-site: cross-site', 'sec-fetch-mode: navigate', text] }),
    'a preflight of another site': ask('OPTIONS', '/v1/chat/completions', {
      fields: ['origin: https://evil.example', 'access-control-request-method: POST'],
    }),
  };
  const wrong = [];
  for (const [what, request] of Object.entries(cases)) {
    const got = await proxy.asks(request);
    if (statusOf(got) !== 403 || /^access-control-/im.test(got.split('\r\n\r\n')[0]))
      wrong.push(`${statusOf(got)} to ${what}`);
  }
  const asked = upstream.seen.length;
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return [
    {
      what: `${Object.keys(cases).length} requests that pages of other sites can make`,
      figure: [`${asked} reached the upstream, ${wrong.length} are not a plain 403`, ...wrong].join('; '),
      pass: asked + wrong.length === 0 && amiss === '',
    },
  ];
};

export const client = [
  { id: 'C1', run: stalledReaders },
  { id: 'C1', run: othersMeanwhile },
  { id: 'C1', run: slowHttpTest, isLong: true },
  { id: 'C4', run: pages },
];
