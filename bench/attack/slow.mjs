/** C1: slow clients that are waited for by the minute. These rows run beside the others. */
import { messagesIn, STREAM } from './messages.mjs';
import { dial, pause } from './raw.mjs';
import { startProxy, startUpstream } from './world.mjs';

const CLIENTS = 200;

/** How many of these clients are left, and after how long there was none. */
const reaped = async (what, begin, piece, limitS) => {
  const upstream = await startUpstream();
  const proxy = await startProxy(upstream.url);
  const peers = [];
  for (let at = 0; at < CLIENTS; at++) {
    const peer = await dial(proxy.port);
    peer.send(begin);
    peers.push(peer);
  }
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const left = () => peers.filter((peer) => !peer.isOver()).length;
  for (let at = 0; left() > 0 && seconds() < limitS; at++) {
    await pause(250);
    if (at % 20 === 0) for (const peer of peers) if (!peer.isOver()) peer.send(piece);
  }
  const took = seconds();
  const answered = peers.filter((peer) => messagesIn(peer.text()).messages[0]?.status === 408).length;
  for (const { socket } of peers) socket.destroy();
  const amiss = await proxy.amiss();
  await proxy.end();
  upstream.close();
  return [
    {
      what,
      figure: `${left()} are left after ${took.toFixed(0)} s, ${answered} got a 408`,
      pass: left() === 0 && took < limitS && amiss === '',
    },
  ];
};

export const slow = [
  {
    id: 'C1',
    run: () =>
      reaped(
        `${CLIENTS} clients that send a header a time`,
        'GET / HTTP/1.1\r\nhost: localhost\r\n',
        'x-a: b\r\n',
        100,
      ),
  },
  {
    id: 'C1',
    isLong: true,
    run: () =>
      reaped(
        `${CLIENTS} clients that send a byte of a body a time`,
        `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${STREAM.length + 1000}\r\n\r\n${STREAM}`,
        ' ',
        345,
      ),
  },
];
