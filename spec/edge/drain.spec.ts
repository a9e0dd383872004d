/** How the server stops. */
import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { edge } from '../../lib/edge/server.js';
import { statusView } from '../../lib/telemetry/status.js';
import { CHAT_END, CHAT_REPLY, chatEvent, chunk, STREAM_HEAD } from '../support/answers.js';
import { ask, chat, repliesIn, replyIn, stream } from '../support/messages.js';
import { eventually, pause, SOON_MS, stand, startApp } from '../support/proxy.js';
import { type Peer, rawClient, reply } from '../support/raw.js';
import { settings } from '../support/values.js';

const refused = (port: number): Promise<string> =>
  rawClient(port).then(
    () => 'connected',
    (error: NodeJS.ErrnoException) => error.code ?? 'no code',
  );

describe('a server that stops', () => {
  const { proxy, rawUpstream, client } = stand();

  const answeringAfter = (ms: number) =>
    rawUpstream(async (peer) => {
      await peer.until('"hi"');
      await pause(ms);
      peer.send(reply(CHAT_REPLY, 'connection: close\r\n'));
    });

  it('lets what is in flight end, and says that the connection ends with it', async () => {
    const { url } = await answeringAfter(80);
    const served = await proxy(url);
    const one = await client(served.port);
    one.send(chat({ close: false }));
    await eventually(() => served.inFlight() === 1);
    const startedAt = performance.now();
    await served.close(5000);
    expect(performance.now() - startedAt).to.be.within(40, SOON_MS);
    await one.closed;
    const came = replyIn(one.text());
    expect(came).to.include({ status: 200, body: CHAT_REPLY, whole: true });
    expect(came.headers).to.include({ connection: 'close' });
  });
  it('lets a stream end that was begun', async () => {
    const { url } = await rawUpstream(async (peer) => {
      await peer.until('"hi"');
      peer.send(STREAM_HEAD + chunk(chatEvent('Hel')));
      await pause(80);
      peer.send(`${chunk(CHAT_END)}0\r\n\r\n`);
    });
    const served = await proxy(url);
    const one = await client(served.port);
    one.send(stream({ close: false }));
    await one.until('Hel');
    await served.close(5000);
    await one.closed;
    expect(replyIn(one.text())).to.include({ body: chatEvent('Hel') + CHAT_END, whole: true });
  });
  it('takes no new connection, and closes those that lie idle at once', async () => {
    const { url } = await answeringAfter(150);
    const served = await proxy(url);
    const [busy, lazy] = [await client(served.port), await client(served.port)];
    lazy.send(ask('GET', '/healthz', { close: false }));
    await lazy.until('}\n');
    busy.send(chat({ close: false }));
    await eventually(() => served.inFlight() === 1);
    const stoppedAt = performance.now();
    const closed = served.close(5000);
    expect((await lazy.closed) - stoppedAt).to.be.below(SOON_MS);
    expect(await refused(served.port)).to.equal('ECONNREFUSED');
    await closed;
    await busy.closed;
    expect(replyIn(busy.text()).whole).to.equal(true);
  });
  it('serves what still comes on an open connection, to its end', async () => {
    const { url } = await rawUpstream(async (peer) => {
      const [, ms] = /\/(\d+) /.exec(await peer.until('\r\n\r\n')) ?? [];
      peer.send('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nab');
      await pause(Number(ms));
      peer.send('cde');
    });
    const served = await proxy(url);
    const [one, other] = [await client(served.port), await client(served.port)];
    one.send(ask('GET', '/30', { close: false }));
    other.send(ask('GET', '/150', { close: false }));
    await Promise.all([one.until('ab'), other.until('ab')]);
    const closed = served.close(5000);
    // Its head was sent before, and so does not say that the connection ends.
    await one.until('abcde');
    one.send(ask('GET', '/300', { close: false }));
    await Promise.all([closed, one.closed, other.closed]);
    expect(repliesIn(other.text()).map(({ body }) => body)).to.deep.equal(['abcde']);
    const [first, second] = repliesIn(one.text());
    expect(first)
      .to.include({ body: 'abcde', whole: true })
      .and.have.nested.property('headers.connection', 'keep-alive');
    expect(second).to.include({ body: 'abcde', whole: true }).and.have.nested.property('headers.connection', 'close');
  });
  it('ends what has not ended at the limit, at the upstream too', async () => {
    const { url, peers } = await rawUpstream(() => {});
    const served = await proxy(url);
    const one = await client(served.port);
    one.send(chat());
    await eventually(() => peers.length === 1);
    const startedAt = performance.now();
    await served.close(100);
    expect(performance.now() - startedAt).to.be.within(90, 100 + SOON_MS);
    const [atClient, atUpstream] = [await one.closed, await (peers[0] as Peer).closed];
    expect(Math.max(atClient, atUpstream) - startedAt).to.be.below(100 + SOON_MS);
    await eventually(() => served.inFlight() === 0);
  });
  it('is closed at once where nothing is in flight', async () => {
    const { close } = await startApp('http://127.0.0.1:1');
    const startedAt = performance.now();
    await close(5000);
    expect(performance.now() - startedAt).to.be.below(SOON_MS);
  });
});

describe('a server', () => {
  const { client } = stand();
  const failing = {
    limits: settings('').server,
    clientOf: (remote: string) => remote,
    admit: () => {
      throw new Error('not on purpose');
    },
    own: () => O.none,
    handle: () => () => Promise.reject(new Error('not on purpose')),
    refuse: () => {
      throw new Error('not on purpose');
    },
    logRefused: () => ({}),
  };
  it('says why it cannot listen', async () => {
    const first = edge(
      settings('').server,
      () => failing,
      () => {},
    );
    const listening = await first.listen();
    if (E.isLeft(listening)) throw new Error(listening.left);
    const { port } = listening.right;
    const second = edge(
      { ...settings('').server, port },
      () => failing,
      () => {},
    );
    expect(await second.listen()).to.deep.equal(E.left('EADDRINUSE'));
    await first.close(0);
  });
  it('resets the connection, and lives on, where its stages fail in a way that they promise not to', async () => {
    const broken = edge(
      settings('').server,
      () => failing,
      () => {},
    );
    const listening = await broken.listen();
    if (E.isLeft(listening)) throw new Error(listening.left);
    for (let i = 0; i < 2; i++) {
      const one = await client(listening.right.port);
      one.send(chat());
      await one.closed;
      expect(one.text()).to.equal('');
    }
    expect(broken.inFlight()).to.equal(0);
    await broken.close(0);
  });
  it('emits the end of each request whose beginning it has emitted, however its stages fail', async () => {
    const watch = statusView({ version: '0', now: () => 0, wallClock: () => 0 });
    const broken = edge(settings('').server, () => ({ ...failing, admit: E.right }), watch.emit);
    const listening = await broken.listen();
    if (E.isLeft(listening)) throw new Error(listening.left);
    const one = await client(listening.right.port);
    one.send(chat());
    await one.closed;
    expect(one.text()).to.equal('');
    await broken.close(100);
    const { in_flight, outcomes, last_failure } = watch.report();
    expect({ in_flight, outcomes }).to.deep.equal({ in_flight: 0, outcomes: { stage_fault: 1 } });
    expect(last_failure).to.include({ reason: 'stage_fault', status: 500 });
  });
});
