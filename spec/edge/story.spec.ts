/** What is told of a request whose reply did not reach its end. */
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../../lib/core/attempt.js';
import type { Event, Story } from '../../lib/core/event.js';
import { held } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { edge } from '../../lib/edge/server.js';
import { issue } from '../../lib/edge/tickets.js';
import { failures } from '../support/failures.js';
import { rawClient } from '../support/raw.js';
import { sourceOfPieces } from '../support/sources.js';
import { settings } from '../support/values.js';

/** The story told of a stream that ends with this failure. */
const storyOf = async (failure: Failure): Promise<Story> => {
  const story: Story = { id: 'id-1', method: 'GET', path: '/', model: O.none, attempts: [], reason: O.none };
  const body = {
    ...held(issue(sourceOfPieces(': ka\n\n', failure)), O.none),
    lastWords: O.some(() => Buffer.from('.')),
  };
  const events: Event[] = [];
  const proxy = edge(
    settings('http://127.0.0.1:1').server,
    {
      admit: E.right,
      own: () => O.none,
      handle: () => async () => ({ reply: { status: 200, headers: {}, body }, story }),
      refuse: () => ({ status: 500, headers: {}, body }),
    },
    (event) => events.push(event),
  );
  const listening = await proxy.listen();
  if (E.isLeft(listening)) throw new Error(listening.left);
  const client = await rawClient(listening.right.port);
  client.send('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
  await client.closed;
  await proxy.close(1000);
  const told = events.find((event) => event._tag === 'RequestFinished');
  return told?._tag === 'RequestFinished' ? told.story : expect.fail('nothing was told');
};

describe('the story of a stream', () => {
  it('that broke off says so, whatever broke it', async () => {
    expect((await storyOf(failures.BrokenOff)).reason).to.deep.equal(O.some('broken_off'));
    expect((await storyOf(failures.Broken)).reason).to.deep.equal(O.some('broken_off'));
  });
  it('that was opened while it was still tried for tells the tries and why they failed', async () => {
    const attempt: Attempt = {
      number: 1,
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
    const { reason, attempts } = await storyOf(gaveUp);
    expect({ reason, attempts }).to.deep.equal({ reason: O.some('overloaded'), attempts: [attempt] });
  });
});
