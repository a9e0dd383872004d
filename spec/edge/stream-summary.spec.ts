/** What is told of a request whose reply did not reach its end. */
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../../lib/core/attempt.js';
import { endedBy, withLayer } from '../../lib/core/body-layers.js';
import type { Event, RequestSummary } from '../../lib/core/event.js';
import { held } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { edge } from '../../lib/edge/server.js';
import { statusView } from '../../lib/telemetry/status.js';
import { CHAT_END, chatEvent, chunk, STREAM_HEAD } from '../support/answers.js';
import { failures } from '../support/failures.js';
import { stream } from '../support/messages.js';
import { stand } from '../support/proxy.js';
import { type Peer, rawClient, reply } from '../support/raw.js';
import { sourceOfPieces } from '../support/sources.js';
import { settings } from '../support/values.js';

/** The summary that is logged of a stream that ends with this failure. */
const told = async (failure: Failure): Promise<RequestSummary> => {
  const summary: RequestSummary = { id: 'id-1', method: 'GET', path: '/', model: O.none, attempts: [], reason: O.none };
  const body = withLayer(
    held(sourceOfPieces(': ka\n\n', failure), O.none),
    endedBy(() => Buffer.from('.')),
  );
  const events: Event[] = [];
  const proxy = edge(
    settings('http://127.0.0.1:1').server,
    () => ({
      limits: settings('').server,
      clientOf: (remote: string) => remote,
      admit: E.right,
      own: () => O.none,
      handle: () => async () => ({
        reply: { status: 200, headers: {}, body },
        summary,
        logCut: ({ _tag }) => ({ says: _tag }),
      }),
      refuse: () => ({ status: 500, headers: {}, body }),
      logRefused: () => ({}),
    }),
    (event) => events.push(event),
  );
  const listening = await proxy.listen();
  if (E.isLeft(listening)) throw new Error(listening.left);
  const client = await rawClient(listening.right.port);
  client.send('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
  await client.closed;
  await proxy.close(1000);
  const finished = events.find((event) => event._tag === 'RequestFinished');
  return finished?._tag === 'RequestFinished' ? finished.summary : expect.fail('nothing was told');
};

describe('the summary of a stream', () => {
  it('that broke off says so, whatever broke it', async () => {
    expect((await told(failures.BrokenOff)).reason).to.deep.equal(O.some('broken_off'));
    expect((await told(failures.Broken)).reason).to.deep.equal(O.some('broken_off'));
  });
  it('that was opened while it was still tried for tells the tries and why they failed', async () => {
    const attempt: Attempt = {
      number: 1,
      target: 'target',
      status: O.some(429),
      reason: O.some('rate_limited'),
      hintMs: O.none,
      durationMs: 1,
      waitMs: O.none,
    };
    const gaveUp: Failure = {
      _tag: 'GaveUp',
      last: failures.BadReply,
      rejected: false,
      attempts: [attempt],
      elapsedMs: 1,
    };
    const { reason, attempts } = await told(gaveUp);
    expect({ reason, attempts }).to.deep.equal({ reason: O.some('overloaded'), attempts: [attempt] });
  });

  describe('that goes on where it broke', () => {
    const { proxy, rawUpstream, client } = stand();
    const asked = (peer: Peer) => peer.until(/"hi".*\]/s);
    const opening = STREAM_HEAD + chunk(chatEvent('Hel'));

    const run = async (answers: readonly ((peer: Peer) => void)[]) => {
      const { url } = await rawUpstream(async (peer, index) => {
        await asked(peer);
        answers[index]?.(peer);
      });
      const retry = { maxRetries: 3, baseMs: 20 };
      const served = await proxy(url, { streaming: { onBreak: 'continue', maxContinues: 2 }, retry });
      const reader = await client(served.port);
      reader.send(stream());
      await reader.closed;
      await served.close();
      const [finished] = served.events.flatMap((event) => (event._tag === 'RequestFinished' ? [event] : []));
      const watch = statusView({ version: '0', now: () => 0, wallClock: () => 0 });
      for (const event of served.events) watch.emit(event);
      const { attempts = [], reason } = finished?.summary ?? {};
      return {
        came: reader.text(),
        reason,
        numbers: attempts.map(({ number }) => number),
        reasons: attempts.map(({ reason }) => O.toNullable(reason)),
        waited: attempts.map(({ waitMs }) => O.isSome(waitMs)),
        counted: watch.report().attempts,
      };
    };
    const breaks = (peer: Peer) => peer.end(opening);
    const fails = (peer: Peer) => peer.end(reply('{}', 'connection: close\r\n', '503 Busy'));
    const ends = (peer: Peer) => peer.end(`${STREAM_HEAD}${chunk(chatEvent('lo.') + CHAT_END)}0\r\n\r\n`);

    it('tells the try that broke off, and those that were made to go on, with their waits', async () => {
      const { came, ...summary } = await run([breaks, fails, ends]);
      expect(came).to.contain('lo.').and.not.to.contain('"error"');
      expect(summary).to.deep.equal({
        reason: O.none,
        numbers: [1, 2, 3],
        reasons: ['broken_off', 'overloaded', null],
        waited: [false, true, false],
        counted: { broken_off: 1, overloaded: 1, ok: 1 },
      });
    });
    it('tells them as well where they were in vain', async () => {
      const { came, ...summary } = await run([breaks, fails, fails]);
      expect(came).to.contain('"error"');
      expect(summary).to.deep.equal({
        reason: O.some('broken_off'),
        numbers: [1, 2, 3],
        reasons: ['broken_off', 'overloaded', 'overloaded'],
        waited: [false, true, false],
        counted: { broken_off: 1, overloaded: 2 },
      });
    });
  });
});
