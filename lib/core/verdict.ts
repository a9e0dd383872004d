/** The verdict on an outcome: good, worth another try, or final. The rules about statuses and the network. */
import * as O from 'fp-ts/lib/Option.js';
import type { Outcome, Reply } from './exchange.js';
import { type Failure, match, type Simple, type Unwanted } from './failure.js';
import { type Headers, value } from './headers.js';
import type { Reason } from './reason.js';
import type { Warning } from './warning.js';

/** The reason, and whether a stage asks for another try in any case. */
interface Bad {
  readonly failure: Simple;
  readonly unwanted?: Unwanted;
}

export type Verdict =
  | { readonly _tag: 'Accept'; readonly reply: Reply; readonly warning: O.Option<Warning> }
  /** Another try may bring a good reply. `atMost`: how many retries this kind of failure is worth, where few. */
  | ({ readonly _tag: 'Retry'; readonly atMost: O.Option<number> } & Bad)
  /** No other try is worth it, by all rules but a stage's. */
  | ({ readonly _tag: 'Reject' } & Bad);

export const accept = (reply: Reply, warning: O.Option<Warning> = O.none): Verdict => ({
  _tag: 'Accept',
  reply,
  warning,
});
export const reject = (failure: Simple): Verdict => ({ _tag: 'Reject', failure });
export const retry = (failure: Simple, atMost: O.Option<number> = O.none): Verdict => ({
  _tag: 'Retry',
  failure,
  atMost,
});

/** From what a try came to, to what is to be done about it. `nowMs` is the wall clock, for hints that are dates. */
export type Judge = (outcome: Outcome, nowMs: number) => Verdict;

/** The user's own lists of statuses. No status is in both. */
export interface CodeRules {
  readonly retryCodes: ReadonlySet<number>;
  readonly failCodes: ReadonlySet<number>;
}

/** Tried again unless the user or the upstream says otherwise. */
export const RETRIED_BY_DEFAULT: ReadonlySet<number> = new Set([
  408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530,
]);

/** True if a 4xx or 5xx is tried again: the user's fails, the upstream's own word, the user's retries, defaults. */
export const statusIsRetried = (rules: CodeRules, status: number, headers: Headers): boolean => {
  if (rules.failCodes.has(status)) return false;
  const upstreamSays = value(headers, 'x-should-retry');
  if (upstreamSays === 'true') return true;
  if (upstreamSays === 'false') return false;
  return rules.retryCodes.has(status) || RETRIED_BY_DEFAULT.has(status);
};

/** The statuses that are tried again where the upstream says nothing of it. */
export const effectiveRetryCodes = (rules: CodeRules): readonly number[] =>
  [...new Set([...rules.retryCodes, ...RETRIED_BY_DEFAULT])]
    .filter((code) => !rules.failCodes.has(code))
    .sort((a, b) => a - b);

const BY_STATUS: Readonly<Record<number, Reason>> = {
  401: 'authentication_failed',
  402: 'payment_required',
  403: 'permission_denied',
  408: 'request_timeout',
  429: 'rate_limited',
  503: 'overloaded',
  529: 'overloaded',
};

/** The meaning of a status that is no success. */
export const reasonForStatus = (status: number): Reason => {
  if (status < 400) return 'unexpected_redirect';
  return BY_STATUS[status] ?? (status < 500 ? 'invalid_request' : 'upstream_error');
};

/** The verdict if no reply came. */
export const verdictOnFailure: (failure: Failure) => Verdict = match<Verdict>({
  // A name that does not exist is nearly always a typing mistake; the one retry is for a resolver that just woke up.
  Unreachable: (failure) => retry(failure, failure.code === 'ENOTFOUND' ? O.some(1) : O.none),
  TlsFailed: reject,
  TimedOut: (failure) => retry(failure),
  Broken: (failure) => retry(failure),
  Malformed: (failure) => retry(failure),
  BadReply: reject,
  BrokenOff: (failure) => retry(failure),
  ClientGone: reject,
  ShuttingDown: reject,
  ClientError: reject,
  HostNotAllowed: reject,
  Looped: reject,
  OriginNotAllowed: reject,
  Shedding: reject,
  StageFault: reject,
  Unwanted: (failure) => retry(failure, failure.atMost),
  Refused: reject,
  GaveUp: (failure) => reject(failure.last),
});
