/** U: upstreams that say more than they were asked, or never end. */
import {
  ask,
  chat,
  chatReply,
  completion,
  event,
  messagesIn,
  reply,
  STREAM_END,
  STREAM_HEAD,
  statusOf,
  stream,
} from './messages.mjs';
import { dial, pause } from './raw.mjs';
import { mb, startCanary, startProxy, startUpstream } from './world.mjs';

const MIB = 1024 * 1024;

/** The last part of a path, which says whose request it is. */
const ownOf = ({ first }) => first.split(' ')[1].split('/').at(-1);

/** Another's answer is one that bears another's path. */
const surplus = async () => {
  const tries = 1000;
  const upstream = await startUpstream(async (message, peer) => {
    const own = ownOf(message);
    peer.send(reply(`for ${own};`));
    await pause(1 + Math.random());
    if (!peer.isOver()) peer.send(reply(`UNASKED behind ${own};`));
  });
  const proxy = await startProxy(upstream.url);
  let wrong = 0;
  let none = 0;
  const peer = await dial(proxy.port);
  for (let at = 0; at < tries; at++) {
    peer.clear();
    peer.send(ask('GET', `/v1/files/${at}`, { close: false }));
    await peer.until((text, isOver) => isOver || messagesIn(text).messages.length > 0);
    const [got] = messagesIn(peer.text()).messages;
    if (got === undefined) none += 1;
    else if (got.body !== `for ${at};`) wrong += 1;
    if (peer.isOver()) break;
  }
  peer.socket.destroy();
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return {
    what: `a second, unasked reply behind each of ${tries}`,
    figure: `${wrong} got another's, ${none} got none`,
    pass: wrong <= 1 && none === 0 && amiss === '',
  };
};

const extraBytes = async () => {
  const upstream = await startUpstream((message) => `${reply(`for ${ownOf(message)};`)}SURPLUS`);
  const proxy = await startProxy(upstream.url);
  let wrong = 0;
  for (let at = 0; at < 100; at++) {
    const got = await proxy.asks(ask('GET', `/v1/files/${at}`));
    if (!got.endsWith(`for ${at};`)) wrong += 1;
  }
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return {
    what: 'bytes behind the length of each of 100 replies',
    figure: `${wrong} wrong`,
    pass: wrong === 0 && amiss === '',
  };
};

/** Replies that have no body, with one that looks like a reply to the next request. */
const BODILESS = { HEAD: '200 OK', GET: '204 No Content', OPTIONS: '304 Not Modified' };

const bodiless = async () => {
  const poison = reply('POISON');
  const upstream = await startUpstream((message) => {
    const [method, path] = message.first.split(' ');
    if (path.endsWith('/next')) return reply('for /next;');
    return `HTTP/1.1 ${BODILESS[method]}\r\ncontent-length: ${poison.length}\r\n\r\n${poison}`;
  });
  const proxy = await startProxy(upstream.url);
  let wrong = 0;
  const peer = await dial(proxy.port);
  for (let at = 0; at < 90; at++) {
    peer.clear();
    peer.send(ask(Object.keys(BODILESS)[at % 3], '/v1/files', { close: false }));
    await peer.until((text) => text.includes('\r\n\r\n'));
    const first = peer.text();
    peer.clear();
    peer.send(ask('GET', '/v1/next', { close: false }));
    await peer.until((text) => messagesIn(text).messages.length > 0);
    if (!first.endsWith('\r\n\r\n') || messagesIn(peer.text()).messages[0]?.body !== 'for /next;') wrong += 1;
  }
  peer.socket.destroy();
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return {
    what: 'a reply in the body of each of 90 that have none (HEAD, 204, 304)',
    figure: `${wrong} wrong`,
    pass: wrong === 0 && amiss === '',
  };
};

/** So many ordinary streams come first: what they cost is no part of an attack. */
const ORDINARY = 5;

/** So many streams at once, in which more than the mark is offered: whatever is kept of them shows. */
const AT_ONCE = 3;

