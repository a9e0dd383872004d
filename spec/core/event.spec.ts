import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../../lib/core/attempt.js';
import { storyOf } from '../../lib/core/event.js';
import { type Answered, bytes, type Decoded } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { failures } from '../support/failures.js';
import { planned, received, request } from '../support/values.js';

const attempt: Attempt = {
  number: 1,
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
  attempts: [attempt, { ...attempt, number: 2, reason: O.none }],
};

const refused = E.left<Failure>(failures.ClientError);

describe('core/event', () => {
  it('tells of a good reply what was asked and what it took, without the query, which may hold a key', () => {
    expect(storyOf(came, E.right(decoded), E.right(answered))).to.deep.equal({
      id: 'id-1',
      method: 'POST',
      path: '/v1/chat/completions',
      model: O.some('m'),
      attempts: answered.attempts,
      reason: O.none,
    });
  });

  it('tells of a request that was given up its attempts and the last reason', () => {
    const failure: Failure = { ...failures.GaveUp, attempts: [attempt] };
    const story = storyOf(came, E.right(decoded), E.left(failure));
    expect(story.attempts).to.deep.equal([attempt]);
    expect(story.reason).to.deep.equal(O.some('unreachable'));
    expect(story.model).to.deep.equal(O.some('m'));
  });

  it('tells of a request that could not be read no attempts and no model', () => {
    const story = storyOf(came, refused, refused);
    expect(story.attempts).to.deep.equal([]);
    expect(story.model).to.deep.equal(O.none);
    expect(story.reason).to.deep.equal(O.some('invalid_request'));
  });

  it('tells no model of a call that names none', () => {
    for (const _tag of ['Models', 'Other'] as const) {
      const call: Decoded['call'] = { _tag, dialect: 'openai' };
      expect(storyOf(came, E.right({ ...decoded, call }), E.right(answered)).model).to.deep.equal(O.none);
    }
  });
});
