/** How long an upstream asks to wait, as its reply's header fields say it. */
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

const LIMITS = [
  { reset: /^anthropic-ratelimit-(.+)-reset$/, remaining: (of: string) => `anthropic-ratelimit-${of}-remaining` },
  { reset: /^x-ratelimit-reset-(.+)$/, remaining: (of: string) => `x-ratelimit-remaining-${of}` },
];

/** The longest wait among the limits that are used up. */
const rateLimitReset = (headers: Headers, nowMs: number): O.Option<number> => {
  let longest: O.Option<number> = O.none;
  for (const name of Object.keys(headers)) {
    for (const { reset, remaining } of LIMITS) {
      const of = reset.exec(name)?.[1];
      if (of === undefined || value(headers, remaining(of)) !== '0') continue;
      const text = value(headers, name);
      const waitMs = RFC_3339.test(text) ? until(text, nowMs) : goDuration(text);
      if (O.isSome(waitMs)) longest = O.some(Math.max(waitMs.value, O.getOrElse(() => 0)(longest)));
    }
  }
  return longest;
};

/**
 * Milliseconds to wait, from the most exact word to the vaguest: `retry-after-ms`, `Retry-After`, what the body says
 * (`inBody`), the resets of rate limits that are used up. Finite and at least 0. `nowMs` is the wall clock, for dates.
 * None: nothing that can be understood.
 */
export const hint = (headers: Headers, nowMs: number, inBody: O.Option<number> = O.none): O.Option<number> => {
  const exact = decimal(value(headers, 'retry-after-ms'), 1);
  if (O.isSome(exact)) return exact;
  const usual = retryAfter(value(headers, 'retry-after'), nowMs);
  if (O.isSome(usual)) return usual;
  return O.isSome(inBody) ? inBody : rateLimitReset(headers, nowMs);
};
