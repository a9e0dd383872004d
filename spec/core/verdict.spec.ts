import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import { bytes, type Reply } from '../../lib/core/exchange.js';
import { type Failure, reasonOf, type Simple } from '../../lib/core/failure.js';
import { fromRaw } from '../../lib/core/headers.js';
import { type Reason, reasons } from '../../lib/core/reason.js';
import {
  accept,
  type CodeRules,
  effectiveRetryCodes,
  RETRIED_BY_DEFAULT,
  reasonForStatus,
  reject,
  retry,
  statusIsRetried,
  type Verdict,
  verdictOnFailure,
} from '../../lib/core/verdict.js';
import { failures } from '../support/failures.js';

const DEFAULTS = [408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530];

const errors = Array.from({ length: 200 }, (_, i) => 400 + i);
const errorStatus = fc.constantFrom(...errors);
const noRules: CodeRules = { retryCodes: new Set(), failCodes: new Set() };

/** Lists of the user's, with no status in both. */
const rules: fc.Arbitrary<CodeRules> = fc
  .array(fc.tuple(errorStatus, fc.boolean()))
  .map((codes) => new Map(codes))
  .map((codes) => ({
    retryCodes: new Set([...codes].filter(([, retried]) => retried).map(([code]) => code)),
    failCodes: new Set([...codes].filter(([, retried]) => !retried).map(([code]) => code)),
  }));

const says = (word: string) => fromRaw(['X-Should-Retry', word]);
const silent = fc.constantFrom(
  fromRaw([]),
  ...['', 'yes', 'no', '1', '0', 'True', 'FALSE', 'true, false', 'null'].map(says),
);
const anyHeaders = fc.oneof(silent, fc.constantFrom('true', 'false').map(says));

const withCode = (code: number, list: ReadonlySet<number>) => new Set([...list, code]);