/**
 * The cost of a stream that begins with this, or bears it in its midst, and then ends well. The memory is that of more such
 * streams behind a first one: of what was read and let go, V8 leaves up to 32 MB lie before it collects them, as in a
 * bare Node client that drops what it reads.
 */
const costOf = async (what, pieces) => {
  let answered = 0;
  const upstream = await startUpstream(async (_message, peer) => {
    peer.send(STREAM_HEAD);
    answered += 1;
    for (const [at, piece] of (answered > ORDINARY ? pieces : []).entries()) {
      if (!peer.send(piece))
        await Promise.race([new Promise((resolve) => peer.socket.once('drain', resolve)), pause(5000)]);
      if (at % 64 === 0) await pause(0);
    }
    peer.send(event('fine') + STREAM_END);
    peer.halfClose();
  });
  const proxy = await startProxy(upstream.url);
  for (let i = 0; i < ORDINARY; i++) await proxy.asks(stream());
  const before = proxy.facts();
  const got = await proxy.asks(stream());
  const after = proxy.facts();
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, proxy.facts().rssMb);
  }, 20);
  const more = await Promise.all(Array.from({ length: AT_ONCE }, () => proxy.asks(stream())));
  clearInterval(timer);
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  const cpuMs = after.cpuMs - before.cpuMs;
  const grown = most - after.rssMb;
  const outcomeOf = (text) => {
    if (text.includes('fine')) return 'whole';
    return text.includes('"error"') ? 'a failure' : 'neither a reply nor a failure';
  };
  const outcome = outcomeOf(got);
  const isSame = more.every((text) => outcomeOf(text) === outcome);
  return {
    what,
    figure: `${cpuMs} ms of CPU, ${mb(grown)} in ${AT_ONCE} more at once, ${isSame ? outcome : 'not always the same'}`,
    pass: cpuMs <= 500 && grown <= 25 && isSame && outcome !== 'neither a reply nor a failure' && amiss === '',
  };
};

const repeated = (piece, totalBytes) => Array.from({ length: Math.ceil(totalBytes / piece.length) }, () => piece);

const REPLIES = {
  'a chunk size that is none':
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x',
  'a NUL in a header': `HTTP/1.1 200 OK\r\nx-odd: a\0b\r\ncontent-length: 2\r\n\r\n{}`,
  'a CR in a header': `HTTP/1.1 200 OK\r\nx-odd: a\rb: c\r\ncontent-length: 2\r\n\r\n{}`,
  'a line that is no header': 'HTTP/1.1 200 OK\r\nno header at all\r\ncontent-length: 2\r\n\r\n{}',
  'a folded header': 'HTTP/1.1 200 OK\r\nx-odd: a\r\n b: c\r\ncontent-length: 2\r\n\r\n{}',
  'a bare LF in the head': 'HTTP/1.1 200 OK\r\nx-odd: a\nset-cookie: b\r\ncontent-length: 2\r\n\r\n{}',
  'a length and chunks': `HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
  'a length of 2^64 and 2': 'HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551618\r\n\r\n{}',
  'a chunk size over 2^64':
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1ffffffffffffffffff\r\n{}\r\n0\r\n\r\n',
  'an extension of 100 KB': `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;${'e'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`,
  'another protocol': 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n{}',
  'no head at all': completion('fine'),
  'a 206': reply('{"choices":[', { status: '206 Partial Content', fields: ['content-range: bytes 0-11/99'] }),
  'a 204': 'HTTP/1.1 204 No Content\r\n\r\n',
  'a 304': 'HTTP/1.1 304 Not Modified\r\n\r\n',
};

const odd = async () => {
  const canary = await startCanary();
  const redirects = [301, 302, 303, 307, 308].map((status) => [
    `a ${status} to another host`,
    reply('', {
      status: `${status} Elsewhere`,
      fields: [`location: http://127.0.0.1:${canary.port}/v1/chat/completions`],
    }),
  ]);
  const cases = [...Object.entries(REPLIES), ...redirects];
  let at = 0;
  const upstream = await startUpstream((_message, peer) => {
    peer.send(cases[at][1]);
    peer.halfClose();
  });
  const proxy = await startProxy(upstream.url);
  const wrong = [];
  for (at = 0; at < cases.length; at++) {
    const startedAt = performance.now();
    const status = statusOf(await proxy.asks(chat()));
    if (status !== 502 || performance.now() - startedAt > 3000) wrong.push(`${status} for ${cases[at][0]}`);
  }
  const hits = canary.hits();
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  canary.close();
  return {
    what: `${cases.length} replies that are none: broken heads and bodies, redirects`,
    figure: [`${wrong.length} are not a 502, ${hits} followed`, ...wrong].join('; '),
    pass: wrong.length + hits === 0 && amiss === '',
  };
};

