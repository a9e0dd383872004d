/** How long an upstream asks to wait, as its reply's header fields say it. */
import * as O from 'fp-ts/lib/Option.js';
import { type Headers, value } from './headers.js';

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

const number = (text: string): O.Option<number> => (/^\d+(\.\d+)?$/.test(text) ? O.some(Number(text)) : O.none);

/** A date's distance from now, at least 0. */
const until =
  (nowMs: number) =>
  (text: string): O.Option<number> => {
    const dateMs = Date.parse(text);
    return Number.isNaN(dateMs) ? O.none : O.some(Math.max(0, dateMs - nowMs));
  };

/** Go's way to write a duration (`6m0s`, `12ms`, `1.5s`), in milliseconds. */
export const goDuration = (text: string): O.Option<number> => {
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return O.none;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) {
    totalMs += Number(amount) * (UNIT_MS[unit as string] as number);
  }
  return O.some(totalMs);
};

/** A delay in seconds, fractions too, or an HTTP date (RFC 9110 §10.2.3). */
const retryAfter = (text: string, nowMs: number): O.Option<number> => {
  const seconds = number(text);
  if (O.isSome(seconds)) return O.some(seconds.value * 1000);
  // `Date.parse` takes nearly anything for a date; an HTTP date begins with the name of a day.
  return /^[A-Za-z]{3,9},? /.test(text) ? until(nowMs)(text) : O.none;
};

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
      if (of === undefined || value(headers, remaining(of)).trim() !== '0') continue;
      const text = value(headers, name);
      const waitMs = O.alt(() => until(nowMs)(text))(goDuration(text));
      longest = O.some(Math.max(O.getOrElse(() => 0)(longest), O.getOrElse(() => 0)(waitMs)));
    }
  }
  return longest;
};

/**
 * Milliseconds to wait, from the most exact field to the vaguest: `retry-after-ms`, `Retry-After`, the resets of rate
 * limits that are used up. `nowMs` is the wall clock, for dates. None: nothing that can be understood.
 */
export const hint = (headers: Headers, nowMs: number): O.Option<number> => {
  const exact = number(value(headers, 'retry-after-ms').trim());
  if (O.isSome(exact)) return exact;
  const usual = retryAfter(value(headers, 'retry-after').trim(), nowMs);
  return O.isSome(usual) ? usual : rateLimitReset(headers, nowMs);
};
