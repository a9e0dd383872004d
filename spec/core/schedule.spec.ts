import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import type { Reason } from '../../lib/core/reason.js';
import {
  always,
  cap,
  combine,
  exponential,
  hintFloor,
  jitter,
  limit,
  perReason,
  type Schedule,
  type Status,
  within,
} from '../../lib/core/schedule.js';

const first: Status = {
  reason: 'overloaded',
  retries: 0,
  sameReason: 0,
  sinceHint: 0,
  elapsedMs: 0,
  hintMs: O.none,
  random: 0,
};

// Above zero they are normal numbers: rounding among subnormal ones can be as large as the number itself.
const delayMs = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e9, noNaN: true }));
const wholeMs = fc.integer({ min: 1, max: 1e9 });
// Fine enough to come close to 1, and not so fine that a product rounds up to its bound.
const random = fc.nat(2 ** 32 - 1).map((n) => n / 2 ** 32);
const reason = fc.constantFrom<Reason[]>('rate_limited', 'overloaded', 'timed_out', 'empty_reply');
const mayBe = (arbitrary: fc.Arbitrary<number>) => fc.option(arbitrary).map(O.fromNullable);

const status: fc.Arbitrary<Status> = fc.record({
  reason,
  retries: fc.nat(2000),
  sameReason: fc.nat(2000),
  sinceHint: fc.nat(2000),
  elapsedMs: delayMs,
  hintMs: mayBe(delayMs),
  random,
});

/** Any schedule whatever: an answer for each status. */
const anySchedule: fc.Arbitrary<Schedule> = fc.func<[Status], O.Option<number>>(
  fc.oneof({ weight: 4, arbitrary: delayMs.map(O.some) }, { weight: 1, arbitrary: fc.constant(O.none) }),
);

const constant =
  (ms: number): Schedule =>
  () =>
    O.some(ms);
const never: Schedule = () => O.none;

const expectEqual = (one: Schedule, other: Schedule, at: Status) => expect(one(at)).to.deep.equal(other(at));

