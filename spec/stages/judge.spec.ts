import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { bytes, held, type Replied, type Reply } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import type { Headers } from '../../lib/core/headers.js';
import type { Reading, UpstreamError } from '../../lib/core/reading.js';
import type { Reason } from '../../lib/core/reason.js';
import { accept, type Verdict, verdictOnFailure } from '../../lib/core/verdict.js';
import { type JudgeRules, judge } from '../../lib/stages/judge.js';
import { failures } from '../support/failures.js';
import { sourceOfPieces } from '../support/sources.js';
import { plan, replied, request } from '../support/values.js';

const NOW_MS = Date.UTC(2026, 7, 3, 10, 0, 0);

interface Codes {
  readonly retry?: readonly number[];
  readonly fail?: readonly number[];
}

const rules = (codes: Codes = {}, retryFiltered = 0): JudgeRules => ({
  retryCodes: new Set(codes.retry),
  failCodes: new Set(codes.fail),
  retryFiltered,
});

const reply = (status: number, headers: Headers = {}, body: unknown = {}): Reply => ({
  status,
  headers,
  body: bytes(Buffer.from(JSON.stringify(body))),
});

const verdictOn = (came: Reply, user = rules(), inspected = true): Verdict =>
  judge(user)(E.right(replied(came, { plan: plan({ inspected }), reading: { _tag: 'Unread' } })), NOW_MS);

/** Of a 200 whose body means this. */
const verdictOf = (reading: Reading, user = rules(), headers: Headers = {}): Verdict =>
  judge(user)(E.right(replied({ headers }, { reading })), NOW_MS);

/** What is told of a reply that is not good. */
const told = (verdict: Verdict) =>
  verdict._tag !== 'Accept' && verdict.failure._tag === 'BadReply' ? verdict.failure : expect.fail(verdict._tag);

const reasonOn = (came: Reply): Reason => told(verdictOn(came)).reason;
const hintOn = (headers: Headers, body: unknown = {}): O.Option<number> =>
  told(verdictOn(reply(429, headers, body))).hintMs;

const QUOTAS: readonly unknown[] = [
  { error: { type: 'insufficient_quota', message: 'You exceeded your current quota' } },
  { error: { code: 'billing_hard_limit_reached' } },
  { type: 'error', error: { type: 'invalid_request_error', message: 'Your credit balance is too low' } },
];

const anyStatus = fc.integer({ min: 400, max: 599 });
const says = (word: string): Headers => ({ 'x-should-retry': word });

