/**
 * When to try again. A schedule is a value: it looks at a status and answers with a delay in milliseconds, or none.
 *
 * Schedules combine: none wins, otherwise the longer delay wins (a monoid). `cap`, `jitter` and `within` turn one
 * schedule into another. The random number is in the status, so that every schedule is a pure function.
 */
import * as O from 'fp-ts/lib/Option.js';
import type { Reason } from './reason.js';

/** The progress of a request's tries. */
export interface Status {
  /** The reason why the last try failed. */
  readonly reason: Reason;
  /** Retries made so far: 0 after the first try. */
  readonly retries: number;
  /** Those of them that followed a failure for this same reason. */
  readonly sameReason: number;
  /** Retries since the upstream last said how long to wait; the same as `retries` where it never did. */
  readonly sinceHint: number;
  /** Since the request came. */
  readonly elapsedMs: number;
  /** The wait that the upstream asks for. */
  readonly hintMs: O.Option<number>;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/** Milliseconds to wait before another try; none: no other try. A function of the status alone. */
export type Schedule = (status: Status) => O.Option<number>;

/** Combines with any schedule to that schedule. */
export const always: Schedule = () => O.some(0);

/** The schedule that says none if any says none, otherwise the longest delay. */
export const combine =
  (...schedules: readonly Schedule[]): Schedule =>
  (status) => {
    let longest = 0;
    for (const schedule of schedules) {
      const delay = schedule(status);
      if (O.isNone(delay)) return O.none;
      longest = Math.max(longest, delay.value);
    }
    return O.some(longest);
  };

const onlyIf =
  (allowed: (status: Status) => boolean): Schedule =>
  (status) =>
    allowed(status) ? O.some(0) : O.none;

/** At most so many retries. */
export const limit = (retries: number): Schedule => onlyIf((status) => status.retries < retries);

/** At most so many retries for some of the reasons. */
export const perReason = (limits: Readonly<Partial<Record<Reason, number>>>): Schedule =>
  onlyIf((status) => status.sameReason < (limits[status.reason] ?? Number.POSITIVE_INFINITY));

/**
 * The schedule of the upstream's wish. That is the least wait, plus up to a tenth, so that many clients do not come back at once.
 * A hint above `maxMs` is not waited for.
 */
export const hintFloor =
  (maxMs: number): Schedule =>
  ({ hintMs, random }) => {
    if (O.isNone(hintMs)) return O.some(0);
    return hintMs.value > maxMs ? O.none : O.some(hintMs.value * (1 + random / 10));
  };

/** `baseMs`, then `factor` times the last; begins anew after a wait that the upstream asked for. */
export const exponential =
  (baseMs: number, factor: number): Schedule =>
  ({ sinceHint }) =>
    // The growth is bounded, not the product: 0 times infinity is no number.
    O.some(baseMs * Math.min(factor ** sinceHint, Number.MAX_SAFE_INTEGER));

/** No delay longer than `maxMs`. */
export const cap =
  (maxMs: number) =>
  (schedule: Schedule): Schedule =>
  (status) =>
    O.map((delay: number) => Math.min(delay, maxMs))(schedule(status));

/** Half jitter: uniform in [d/2, d), so that clients spread and still wait. */
export const jitter =
  (schedule: Schedule): Schedule =>
  (status) =>
    O.map((delay: number) => (delay / 2) * (1 + status.random))(schedule(status));

/**
 * No retry starts later than `deadlineMs` after arrival: rather than sleep past it, fail now. A retry that follows a
 * time-out may, since the time-out alone can use up the deadline.
 */
export const within =
  (deadlineMs: number) =>
  (schedule: Schedule): Schedule =>
  (status) =>
    O.filter((delay: number) => status.reason === 'timed_out' || status.elapsedMs + delay <= deadlineMs)(
      schedule(status),
    );