describe('core/schedule', () => {
  describe('combine', () => {
    it('has always as its identity, on either side, and is always where there is nothing to combine', () => {
      fc.assert(
        fc.property(anySchedule, status, (schedule, at) => {
          expectEqual(combine(always, schedule), schedule, at);
          expectEqual(combine(schedule, always), schedule, at);
          expectEqual(combine(), always, at);
        }),
      );
      expect(always(first)).to.deep.equal(O.some(0));
    });

    it('is associative, and the same for many at once', () => {
      fc.assert(
        fc.property(anySchedule, anySchedule, anySchedule, status, (a, b, c, at) => {
          expectEqual(combine(combine(a, b), c), combine(a, combine(b, c)), at);
          expectEqual(combine(a, b, c), combine(a, combine(b, c)), at);
        }),
      );
    });

    it('is none where any says none, wherever it stands', () => {
      fc.assert(
        fc.property(fc.array(anySchedule), fc.array(anySchedule), status, (before, behind, at) => {
          expect(combine(...before, never, ...behind)(at)).to.deep.equal(O.none);
        }),
      );
    });

    it('is the longest delay where none says none', () => {
      fc.assert(
        fc.property(fc.array(delayMs, { minLength: 1 }), status, (delays, at) => {
          expect(combine(...delays.map(constant))(at)).to.deep.equal(O.some(Math.max(...delays)));
        }),
      );
    });
  });

  describe('limit', () => {
    it('allows exactly so many retries, at once', () => {
      fc.assert(
        fc.property(fc.nat(20), status, (most, at) => {
          const allowed = [];
          for (let retries = 0; retries < 40; retries += 1) {
            const delay = limit(most)({ ...at, retries });
            if (O.isSome(delay)) allowed.push(delay.value);
          }
          expect(allowed).to.deep.equal(new Array(most).fill(0));
        }),
      );
    });

    it('is never exceeded, whatever it is combined with', () => {
      fc.assert(
        fc.property(fc.nat(20), anySchedule, anySchedule, status, (most, a, b, at) => {
          const schedule = combine(a, limit(most), b);
          let retries = 0;
          while (retries <= most && O.isSome(schedule({ ...at, retries }))) retries += 1;
          expect(retries).to.be.at.most(most);
        }),
      );
    });
  });

  describe('perReason', () => {
    it('allows exactly so many retries that follow the reason, at once', () => {
      fc.assert(
        fc.property(fc.nat(5), fc.nat(10), status, (most, sameReason, at) => {
          const schedule = perReason({ timed_out: most, overloaded: 99 });
          const expected = sameReason < most ? O.some(0) : O.none;
          expect(schedule({ ...at, reason: 'timed_out', sameReason })).to.deep.equal(expected);
        }),
      );
    });

    it('lets every other reason be', () => {
      fc.assert(
        fc.property(status, (at) => {
          expect(perReason({ timed_out: 0 })({ ...at, reason: 'overloaded' })).to.deep.equal(O.some(0));
        }),
      );
    });
  });

  describe('hintFloor', () => {
    it('waits at least the hint and at most a tenth more', () => {
      fc.assert(
        fc.property(wholeMs, status, (hintMs, at) => {
          const delay = hintFloor(1e9)({ ...at, hintMs: O.some(hintMs) });
          const waited = O.getOrElse(() => Number.NaN)(delay);
          expect(waited).to.be.at.least(hintMs);
          expect(waited).to.be.below(1.1 * hintMs);
        }),
      );
    });

    it('spreads over that tenth by the roll', () => {
      const at = { ...first, hintMs: O.some(10_000) };
      expect(hintFloor(60_000)({ ...at, random: 0 })).to.deep.equal(O.some(10_000));
      expect(hintFloor(60_000)({ ...at, random: 0.5 })).to.deep.equal(O.some(10_500));
    });

    it('is none for a hint above the longest wait, and waits for one that is just as long', () => {
      fc.assert(
        fc.property(wholeMs, wholeMs, status, (hintMs, maxMs, at) => {
          const delay = hintFloor(maxMs)({ ...at, hintMs: O.some(hintMs) });
          expect(O.isNone(delay)).to.equal(hintMs > maxMs);
        }),
      );
      expect(O.isSome(hintFloor(1000)({ ...first, hintMs: O.some(1000) }))).to.equal(true);
      expect(O.isSome(hintFloor(1000)({ ...first, hintMs: O.some(1000.5) }))).to.equal(false);
    });

    it('adds nothing where the upstream asks for nothing', () => {
      fc.assert(
        fc.property(wholeMs, status, (maxMs, at) => {
          expect(hintFloor(maxMs)({ ...at, hintMs: O.none })).to.deep.equal(O.some(0));
        }),
      );
    });
  });

  describe('exponential', () => {
    it('multiplies by the factor at each retry', () => {
      const delays = [0, 1, 2, 3].map((n) => exponential(500, 3)({ ...first, retries: n, sinceHint: n }));
      expect(delays).to.deep.equal([500, 1500, 4500, 13_500].map(O.some));
    });

    it('begins anew after a hint, however many retries there were', () => {
      fc.assert(
        fc.property(wholeMs, fc.double({ min: 1, max: 10, noNaN: true }), status, (baseMs, factor, at) => {
          expect(exponential(baseMs, factor)({ ...at, sinceHint: 0 })).to.deep.equal(O.some(baseMs));
        }),
      );
    });

    it('never shrinks while its factor is at least 1, and stays finite', () => {
      fc.assert(
        fc.property(delayMs, fc.double({ min: 1, max: 10, noNaN: true }), fc.nat(5000), (baseMs, factor, sinceHint) => {
          const delay = (n: number) =>
            O.getOrElse(() => Number.NaN)(exponential(baseMs, factor)({ ...first, sinceHint: n }));
          expect(delay(sinceHint + 1)).to.be.at.least(delay(sinceHint));
          expect(delay(sinceHint + 1)).to.be.below(Number.POSITIVE_INFINITY);
        }),
      );
    });

    it('is 0 for ever with a base of 0, even where the growth alone is past all numbers', () => {
      expect(exponential(0, 2)({ ...first, sinceHint: 5000 })).to.deep.equal(O.some(0));
    });
  });

  describe('cap', () => {
    it('shortens what is longer, leaves the rest, and keeps none', () => {
      fc.assert(
        fc.property(anySchedule, delayMs, status, (schedule, maxMs, at) => {
          const before = schedule(at);
          const expected = O.isSome(before) ? O.some(Math.min(before.value, maxMs)) : O.none;
          expect(cap(maxMs)(schedule)(at)).to.deep.equal(expected);
        }),
      );
    });
  });

  describe('jitter', () => {
    it('is at least half of the delay and less than the whole', () => {
      fc.assert(
        fc.property(wholeMs, status, (ms, at) => {
          const delay = O.getOrElse(() => Number.NaN)(jitter(constant(ms))(at));
          expect(delay).to.be.at.least(ms / 2);
          expect(delay).to.be.below(ms);
        }),
      );
    });

    it('spreads evenly over that half by the roll', () => {
      const rolled = [0, 0.25, 0.5, 0.75].map((dice) => jitter(constant(1000))({ ...first, random: dice }));
      expect(rolled).to.deep.equal([500, 625, 750, 875].map(O.some));
    });

    it('keeps none, and no delay stays no delay', () => {
      fc.assert(
        fc.property(status, (at) => {
          expect(jitter(never)(at)).to.deep.equal(O.none);
          expect(jitter(always)(at)).to.deep.equal(O.some(0));
        }),
      );
    });
  });

  describe('within', () => {
    it('never lets a retry start past the deadline, unless it follows a time-out', () => {
      fc.assert(
        fc.property(anySchedule, delayMs, status, (schedule, deadlineMs, at) => {
          const delay = within(deadlineMs)(schedule)(at);
          if (O.isNone(delay) || at.reason === 'timed_out') return;
          expect(at.elapsedMs + delay.value).to.be.at.most(deadlineMs);
        }),
      );
    });

    it('changes no delay that ends in time, to the millisecond', () => {
      fc.assert(
        fc.property(wholeMs, wholeMs, reason, (elapsedMs, ms, why) => {
          const at = { ...first, reason: why, elapsedMs };
          expect(within(elapsedMs + ms)(constant(ms))(at)).to.deep.equal(O.some(ms));
        }),
      );
    });

    it('fails now rather than sleep past the deadline', () => {
      const at = { ...first, elapsedMs: 118_000 };
      expect(within(120_000)(constant(2000))(at)).to.deep.equal(O.some(2000));
      expect(within(120_000)(constant(2001))(at)).to.deep.equal(O.none);
    });

    it('does not bind a retry that follows a time-out, which alone may have used up the deadline', () => {
      fc.assert(
        fc.property(anySchedule, delayMs, status, (schedule, deadlineMs, at) => {
          const afterTimeout: Status = { ...at, reason: 'timed_out' };
          expectEqual(within(deadlineMs)(schedule), schedule, afterTimeout);
        }),
      );
    });

    it('keeps none', () => {
      fc.assert(
        fc.property(status, (at) => {
          expect(within(Number.MAX_SAFE_INTEGER)(never)(at)).to.deep.equal(O.none);
        }),
      );
    });
  });

  describe('a whole schedule', () => {
    const settings = fc.record({
      retries: fc.nat(10),
      timeoutRetries: fc.nat(3),
      baseMs: delayMs,
      factor: fc.double({ min: 0, max: 10, noNaN: true }),
      maxMs: delayMs,
      deadlineMs: delayMs,
    });
    const whole = settings.map(({ retries, timeoutRetries, baseMs, factor, maxMs, deadlineMs }) => ({
      maxMs,
      schedule: within(deadlineMs)(
        combine(
          limit(retries),
          perReason({ timed_out: timeoutRetries }),
          hintFloor(maxMs),
          jitter(cap(maxMs)(exponential(baseMs, factor))),
        ),
      ),
    }));

    it('gives delays that are finite and at least 0, at least the hint and at most a tenth above the longest', () => {
      fc.assert(
        fc.property(whole, status, fc.nat(10), ({ schedule, maxMs }, at, retries) => {
          const delay = schedule({ ...at, retries, sameReason: 0 });
          if (O.isNone(delay)) return;
          expect(Number.isFinite(delay.value)).to.equal(true);
          expect(delay.value).to.be.at.least(O.getOrElse(() => 0)(at.hintMs));
          expect(delay.value).to.be.at.most(1.1 * maxMs);
        }),
        { numRuns: 1000 },
      );
    });

    it('is a function of the status alone', () => {
      fc.assert(
        fc.property(whole, status, ({ schedule }, at) => {
          expect(schedule(at)).to.deep.equal(schedule({ ...at }));
        }),
      );
    });
  });
});
