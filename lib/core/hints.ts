/** The wait that an upstream asks for in its header fields. */
import * as O from 'fp-ts/lib/Option.js';
import { type Headers, value } from './headers.js';

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Enough digits spell infinity, which no sum and no JSON can bear. */
const finite = (delayMs: number): number => Math.min(delayMs, Number.MAX_SAFE_INTEGER);

const decimal = (text: string, unitMs: number): O.Option<number> =>
  /^\d+(\.\d+)?$/.test(text) ? O.some(finite(Number(text) * unitMs)) : O.none;

/** Go's way to write a duration (`6m0s`, `12ms`, `1.5s`), in milliseconds; always finite. */
export const goDuration = (text: string): O.Option<number> => {
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return O.none;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) {
    totalMs += Number(amount) * (UNIT_MS[unit as string] as number);
  }
  return O.some(finite(totalMs));
};

// `Date.parse` takes nearly anything for a date (`see page 5`), so the form is checked first.
const RFC_3339 = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/;
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const RFC_850 = /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/** A date's distance from now, at least 0. */
const until = (date: string, nowMs: number): O.Option<number> => {
  const delayMs = Date.parse(date) - nowMs;
  return Number.isNaN(delayMs) ? O.none : O.some(Math.max(0, delayMs));
};

/** In any of the three forms of RFC 9110 §5.6.7. */
const untilHttpDate = (text: string, nowMs: number): O.Option<number> => {
  if (IMF_FIXDATE.test(text) || RFC_850.test(text)) return until(text, nowMs);
  // This form names no zone and means UTC, where `Date.parse` would take it for local time.
  return ASCTIME.test(text) ? until(`${text} GMT`, nowMs) : O.none;
};

/** A delay in seconds, fractions too, or an HTTP date (RFC 9110 §10.2.3). */
const retryAfter = (text: string, nowMs: number): O.Option<number> =>
  O.alt(() => untilHttpDate(text, nowMs))(decimal(text, 1000));

/** Unix time, which needs ten digits in seconds and thirteen in milliseconds; a shorter number has no known unit. */
const untilEpoch = (text: string, nowMs: number): O.Option<number> => {
  const [, seconds, ms] = /^(?:(\d{10}(?:\.\d+)?)|(\d{13}))$/.exec(text) ?? [];
  if (seconds === undefined && ms === undefined) return O.none;
  return O.some(Math.max(0, (ms === undefined ? Number(seconds) * 1000 : Number(ms)) - nowMs));
};

/** When a limit is set back: a date, a point in Unix time, or a duration. */
const untilReset = (text: string, nowMs: number): O.Option<number> =>
  RFC_3339.test(text) ? until(text, nowMs) : O.alt(() => goDuration(text))(untilEpoch(text, nowMs));

/** A gateway hands on the fields of the one behind it under this prefix, besides its own. */
const PREFIX = 'llm_provider-';

const LIMITS = [
  // A vendor's name stands before it.
  { reset: /^(?:llm_provider-)?[a-z]{2,}-ratelimit-.+-reset$/, from: /reset$/ },
  { reset: /^(?:llm_provider-)?x-ratelimit-reset(?:-.+)?$/, from: /reset/ },
];

/** The longest wait among the limits that are used up. */
const rateLimitReset = (headers: Headers, nowMs: number): O.Option<number> => {
  let longest: O.Option<number> = O.none;
  for (const name of Object.keys(headers)) {
    for (const { reset, from } of LIMITS) {
      if (!reset.test(name) || value(headers, name.replace(from, 'remaining')) !== '0') continue;
      const waitMs = untilReset(value(headers, name), nowMs);
      if (O.isSome(waitMs)) longest = O.some(Math.max(waitMs.value, O.getOrElse(() => 0)(longest)));
    }
  }
  return longest;
};

/** The value of a field, or of the one that a gateway passes on. */
const either = (headers: Headers, name: string, read: (text: string) => O.Option<number>): O.Option<number> =>
  O.alt(() => read(value(headers, PREFIX + name)))(read(value(headers, name)));

/** The wait that the body of an error asks for. */
export interface BodyHints {
  /** A duration. */
  readonly hintMs: O.Option<number>;
  /** Header fields that a gateway got, and repeats in the body. */
  readonly fields?: Headers;
}

/**
 * Milliseconds to wait, from the most exact word to the vaguest: `retry-after-ms`, `Retry-After`, what the body says
 * (`inBody`), the resets of rate limits that are used up; a gateway's own before those that it hands on. Finite and at
 * least 0. `nowMs` is the wall clock, for dates. None: nothing that can be understood.
 */
export const hint = (headers: Headers, nowMs: number, inBody: BodyHints = { hintMs: O.none }): O.Option<number> => {
  const exact = either(headers, 'retry-after-ms', (text) => decimal(text, 1));
  if (O.isSome(exact)) return exact;
  const asked = either(headers, 'retry-after', (text) => retryAfter(text, nowMs));
  if (O.isSome(asked)) return asked;
  if (O.isSome(inBody.hintMs)) return inBody.hintMs;
  const reset = rateLimitReset(headers, nowMs);
  return O.isNone(reset) && inBody.fields !== undefined ? hint(inBody.fields, nowMs) : reset;
};
