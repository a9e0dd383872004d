/** A server whose time to stop is over: what is still in flight ends with an error that says so, and so does its summary. */
import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import type { Event } from '../../lib/core/event.js';
import { chatEvent, chunk, MESSAGE_START, messageEvent, STREAM_HEAD } from '../support/answers.js';
import { ask, CHAT, chat, replyIn, STREAM, stream } from '../support/messages.js';
import { eventually, pause, type RunningApp, type SettingsChanges, SOON_MS, stand } from '../support/proxy.js';
import { type Peer, reply } from '../support/raw.js';

const LIMIT_MS = 100;
const SAYS = 'The proxy is shutting down';

const finished = (events: readonly Event[]) =>
  events.flatMap((event) => (event._tag === 'RequestFinished' ? [event] : []));

const asked = (peer: Peer) => peer.until('"hi"');

describe('a server whose time to stop is over', () => {
  const { proxy, rawUpstream, client } = stand();

  interface Ended {
    readonly came: ReturnType<typeof replyIn>;
    readonly told: ReturnType<typeof finished>[number];
    /** How many requests the upstream got. */
    readonly sent: number;
    readonly closedAfterMs: number;
  }

  /** What is in flight when the limit comes, once `begun`. */
  const ended = async (
    request: string,
    upstream: (peer: Peer) => unknown,
    begun: (one: Peer, peers: readonly Peer[], served: RunningApp) => Promise<unknown>,
    changes?: SettingsChanges,
  ): Promise<Ended> => {
    const { url, peers } = await rawUpstream(upstream);
    const served = await proxy(url, changes);
    const one = await client(served.port);
    one.send(request);
    await begun(one, peers, served);
    const startedAt = performance.now();
    await served.close(LIMIT_MS);
    const closedAfterMs = performance.now() - startedAt;
    // Told before the stop is.
    const [told, ...more] = finished(served.events);
    expect(more).to.deep.equal([]);
    await one.closed;
    await Promise.all(peers.map((peer) => peer.closed));
    const sent = peers.reduce((sum, peer) => sum + (peer.text().match(/POST/g)?.length ?? 0), 0);
    if (told === undefined) throw new Error('nothing was told');
    return { came: replyIn(one.text()), told, sent, closedAfterMs };
  };
  const isShutDown = ({ told, sent, closedAfterMs }: Ended, attempts: readonly string[]) => {
    expect(told.summary.reason).to.have.property('value', 'shutting_down');
    const reasons = told.summary.attempts.map(({ reason }) => ('value' in reason ? reason.value : 'ok'));
    expect(reasons).to.deep.equal(attempts);
    expect(sent).to.equal(attempts.length);
    expect(closedAfterMs).to.be.within(LIMIT_MS - 10, LIMIT_MS + SOON_MS);
  };
  const isRefused = ({ came }: Ended) => {
    expect(came).to.include({ status: 503, whole: true });
    expect(JSON.parse(came.body)).to.have.deep.nested.property('error.code', 'shutting_down');
    expect(JSON.parse(came.body)).to.have.nested.property('error.message').that.contains(SAYS);
    expect(came.headers, 'a client may ask again').not.to.have.property('x-should-retry');
  };

  it('ends a stream with an error in it, behind the text so far', async () => {
    const end = await ended(
      stream(),
      async (peer) => {
        await asked(peer);
        // The second event has not come whole.
        peer.send(STREAM_HEAD + chunk(chatEvent('Hel')) + chunk(chatEvent('lo').slice(0, -9)));
      },
      (one) => one.until('Hel'),
    );
    const { body, whole, status } = end.came;
    expect([status, whole]).to.deep.equal([200, true]);
    expect(body.startsWith(`${chatEvent('Hel')}data: {"error":`)).to.equal(true);
    expect(body.endsWith('\n\ndata: [DONE]\n\n')).to.equal(true);
    const error = JSON.parse(body.slice(chatEvent('Hel').length + 6).split('\n')[0] ?? '');
    expect(error).to.have.nested.property('error.code', 'shutting_down');
    expect(error).to.have.nested.property('error.message').that.contains(SAYS);
    expect(error.choices).to.deep.equal([]);
    isShutDown(end, ['ok']);
  });
  it('ends a stream so in the dialect of Anthropic', async () => {
    const beginning = MESSAGE_START + messageEvent('Hel');
    const end = await ended(
      ask('POST', '/v1/messages', { body: STREAM }),
      async (peer) => {
        await asked(peer);
        peer.send(STREAM_HEAD + chunk(beginning));
      },
      (one) => one.until('Hel'),
    );
    expect(end.came.whole).to.equal(true);
    const [before, error = ''] = end.came.body.split('event: error\ndata: ');
    expect(before).to.equal(beginning);
    expect(JSON.parse(error)).to.have.nested.property('error.type', 'overloaded_error');
    expect(JSON.parse(error).error.message).to.contain(SAYS);
    isShutDown(end, ['ok']);
  });
  it('does not ask the upstream to go on with it', async () => {
    const end = await ended(
      stream(),
      async (peer) => {
        await asked(peer);
        peer.send(STREAM_HEAD + chunk(chatEvent('Hel')));
      },
      (one) => one.until('Hel'),
      { streaming: { onBreak: 'continue' } },
    );
    expect(end.came.body).to.contain(SAYS);
    isShutDown(end, ['ok']);
  });
  it('refuses what waits for a whole reply', async () => {
    const end = await ended(
      chat(),
      () => {},
      (_, peers) => eventually(() => peers[0]?.text().includes('"hi"') === true),
    );
    isRefused(end);
    isShutDown(end, ['shutting_down']);
  });
  it('refuses a stream that has not said anything', async () => {
    const end = await ended(
      stream(),
      async (peer) => {
        await asked(peer);
        peer.send(STREAM_HEAD + chunk(': wait\n\n'));
      },
      (_, peers) => eventually(() => peers[0]?.text().includes('"hi"') === true),
    );
    isRefused(end);
    isShutDown(end, ['shutting_down']);
  });
  it('refuses what waits for its next try, and makes no further one', async () => {
    const end = await ended(
      chat(),
      async (peer) => {
        await asked(peer);
        peer.send(reply('{}', '', '503 Busy'));
      },
      (_, peers) => eventually(() => peers.length === 1).then(() => pause(50)),
      { retry: { baseMs: 60_000, maxDelayMs: 60_000, deadlineMs: 1e9 } },
    );
    isRefused(end);
    isShutDown(end, ['overloaded']);
  });
  it('refuses what has not been sent whole, and the upstream never hears of it', async () => {
    const end = await ended(
      chat().slice(0, -5),
      () => {},
      (_one, _peers, served) => eventually(() => served.inFlight() === 1),
    );
    isRefused(end);
    isShutDown(end, []);
  });
  it('resets what can bear no words, and tells why', async () => {
    const end = await ended(
      ask('POST', '/v1/audio/speech', { body: CHAT }),
      async (peer) => {
        await asked(peer);
        peer.send('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfirst');
      },
      (one) => one.until('first'),
    );
    expect(end.came).to.include({ body: 'first', whole: false });
    isShutDown(end, ['ok']);
  });

  it('waits a second for readers that do not read, refuses what comes meanwhile, and tells why', async () => {
    const { url, peers } = await rawUpstream(async (peer) => {
      await asked(peer);
      peer.send(STREAM_HEAD);
      const piece = chunk(chatEvent('x'.repeat(100_000)));
      const more = () => {
        while (peer.socket.write(piece));
      };
      peer.socket.on('drain', more);
      more();
    });
    const served = await proxy(url);
    const [stalled, other] = [await client(served.port), await client(served.port)];
    other.send(ask('GET', '/healthz', { close: false }));
    await other.until('}\n');
    stalled.send(stream());
    await stalled.until('xxx');
    stalled.socket.pause();
    await pause(300);
    // A half of a request keeps its connection open while all that lie idle are closed.
    other.send(chat().slice(0, 20));
    await pause(20);
    const startedAt = performance.now();
    const closed = served.close(LIMIT_MS);
    await pause(LIMIT_MS + 200);
    other.send(chat().slice(20));
    await other.closed;
    expect(other.text()).to.contain('HTTP/1.1 503 ').and.to.contain(SAYS);
    await closed;
    expect(performance.now() - startedAt).to.be.within(LIMIT_MS + 950, LIMIT_MS + 1000 + SOON_MS);
    expect(finished(served.events).map(({ summary }) => summary.reason)).to.deep.equal([
      { _tag: 'Some', value: 'shutting_down' },
      { _tag: 'Some', value: 'shutting_down' },
    ]);
    expect(peers).to.have.length(1);
  });
});