const interim = async () => {
  const upstream = await startUpstream(
    () => 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(50) + chatReply('fine'),
  );
  const proxy = await startProxy(upstream.url);
  const got = await proxy.asks(chat());
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return {
    what: '50 interim replies before the one',
    figure: String(statusOf(got)),
    pass: got.includes('fine') && amiss === '',
  };
};

const OFFERED = 200 * MIB;

const stalled = async () => {
  const piece = event('x'.repeat(64 * 1024));
  const upstream = await startUpstream((_message, peer) => {
    peer.send(STREAM_HEAD);
    let sent = 0;
    const more = () => {
      while (sent < OFFERED) {
        sent += piece.length;
        if (!peer.socket.write(piece)) return;
      }
      peer.socket.off('drain', more);
      peer.socket.end(STREAM_END);
    };
    peer.socket.on('drain', more);
    more();
  });
  const proxy = await startProxy(upstream.url);
  const peer = await dial(proxy.port);
  // A first stream, given up soon, so that what any stream costs is no part of it.
  const first = await dial(proxy.port);
  first.send(stream());
  await first.until((text) => text.length > 8 * MIB, 10_000);
  first.reset();
  await pause(500);
  const before = proxy.facts().rssMb;
  peer.send(stream());
  await peer.until((text) => text.includes('\r\n\r\n'));
  peer.socket.pause();
  await pause(2500);
  const whileStalled = proxy.facts().rssMb - before;
  // What was read is forgotten, or this process would grow.
  let read = 0;
  let end = '';
  peer.socket.removeAllListeners('data');
  peer.socket.on('data', (bytes) => {
    read += bytes.length;
    end = (end + bytes.subarray(-100).toString('latin1')).slice(-100);
  });
  peer.socket.resume();
  for (const limit = Date.now() + 20_000; !peer.isOver() && Date.now() < limit; ) await pause(20);
  const grown = proxy.facts().rssMb - before;
  peer.socket.destroy();
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return [
    {
      what: 'a reader that stalls while 200 MB are offered',
      figure: mb(whileStalled),
      pass: whileStalled <= 10 && amiss === '',
    },
    {
      what: 'and then reads all of it',
      figure: `${(read / MIB).toFixed(0)} MB read, ${mb(grown)}`,
      pass: read >= OFFERED && end.includes('[DONE]') && grown <= 60,
    },
  ];
};

export const upstream = [
  { id: 'U1', run: async () => [await surplus(), await extraBytes(), await bodiless()] },
  {
    id: 'U4',
    run: async () => [
      await costOf('a line of 10 MB in pieces of 1 KiB', [
        `data: {"choices":[{"delta":{"content":"`,
        ...repeated('x'.repeat(1024), 10 * MIB),
        `"}}]}\n\n`,
      ]),
      await costOf('10 MB of LF before a stream', repeated('\n'.repeat(64 * 1024), 10 * MIB)),
      await costOf('10 MB of LF in the midst of one', [event('a'), ...repeated('\n'.repeat(64 * 1024), 10 * MIB)]),
      await costOf('20 MB of spaces before a stream', repeated(' '.repeat(64 * 1024), 20 * MIB)),
      await odd(),
      await interim(),
    ],
  },
  { id: 'U6', run: stalled },
];
