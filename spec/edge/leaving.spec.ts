/** A client that leaves, in each phase of its request: nobody works for it any longer. */
import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import { CHAT_REPLY, chatEvent, chunk, STREAM_HEAD } from '../support/answers.js';
import { ask, CHAT, chat, stream } from '../support/messages.js';
import { eventually, pause, type RunningApp, type SettingsChanges, SOON_MS, stand } from '../support/proxy.js';
import { type Peer, reply } from '../support/raw.js';

/** What the upstream does with its n-th connection, and what shows that the phase has begun. */
interface Phase {
  readonly name: string;
  readonly request: string;
  readonly changes?: SettingsChanges;
  readonly https?: boolean;
  readonly upstream: (peer: Peer) => unknown;
  readonly begun?: (client: Peer) => Promise<unknown>;
}

const asked = (peer: Peer) => peer.until('"hi"');
const slowly = { retry: { baseMs: 60_000, maxDelayMs: 60_000, deadlineMs: 1e9 } };

const phases: readonly Phase[] = [
  { name: 'while the connection is made', request: chat(), https: true, upstream: () => {} },
  { name: 'while it waits for the head of a reply', request: chat(), upstream: () => {} },
  { name: 'while it waits for the head of a stream', request: stream(), upstream: () => {} },
  {
    name: 'while a JSON reply is read',
    request: chat(),
    upstream: async (peer) => {
      await asked(peer);
      peer.send(reply(CHAT_REPLY).slice(0, -5));
    },
  },
  {
    name: 'while an error is read',
    request: chat(),
    upstream: async (peer) => {
      await asked(peer);
      peer.send('HTTP/1.1 500 Oops\r\ncontent-length: 10\r\n\r\n{');
    },
  },
  {
    name: 'while it is streamed to',
    request: stream(),
    upstream: async (peer) => {
      await asked(peer);
      peer.send(STREAM_HEAD + chunk(chatEvent('first')));
    },
    begun: (client) => client.until('first'),
  },
  {
    name: 'while the stream never falls silent',
    request: stream(),
    upstream: async (peer) => {
      await asked(peer);
      peer.send(STREAM_HEAD);
      const timer = setInterval(() => peer.send(chunk(chatEvent('more'))), 2);
      void peer.closed.then(() => clearInterval(timer));
    },
    begun: (client) => client.until('more'),
  },
  {
    name: 'while something is passed through',
    request: ask('POST', '/v1/audio/speech', { body: CHAT }),
    upstream: async (peer) => {
      await asked(peer);
      peer.send('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfirst');
    },
    begun: (client) => client.until('first'),
  },
  {
    name: 'while it sends a long body that streams through',
    request: `POST /v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5000000\r\n\r\n${'x'.repeat(100_000)}`,
    upstream: () => {},
  },
];

describe('a client that leaves', () => {
  const { proxy, rawUpstream, client } = stand();

  const isOver = async (served: RunningApp) => {
    await eventually(() => served.inFlight() === 0, SOON_MS);
    expect(served.events.at(-1)).to.have.nested.property('summary.reason.value', 'client_gone');
    expect(served.events.filter(({ _tag }) => _tag === 'RequestFinished')).to.have.length(
      served.events.filter(({ _tag }) => _tag === 'RequestStarted').length,
    );
  };

  for (const { name, request, changes, https, upstream, begun } of phases) {
    for (const [how, leave] of [
      ['closes', (one: Peer) => one.socket.destroy()],
      ['resets', (one: Peer) => one.reset()],
    ] as const)
      it(`ends it at the upstream at once, and it is not tried again: ${name}; it ${how}`, async () => {
        const { port, peers } = await rawUpstream(upstream);
        const served = await proxy(`http${https ? 's' : ''}://127.0.0.1:${port}`, changes);
        const one = await client(served.port);
        one.send(request);
        await eventually(() => (peers[0]?.bytes().length ?? 0) > 0);
        await begun?.(one);
        await pause(20);
        const leftAt = performance.now();
        leave(one);
        expect(((await peers[0]?.closed) ?? Number.POSITIVE_INFINITY) - leftAt).to.be.below(SOON_MS);
        await isOver(served);
        await pause(30);
        expect(peers).to.have.length(1);
      });
  }

  it('ends the wait between two tries, and there is no second', async () => {
    const { url, peers } = await rawUpstream(async (peer) => {
      await asked(peer);
      peer.send(reply('{}', '', '503 Busy'));
    });
    const served = await proxy(url, slowly);
    const one = await client(served.port);
    one.send(chat());
    await eventually(() => peers.length === 1);
    await pause(50);
    expect(served.inFlight()).to.equal(1);
    one.socket.destroy();
    await isOver(served);
    await pause(30);
    expect(peers.map((peer) => peer.text().match(/POST/g)?.length)).to.deep.equal([1]);
  });

  it('is forgotten where it had not sent the whole body, and the upstream never hears of it', async () => {
    const { url, peers } = await rawUpstream(() => {});
    const served = await proxy(url);
    const one = await client(served.port);
    one.send(chat().slice(0, -5));
    await eventually(() => served.inFlight() === 1);
    one.socket.destroy();
    await isOver(served);
    expect(peers).to.deep.equal([]);
  });

  it('gives up all requests that it had sent at once', async () => {
    const { url, peers } = await rawUpstream((peer) => {
      // The second is answered, and waits behind the first for its turn.
      void peer.until('/second').then(
        () => peer.send(reply('x'.repeat(300_000))),
        () => {},
      );
    });
    const served = await proxy(url);
    const one = await client(served.port);
    for (const path of ['/first', '/second', '/third']) one.send(ask('GET', path, { close: false }));
    await eventually(() => peers.filter((peer) => peer.text() !== '').length === 3);
    await pause(30);
    expect(served.inFlight()).to.equal(3);
    const leftAt = performance.now();
    one.socket.destroy();
    for (const peer of peers) expect((await peer.closed) - leftAt).to.be.below(SOON_MS);
    await isOver(served);
  });

  it('gives up a stream that waits behind another request', async () => {
    const { url, peers } = await rawUpstream(async (peer) => {
      if ((await peer.until('\r\n\r\n')).includes('/first')) return;
      peer.send('HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n');
      peer.send('x'.repeat(1_000_000));
    });
    const served = await proxy(url);
    const one = await client(served.port);
    for (const path of ['/first', '/second']) one.send(ask('GET', path, { close: false }));
    await eventually(() => peers.filter((peer) => peer.text() !== '').length === 2);
    await pause(30);
    one.socket.destroy();
    await Promise.all(peers.map((peer) => peer.closed));
    await isOver(served);
  });

  it('leaves others alone', async () => {
    const { url, peers } = await rawUpstream(async (peer, index) => {
      await asked(peer);
      await pause(80);
      if (index > 0) peer.send(reply(CHAT_REPLY));
    });
    const served = await proxy(url);
    const [one, other] = [await client(served.port), await client(served.port)];
    one.send(chat());
    await eventually(() => peers.length === 1);
    other.send(chat());
    await eventually(() => peers.length === 2);
    one.socket.destroy();
    expect(await other.until('Hello.')).to.contain('200 OK');
  });
});