describe('stages/judge', () => {
  it('accepts every 2xx that is not read for its meaning, as it came', () => {
    for (const status of [200, 201, 204, 299]) {
      for (const inspected of [true, false]) {
        const came = reply(status);
        expect(verdictOn(came, rules(), inspected)).to.deep.equal(accept(came));
      }
    }
  });

  it('goes by the failure where no reply came', () => {
    for (const failure of Object.values<Failure>(failures)) {
      const verdict = judge(rules({ retry: [502], fail: [503] }))(E.left(failure), NOW_MS);
      expect(verdict).to.deep.equal(verdictOnFailure(failure));
    }
  });

  describe('of a redirect', () => {
    it('rejects every one, whatever the lists and the upstream say', () => {
      for (const status of [300, 301, 302, 303, 307, 308, 399]) {
        for (const inspected of [true, false]) {
          const came = reply(status, { location: 'https://evil.example/', ...says('true') });
          const verdict = verdictOn(came, rules({ retry: [status] }), inspected);
          expect(verdict._tag).to.equal('Reject');
          expect(told(verdict)).to.include({ reason: 'unexpected_redirect', status });
        }
      }
    });

    it('lets 304 through where the request was passed through, since it may have been conditional', () => {
      const came = reply(304);
      expect(verdictOn(came, rules(), false)).to.deep.equal(accept(came));
      expect(verdictOn(came, rules(), true)._tag).to.equal('Reject');
    });
  });

  describe('of a 4xx or 5xx', () => {
    it('fails what the user says fails, whatever the upstream says', () => {
      fc.assert(
        fc.property(anyStatus, fc.constantFrom('true', 'false', ''), (status, word) => {
          expect(verdictOn(reply(status, says(word)), rules({ fail: [status] }))._tag).to.equal('Reject');
        }),
      );
    });

    it('else does as the upstream says, whatever the user tries again', () => {
      fc.assert(
        fc.property(anyStatus, fc.boolean(), (status, listed) => {
          const user = rules(listed ? { retry: [status] } : {});
          expect(verdictOn(reply(status, says('true')), user)._tag).to.equal('Retry');
          expect(verdictOn(reply(status, says('false')), user)._tag).to.equal('Reject');
        }),
      );
    });

    it('else tries again what the user tries again, 402 too', () => {
      fc.assert(
        fc.property(anyStatus, (status) => {
          expect(verdictOn(reply(status), rules({ retry: [status] }))._tag).to.equal('Retry');
        }),
      );
      expect(verdictOn(reply(402), rules({ retry: [402] }))._tag).to.equal('Retry');
    });

    it('else tries again 408, 429, 500, 502 to 504, 520 to 524, 527, 529 and 530, and fails the rest', () => {
      const retried = [408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530];
      for (let status = 400; status < 600; status += 1) {
        const expected = retried.includes(status) ? 'Retry' : 'Reject';
        expect(verdictOn(reply(status))._tag, `${status}`).to.equal(expected);
        expect(verdictOn(reply(status), rules(), false)._tag, `${status}`).to.equal(expected);
      }
    });

    it('sets no limit of its own to the retries', () => {
      expect(verdictOn(reply(503)))
        .to.include({ _tag: 'Retry' })
        .and.to.deep.include({ atMost: O.none });
    });

    for (const [status, reason] of [
      [400, 'invalid_request'],
      [401, 'authentication_failed'],
      [402, 'payment_required'],
      [403, 'permission_denied'],
      [404, 'invalid_request'],
      [408, 'request_timeout'],
      [429, 'rate_limited'],
      [500, 'upstream_error'],
      [503, 'overloaded'],
      [504, 'upstream_error'],
      [529, 'overloaded'],
    ] as const) {
      it(`calls ${status} ${reason}, and keeps the status`, () => {
        expect(told(verdictOn(reply(status)))).to.include({ reason, status });
      });
    }
  });

  describe('of an account without credit', () => {
    it('rejects, whatever the status, the lists and the upstream say', () => {
      fc.assert(
        fc.property(anyStatus, fc.constantFrom(...QUOTAS), fc.boolean(), (status, body, listed) => {
          const came = reply(status, says('true'), body);
          const verdict = verdictOn(came, rules(listed ? { retry: [status] } : {}));
          expect(verdict._tag).to.equal('Reject');
          expect(told(verdict)).to.include({ reason: 'payment_required', status });
        }),
      );
    });
  });

  describe('of a successful status', () => {
    const error = (changes: Partial<UpstreamError> = {}): Reading => ({
      _tag: 'ErrorInReply',
      error: { text: 'Sorry', status: O.none, quota: false, hintMs: O.none, filtered: false, ...changes },
    });
    const named = (status: number, changes: Partial<UpstreamError> = {}): Reading =>
      error({ status: O.some(status), ...changes });

    const { reply: whole } = replied();
    const accepted: readonly (readonly [title: string, reading: Reading, expected: Verdict])[] = [
      ['content', { _tag: 'Content' }, accept(whole)],
      ['what was not read', { _tag: 'Unread' }, accept(whole)],
      [
        'a stream that has not said anything yet, with a warning',
        { _tag: 'Undecided' },
        accept(whole, O.some('opened_without_content')),
      ],
      [
        'thinking that the token limit ended, with a warning',
        { _tag: 'ThinkingOnly', cut: true },
        accept(whole, O.some('cut_while_thinking')),
      ],
    ];
    for (const [title, reading, expected] of accepted) {
      it(`accepts ${title}`, () => expect(verdictOf(reading)).to.deep.equal(expected));
    }

    const retried: readonly (readonly [title: string, reading: Reading, reason: Reason, text: string])[] = [
      ['an empty reply', { _tag: 'Empty' }, 'empty_reply', ''],
      ['thinking that ended by itself', { _tag: 'ThinkingOnly', cut: false }, 'empty_reply', ''],
      ['a page', { _tag: 'WrongFormat', found: 'html', text: 'Welcome' }, 'unexpected_format', 'Welcome'],
      ['plain text', { _tag: 'WrongFormat', found: 'text', text: 'Hi' }, 'unexpected_format', 'Hi'],
      ['an array', { _tag: 'WrongFormat', found: 'array', text: '' }, 'unexpected_format', ''],
      ['an object that is no reply', { _tag: 'WrongFormat', found: 'object', text: '' }, 'unexpected_format', ''],
      ['a mere value', { _tag: 'WrongFormat', found: 'value', text: '' }, 'unexpected_format', ''],
      ['what cannot be parsed', { _tag: 'Unparsable' }, 'malformed_reply', ''],
      ['an error that names no status', error(), 'error_in_reply', 'Sorry'],
    ];
    for (const [title, reading, reason, text] of retried) {
      it(`tries again after ${title}, without a limit of its own`, () => {
        const verdict = verdictOf(reading);
        expect(verdict).to.deep.include({ _tag: 'Retry', atMost: O.none });
        expect(told(verdict)).to.deep.equal({ _tag: 'BadReply', reason, status: 200, text, hintMs: O.none });
      });
    }

    it('tries again after a stream that broke off', () => {
      const verdict = verdictOf({ _tag: 'BrokenOff' });
      expect(verdict).to.deep.include({ _tag: 'Retry', atMost: O.none, failure: { _tag: 'BrokenOff', by: 'end' } });
    });

    it('is the same for every 2xx', () => {
      for (const status of [200, 201, 204, 299]) {
        const empty = replied({ status }, { reading: { _tag: 'Empty' } });
        expect(told(judge(rules())(E.right(empty), NOW_MS))).to.include({ reason: 'empty_reply', status });
      }
    });

    describe('that is filtered', () => {
      const readings: readonly Reading[] = [{ _tag: 'Filtered', text: 'No.' }, error({ text: 'No.', filtered: true })];

      it('is rejected, with what the upstream says of it', () => {
        for (const reading of readings) {
          const verdict = verdictOf(reading);
          expect(verdict._tag).to.equal('Reject');
          expect(told(verdict)).to.include({ reason: 'content_filtered', status: 200, text: 'No.' });
        }
      });

      it('is tried again as often as retry_filtered says', () => {
        for (const reading of readings) {
          const verdict = verdictOf(reading, rules({}, 2));
          expect(verdict).to.deep.include({ _tag: 'Retry', atMost: O.some(2) });
          expect(told(verdict).reason).to.equal('content_filtered');
        }
      });

      it('is no other for being told by a status of its own', () => {
        const came = reply(400, {}, { error: { code: 'content_filter', message: 'No.' } });
        expect(verdictOn(came)._tag).to.equal('Reject');
        expect(verdictOn(came, rules({}, 1))).to.deep.include({ _tag: 'Retry', atMost: O.some(1) });
        expect(told(verdictOn(came))).to.include({ reason: 'content_filtered', status: 400, text: 'No.' });
      });
    });

    describe('that is an error', () => {
      it('is rejected or tried again by the status that it names, as that status itself would be', () => {
        fc.assert(
          fc.property(
            anyStatus,
            fc.constantFrom('true', 'false', ''),
            fc.constantFrom('retry', 'fail', ''),
            (status, word, list) => {
              const user = rules(list === '' ? {} : { [list]: [status] });
              const verdict = verdictOf(named(status), user, says(word));
              // The head speaks of the status that it has itself.
              expect(verdict._tag).to.equal(verdictOn(reply(status), user)._tag);
              expect(told(verdict)).to.include({ reason: 'error_in_reply', status, text: 'Sorry' });
            },
          ),
        );
      });

      for (const [status, expected] of [
        [400, 'Reject'],
        [401, 'Reject'],
        [403, 'Reject'],
        [429, 'Retry'],
        [500, 'Retry'],
        [503, 'Retry'],
        [529, 'Retry'],
      ] as const) {
        it(`and names ${status} is a ${expected}`, () => expect(verdictOf(named(status))._tag).to.equal(expected));
      }

      it('and names a status of fail_codes is rejected', () => {
        expect(verdictOf(named(503), rules({ fail: [503] }))._tag).to.equal('Reject');
      });

      it('and names no status is of none of the lists', () => {
        const everything = Array.from({ length: 400 }, (_, i) => 200 + i);
        expect(verdictOf(error(), rules({ fail: everything }))._tag).to.equal('Retry');
      });

      it('and speaks of an account without credit is rejected, whatever it names', () => {
        for (const reading of [error({ quota: true }), named(429, { quota: true })]) {
          const verdict = verdictOf(reading, rules({ retry: [429] }), says('true'));
          expect(verdict._tag).to.equal('Reject');
          expect(told(verdict).reason).to.equal('payment_required');
        }
      });

      it('is waited for as long as it asks', () => {
        expect(told(verdictOf(named(429, { hintMs: O.some(7500) }))).hintMs).to.deep.equal(O.some(7500));
        expect(told(verdictOf(error(), rules(), { 'retry-after': '3' })).hintMs).to.deep.equal(O.some(3000));
      });
    });
  });

  describe('of a reply that a stage does not want', () => {
    const unwanted = { ...failures.Unwanted, atMost: O.some(2) };
    const objected = (came: Reply, reading: Reading, user = rules()): Verdict =>
      judge(user)(E.right({ ...replied(came, { reading }), unwanted }), NOW_MS);

    it('goes by what the stage says, where the reply is good by itself', () => {
      for (const reading of [{ _tag: 'Content' }, { _tag: 'Unread' }, { _tag: 'Undecided' }] as const) {
        expect(objected(reply(200), reading)).to.deep.equal(verdictOnFailure(unwanted));
      }
    });

    it('says of a bad one what it says without the stage, and that the stage asks for another try besides', () => {
      const bad: readonly (readonly [Reply, Reading])[] = [
        [reply(503, { 'retry-after': '3' }), { _tag: 'Unread' }],
        [reply(401, {}, { error: { message: 'No such key.' } }), { _tag: 'Unread' }],
        [reply(302), { _tag: 'Unread' }],
        [reply(200), { _tag: 'Empty' }],
        [reply(200), { _tag: 'Filtered', text: 'No.' }],
      ];
      for (const [came, reading] of bad) {
        const alone = judge(rules())(E.right(replied(came, { reading })), NOW_MS);
        expect(objected(came, reading)).to.deep.equal({ ...alone, unwanted });
      }
    });

    it('lets nobody ask for another try where the account has no credit', () => {
      fc.assert(
        fc.property(anyStatus, fc.constantFrom(...QUOTAS), (status, body) => {
          const verdict = objected(reply(status, {}, body), { _tag: 'Unread' });
          expect(verdict).to.include({ _tag: 'Reject' }).and.not.have.property('unwanted');
        }),
      );
    });
  });

  it("quotes the upstream's own text, not cleaned", () => {
    const text = 'No model at https://internal.example/v1';
    expect(told(verdictOn(reply(404, {}, { error: { message: text } }))).text).to.equal(text);
    const page: Reply = { status: 502, headers: {}, body: bytes(Buffer.from('<title>Bad gateway</title>')) };
    expect(told(verdictOn(page)).text).to.equal('Bad gateway');
  });

  it("quotes it without what stages have sent, and changes nothing of it where that isn't in it", () => {
    const outgoing = request({ headers: { authorization: 'Bearer stage-key-1', 'x-token': 'stage-key-2' } });
    const quoted = (text: string, came: Partial<Replied> = {}, status = 401) =>
      told(
        judge(rules())(
          E.right(
            replied(reply(status, {}, { error: { message: text } }), {
              reading: { _tag: 'Unread' },
              outgoing,
              ...came,
            }),
          ),
          NOW_MS,
        ),
      ).text;
    expect(quoted('Neither stage-key-1 nor stage-key-2 is known.')).to.equal('Neither [cut] nor [cut] is known.');
    const long = `See https://a.example/b: ${'so on, '.repeat(100)}end`;
    expect(quoted(long)).to.equal(long);
    const filtered: Partial<Replied> = { reading: { _tag: 'Filtered', text: 'stage-key-1 is not nice' } };
    expect(quoted('', filtered, 200)).to.equal('[cut] is not nice');
  });

  it('says nothing of a body that nobody has read', () => {
    const body = { ...held(sourceOfPieces(), O.none), prefix: Buffer.from('x') };
    const failure = told(verdictOn({ status: 500, headers: {}, body }));
    expect(failure).to.deep.equal({
      _tag: 'BadReply',
      reason: 'upstream_error',
      status: 500,
      text: '',
      hintMs: O.none,
    });
  });

  it('does not go by what an error body calls itself, where the status says more', () => {
    expect(reasonOn(reply(400, {}, { error: { code: 503, message: 'rate limited' } }))).to.equal('invalid_request');
  });

  describe('hints', () => {
    const google = { error: { code: 429, details: [{ '@type': 'RetryInfo', retryDelay: '7.5s' }] } };
    const used = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' };

    it('come from header fields, as seconds and as a date by the wall clock', () => {
      expect(hintOn({ 'retry-after': '3' })).to.deep.equal(O.some(3000));
      expect(hintOn({ 'retry-after': 'Mon, 03 Aug 2026 10:00:20 GMT' })).to.deep.equal(O.some(20_000));
    });

    it("come from Google's RetryInfo in the body", () => {
      expect(hintOn({}, google)).to.deep.equal(O.some(7500));
      expect(hintOn({}, [google])).to.deep.equal(O.some(7500));
    });

    it('go by their order: retry-after-ms, Retry-After, the body, the resets of limits', () => {
      expect(hintOn({ 'retry-after-ms': '5', 'retry-after': '3', ...used }, google)).to.deep.equal(O.some(5));
      expect(hintOn({ 'retry-after': '3', ...used }, google)).to.deep.equal(O.some(3000));
      expect(hintOn(used, google)).to.deep.equal(O.some(7500));
      expect(hintOn(used)).to.deep.equal(O.some(360_000));
    });

    it('are none where nothing says how long', () => {
      expect(hintOn({ 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': '6m0s' })).to.deep.equal(
        O.none,
      );
    });

    it('stand with a rejection too', () => {
      const verdict = verdictOn(reply(429, { 'retry-after': '3' }), rules({ fail: [429] }));
      expect(told(verdict).hintMs).to.deep.equal(O.some(3000));
    });
  });
});
