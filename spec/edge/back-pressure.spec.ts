/** Who is slower sets the pace, and nothing piles up in between. */
import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import { chatEvent, chunk, STREAM_HEAD } from '../support/answers.js';
import { ask, replyIn, stream } from '../support/messages.js';
import { pause, stand } from '../support/proxy.js';
import { type ProxyProcess, proxyProcess } from '../support/proxy-process.js';
import type { Peer } from '../support/raw.js';
import { timeouts } from '../support/values.js';

const MIB = 1024 * 1024;
const OFFERED_BYTES = 200 * MIB;

/** Sends as much as it may, as fast as it is taken. */
const pour = (peer: Peer, piece: Buffer, totalBytes = OFFERED_BYTES): (() => number) => {
  let sent = 0;
  const more = () => {
    while (sent < totalBytes) {
      sent += piece.length;
      if (!peer.socket.write(piece)) return;
    }
  };
  peer.socket.on('drain', more);
  more();
  return () => sent;
};

/** How much was sent, once it is no longer more. */
const settled = async (sent: () => number): Promise<number> => {
  for (let before = -1; ; ) {
    if (sent() === before) return before;
    before = sent();
    await pause(150);
  }
};

describe('back-pressure', () => {
  const { rawUpstream, client } = stand();
  let other: ProxyProcess;
  beforeEach(() => {
    other = proxyProcess();
  });
  afterEach(() => other.close());

  const stalled = async (request: string, head: string, piece: Buffer) => {
    let sent = () => 0;
    const { url } = await rawUpstream(async (peer) => {
      await peer.until('\r\n\r\n');
      peer.send(head);
      sent = pour(peer, piece);
    });
    const port = await other.start(url, { target: { timeouts: { ...timeouts, idleMs: 300, totalMs: 60_000 } } });
    const before = await other.count();
    const reader = await client(port);
    reader.send(request);
    await reader.until('\r\n\r\n');
    reader.socket.pause();
    const sentBytes = await settled(() => sent());
    const after = await other.count();
    return { reader, sentBytes, grownBytes: after.rssBytes - before.rssBytes };
  };

  const event = Buffer.from(chunk(chatEvent('x'.repeat(10_000))));
  for (const [name, request, head, piece] of [
    ['a stream', stream(), STREAM_HEAD, event],
    [
      'what is passed through',
      ask('GET', '/v1/files/1/content'),
      `HTTP/1.1 200 OK\r\ncontent-length: ${OFFERED_BYTES}\r\n\r\n`,
      Buffer.alloc(MIB, 'x'),
    ],
  ] as const)
    it(`stalls the upstream while the reader is stalled, and takes no memory: ${name}`, async () => {
      const { reader, sentBytes, grownBytes } = await stalled(request, head, piece);
      // What is on its way fills the buffers of four sockets.
      expect(sentBytes).to.be.below(OFFERED_BYTES / 4);
      expect(grownBytes).to.be.below(30 * MIB);
      // Longer than the upstream may fall silent for.
      await pause(400);
      const before = reader.bytes().length;
      reader.socket.resume();
      const startedAt = performance.now();
      while (reader.bytes().length < before + sentBytes + MIB) {
        expect(performance.now() - startedAt).to.be.below(8000);
        await pause(100);
      }
      expect(reader.text()).not.to.contain('"error"');
    });

  it('stalls a client that uploads faster than the upstream reads, and takes no memory', async () => {
    const { url } = await rawUpstream((peer) => peer.socket.pause());
    const port = await other.start(url);
    const before = await other.count();
    const sender = await client(port);
    sender.send(`POST /v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${90 * MIB}\r\n\r\n`);
    const sentBytes = await settled(pour(sender, Buffer.alloc(MIB, 'x'), 90 * MIB));
    expect(sentBytes).to.be.below(45 * MIB);
    expect((await other.count()).rssBytes - before.rssBytes).to.be.below(30 * MIB);
  });

  it('does not hide from a fast reader what a slow one would get: all of it', async () => {
    const { url } = await rawUpstream(async (peer) => {
      await peer.until('\r\n\r\n');
      peer.send(`HTTP/1.1 200 OK\r\ncontent-length: ${20 * MIB}\r\n\r\n`);
      pour(peer, Buffer.alloc(MIB, 'x'), 20 * MIB);
    });
    const reader = await client(await other.start(url));
    reader.send(ask('GET', '/v1/files/1/content'));
    await reader.closed;
    const { body, whole } = replyIn(reader.text());
    expect([body.length, whole]).to.deep.equal([20 * MIB, true]);
  });
});