describe('core/verdict', () => {
  it('has three verdicts, and a retry is worth as many as the schedule gives unless it says how many', () => {
    const failure = failures.Broken;
    const reply: Reply = { status: 200, headers: {}, body: bytes(Buffer.from('ok')) };
    expect(accept(reply)).to.deep.equal({ _tag: 'Accept', reply, warning: O.none });
    expect(reject(failure)).to.deep.equal({ _tag: 'Reject', failure });
    expect(retry(failure)).to.deep.equal({ _tag: 'Retry', failure, atMost: O.none });
    expect(retry(failure, O.some(2))).to.deep.equal({ _tag: 'Retry', failure, atMost: O.some(2) });
  });

  describe('statusIsRetried', () => {
    it('never tries again what the user says fails, whatever the upstream says', () => {
      fc.assert(
        fc.property(rules, errorStatus, anyHeaders, (user, status, headers) => {
          const fails = { retryCodes: new Set<number>(), failCodes: withCode(status, user.failCodes) };
          expect(statusIsRetried(fails, status, headers)).to.equal(false);
        }),
      );
    });

    it('else does as the upstream says in x-should-retry, whatever the user tries again', () => {
      fc.assert(
        fc.property(rules, errorStatus, fc.boolean(), (user, status, word) => {
          fc.pre(!user.failCodes.has(status));
          expect(statusIsRetried(user, status, says(String(word)))).to.equal(word);
          const retries = { ...user, retryCodes: withCode(status, user.retryCodes) };
          expect(statusIsRetried(retries, status, says(String(word)))).to.equal(word);
        }),
      );
    });

    it('else tries again what the user says is tried again', () => {
      fc.assert(
        fc.property(rules, errorStatus, silent, (user, status, headers) => {
          fc.pre(!user.failCodes.has(status));
          const retries = { ...user, retryCodes: withCode(status, user.retryCodes) };
          expect(statusIsRetried(retries, status, headers)).to.equal(true);
        }),
      );
    });

    it('else tries again the defaults and nothing else', () => {
      fc.assert(
        fc.property(rules, errorStatus, silent, (user, status, headers) => {
          fc.pre(!user.failCodes.has(status) && !user.retryCodes.has(status));
          expect(statusIsRetried(user, status, headers)).to.equal(DEFAULTS.includes(status));
        }),
      );
      for (const status of errors) {
        expect(statusIsRetried(noRules, status, fromRaw([])), `${status}`).to.equal(DEFAULTS.includes(status));
      }
    });
  });

  describe('effectiveRetryCodes', () => {
    it('lists the defaults where the user lists nothing, in order', () => {
      expect(effectiveRetryCodes(noRules)).to.deep.equal(DEFAULTS);
      expect([...RETRIED_BY_DEFAULT]).to.have.members(DEFAULTS);
    });

    it('adds what the user tries again, and leaves out what the user says fails', () => {
      const user = { retryCodes: new Set([418, 429]), failCodes: new Set([408, 500, 400]) };
      const expected = [418, 429, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530];
      expect(effectiveRetryCodes(user)).to.deep.equal(expected);
    });

    it('lists exactly what is tried again where the upstream says nothing, each once', () => {
      fc.assert(
        fc.property(rules, silent, (user, headers) => {
          const expected = errors.filter((status) => statusIsRetried(user, status, headers));
          expect(effectiveRetryCodes(user)).to.deep.equal(expected);
        }),
      );
    });
  });

  describe('reasonForStatus', () => {
    const named: readonly (readonly [number, Reason])[] = [
      [301, 'unexpected_redirect'],
      [304, 'unexpected_redirect'],
      [399, 'unexpected_redirect'],
      [400, 'invalid_request'],
      [401, 'authentication_failed'],
      [402, 'payment_required'],
      [403, 'permission_denied'],
      [404, 'invalid_request'],
      [408, 'request_timeout'],
      [413, 'invalid_request'],
      [422, 'invalid_request'],
      [429, 'rate_limited'],
      [499, 'invalid_request'],
      [500, 'upstream_error'],
      [502, 'upstream_error'],
      [503, 'overloaded'],
      [504, 'upstream_error'],
      [520, 'upstream_error'],
      [529, 'overloaded'],
      [599, 'upstream_error'],
    ];
    for (const [status, reason] of named) {
      it(`calls ${status} ${reason}`, () => {
        expect(reasonForStatus(status)).to.equal(reason);
      });
    }

    it('gives every status a reason that the upstream causes, in the class of the status', () => {
      fc.assert(
        fc.property(fc.integer({ min: 300, max: 999 }), (status) => {
          const reason = reasonForStatus(status);
          expect(reasons[reason].by).to.equal('upstream');
          const named_ = named.filter(([other]) => Math.floor(other / 100) === Math.min(5, Math.floor(status / 100)));
          expect(named_.map(([, itsReason]) => itsReason)).to.include(reason);
        }),
      );
    });
  });

  describe('verdictOnFailure', () => {
    const tries: readonly Simple[] = [failures.Unreachable, failures.TimedOut, failures.Broken, failures.Malformed];
    for (const failure of tries) {
      it(`tries again after ${failure._tag}`, () => {
        expect(verdictOnFailure(failure)).to.deep.equal(retry(failure));
      });
    }

    it('tries a name that does not exist again once, and one that could not be looked up as often as others', () => {
      const unknown: Simple = { _tag: 'Unreachable', code: 'ENOTFOUND' };
      expect(verdictOnFailure(unknown)).to.deep.equal(retry(unknown, O.some(1)));
      const busy: Simple = { _tag: 'Unreachable', code: 'EAI_AGAIN' };
      expect(verdictOnFailure(busy)).to.deep.equal(retry(busy));
    });

    const finals: readonly Simple[] = [
      failures.TlsFailed,
      failures.BadReply,
      failures.ClientGone,
      failures.ShuttingDown,
      failures.ClientError,
      failures.HostNotAllowed,
      failures.Looped,
      failures.OriginNotAllowed,
      failures.Shedding,
      failures.StageFault,
    ];
    for (const failure of finals) {
      it(`rejects ${failure._tag}`, () => {
        expect(verdictOnFailure(failure)).to.deep.equal(reject(failure));
      });
    }

    it('rejects what was given up already, with its last failure', () => {
      expect(verdictOnFailure(failures.GaveUp)).to.deep.equal(reject(failures.GaveUp.last));
    });

    it('tries nothing again whose reason the table calls final', () => {
      for (const failure of Object.values<Failure>(failures)) {
        const verdict: Verdict = verdictOnFailure(failure);
        if (verdict._tag === 'Retry') expect(reasons[reasonOf(failure)].retried, failure._tag).to.equal(true);
      }
    });
  });
});
