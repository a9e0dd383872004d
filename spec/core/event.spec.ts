import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../../lib/core/attempt.js';
import { summaryOf, withDelivery } from '../../lib/core/event.js';
import { type Answered, bytes, type Decoded } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { dialects } from '../../lib/dialects/index.js';
import { failures } from '../support/failures.js';
import { planned, received, request } from '../support/values.js';

const attempt: Attempt = {
  number: 1,
  target: 'target',
  reason: O.some('unreachable'),
  status: O.none,
  hintMs: O.none,
  durationMs: 5,
  waitMs: O.none,
};

const came = received({ request: request({ path: '/v1/chat/completions?key=secret' }) });
const decoded: Decoded = { ...came, call: planned().call };
const answered: Answered = {
  ...planned(),
  reply: { status: 200, headers: {}, body: bytes(Buffer.from('{}')) },
  attempts: [attempt, { ...attempt, number: 2, target: 'target', reason: O.none }],
};

const refused = E.left<Failure>(failures.ClientError);

describe('core/event', () => {
  it('sums up of a good reply what was asked and what it took, without the query, which may hold a key', () => {
    expect(summaryOf(came, E.right(decoded), E.right(answered))).to.deep.equal({
      id: 'id-1',
      method: 'POST',
      path: '/v1/chat/completions',
      model: O.some('m'),
      attempts: answered.attempts,
      reason: O.none,
    });
  });

  it('sums up a request that was given up with its attempts and the last reason', () => {
    const failure: Failure = { ...failures.GaveUp, attempts: [attempt] };
    const summary = summaryOf(came, E.right(decoded), E.left(failure));
    expect(summary.attempts).to.deep.equal([attempt]);
    expect(summary.reason).to.deep.equal(O.some('unreachable'));
    expect(summary.model).to.deep.equal(O.some('m'));
  });

  it('sums up a request that could not be read without attempts and a model', () => {
    const summary = summaryOf(came, refused, refused);
    expect(summary.attempts).to.deep.equal([]);
    expect(summary.model).to.deep.equal(O.none);
    expect(summary.reason).to.deep.equal(O.some('invalid_request'));
  });

  it('has no model of a call that names none', () => {
    for (const _tag of ['Models', 'Other'] as const) {
      const call: Decoded['call'] = { _tag, dialect: dialects.openai };
      expect(summaryOf(came, E.right({ ...decoded, call }), E.right(answered)).model).to.deep.equal(O.none);
    }
    const call: Decoded['call'] = { _tag: 'Chat', dialect: dialects.openai, stream: false, body: { messages: [{}] } };
    expect(summaryOf(came, E.right({ ...decoded, call }), E.right(answered)).model).to.deep.equal(O.none);
  });

  describe('a summary to its end', () => {
    const good = { ...attempt, reason: O.none };
    const begun = summaryOf(came, E.right(decoded), E.right({ ...answered, attempts: [attempt, good] }));
    const end = (cut: O.Option<Failure>, attempts: readonly Attempt[] = []) => {
      const { reason, attempts: all } = withDelivery(begun, { cut, attempts });
      return { reason: O.toNullable(reason), attempts: all.map(({ reason }) => O.toNullable(reason)), all };
    };
    it('is the same where the reply reached its end', () => {
      expect(withDelivery(begun, { cut: O.none, attempts: [] })).to.deep.equal({
        ...begun,
        attempts: [attempt, { ...good, number: 2 }],
      });
    });
    it('has the attempts that were made later, counted through, and says of the one before that it broke off', () => {
      const { attempts, all, reason } = end(O.none, [attempt, good]);
      expect({ attempts, reason }).to.deep.equal({
        attempts: ['unreachable', 'broken_off', 'unreachable', null],
        reason: null,
      });
      expect(all.map(({ number }) => number)).to.deep.equal([1, 2, 3, 4]);
    });
    it('says of the last that it broke off, where the reply did', () => {
      const { attempts, reason } = end(O.some(failures.BrokenOff), [good]);
      expect({ attempts, reason }).to.deep.equal({
        attempts: ['unreachable', 'broken_off', 'broken_off'],
        reason: 'broken_off',
      });
      expect(end(O.some(failures.Broken)).reason, 'whatever broke it').to.equal('broken_off');
    });
    for (const [failure, reason] of [
      [failures.ClientGone, 'client_gone'],
      [failures.ShuttingDown, 'shutting_down'],
    ] as const)
      it(`does not say so where the upstream did not: ${reason}`, () => {
        expect(end(O.some(failure))).to.deep.include({ reason, attempts: ['unreachable', null] });
      });
    it('has the attempts of a failure that sums them up', () => {
      const unopened = { ...begun, attempts: [] };
      const cut = O.some<Failure>({ ...failures.GaveUp, attempts: [attempt, attempt] });
      const summary = withDelivery(unopened, { cut, attempts: [] });
      expect(summary.reason).to.deep.equal(O.some('unreachable'));
      expect(summary.attempts).to.deep.equal([attempt, { ...attempt, number: 2 }]);
    });
  });
});
