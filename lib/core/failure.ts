/** Failures, as facts: a closed union. What follows from them is decided elsewhere. */
import * as E from 'fp-ts/lib/Either.js';
import type * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from './attempt.js';
import { type Reason, reasons } from './reason.js';
import type { Cause } from './thrown.js';

/** The phase that a time limit is set on: a key of `timeouts`. */
export type Phase = 'connect' | 'headers' | 'headers_whole' | 'first_content' | 'idle' | 'total';

/** The way in which a reply broke off; `thought`: it ended well, but the model only thought. */
export type BreakingOff = 'reset' | 'silence' | 'total' | 'end' | 'error' | 'thought';

/** The part of a stage's fault that only the log shows. */
export interface FaultDetails {
  /** The hook that it was called at. */
  readonly place?: string;
  /** The error that it threw, if it did. */
  readonly cause?: Cause;
}

/** The limit that was reached when a request is shed: a key of the config, or what the system allows the process. */
export type Limit = 'server.held_bytes' | 'server.max_in_flight' | 'open files';

/** The cause why a request or a try failed. `match` takes it apart. */
export type Failure =
  /** No connection: nothing of the request was sent. `code` is the system's (`ECONNREFUSED`, `ENOTFOUND`). */
  | { readonly _tag: 'Unreachable'; readonly code: string }
  /** The upstream's identity was not proven, or it does not speak TLS: nothing of the request was sent. */
  | { readonly _tag: 'TlsFailed'; readonly code: string }
  /** `sent`: whether the upstream may have seen the request. */
  | { readonly _tag: 'TimedOut'; readonly phase: Phase; readonly limitMs: number; readonly sent: boolean }
  /** The connection ended before the reply was whole. `unused`: a kept connection died before it was used again. */
  | { readonly _tag: 'Broken'; readonly code: string; readonly unused: boolean }
  /** The reply's coding or framing could not be undone. */
  | { readonly _tag: 'Malformed'; readonly detail: string }
  /** A reply came and was judged not good. `text` is the upstream's own, not cleaned, but for what stages have sent. */
  | {
      readonly _tag: 'BadReply';
      readonly reason: Reason;
      readonly status: number;
      readonly text: string;
      readonly hintMs: O.Option<number>;
    }
  /** The reply ended before its end, after the client had its beginning. */
  | { readonly _tag: 'BrokenOff'; readonly by: BreakingOff }
  /** The client has closed its connection: nobody is left to be answered. */
  | { readonly _tag: 'ClientGone' }
  /** The proxy was asked to stop, and the time of the requests in flight is over. */
  | { readonly _tag: 'ShuttingDown' }
  /** The client's own mistake; `says` is one sentence of ours. */
  | { readonly _tag: 'ClientError'; readonly status: number; readonly says: string; readonly allow?: string }
  /** The request names a host that the proxy does not go by, as a page of another site would. */
  | { readonly _tag: 'HostNotAllowed' }
  /** The proxy's own request has come back to it. */
  | { readonly _tag: 'Looped' }
  /** A page in a browser sends the request, and may not. */
  | { readonly _tag: 'OriginNotAllowed' }
  /** There is no memory, or no place, for it now. */
  | { readonly _tag: 'Shedding'; readonly limit: Limit; readonly retryAfterMs: number }
  /** A stage did what it must not. `why`: how it failed, in words that can follow its name; `''` where that is not known. */
  | ({ readonly _tag: 'StageFault'; readonly stage: string; readonly why: string } & FaultDetails)
  /** A stage wants another reply than this one. `atMost`: how many retries it may ask for. `changed`: of another request. */
  | {
      readonly _tag: 'Unwanted';
      readonly stage: string;
      readonly says: string;
      readonly atMost: O.Option<number>;
      readonly changed?: boolean;
    }
  /** A stage ends the request; `says` is its sentence for the client. */
  | { readonly _tag: 'Refused'; readonly stage: string; readonly status: number; readonly says: string }
  /** No further try: the last failure, with all attempts. */
  | {
      readonly _tag: 'GaveUp';
      readonly last: Simple;
      /** The last failure was final; otherwise the attempts were used up. */
      readonly rejected: boolean;
      readonly attempts: readonly Attempt[];
      readonly elapsedMs: number;
    };

/** A failure without its attempts; `GaveUp` sums such failures up. */
export type Simple = Exclude<Failure, { _tag: 'GaveUp' }>;

/** The last failure, without its attempts. */
export const lastOf = (failure: Failure): Simple => (failure._tag === 'GaveUp' ? failure.last : failure);

/** A stage's wish for another try, which `tryAgain` makes; only the hook `reply` can have one. */
export type Unwanted = Extract<Failure, { _tag: 'Unwanted' }>;

/** Takes a failure apart, with one function for each tag: a tag that is not handled does not compile. */
export const match =
  <A>(cases: { readonly [T in Failure['_tag']]: (failure: Extract<Failure, { _tag: T }>) => A }) =>
  (failure: Failure): A =>
    // The tag names the case that takes exactly this member, which TypeScript cannot follow through an index.
    (cases[failure._tag] as (failure: Failure) => A)(failure);

/** The row of the reason table that a failure belongs to. */
export const reasonOf: (failure: Failure) => Reason = match<Reason>({
  Unreachable: () => 'unreachable',
  TlsFailed: () => 'tls_failed',
  // Nothing was sent before there was a connection, so that trying again costs nothing.
  TimedOut: (failure) => (failure.phase === 'connect' ? 'unreachable' : 'timed_out'),
  Broken: () => 'connection_broken',
  Malformed: () => 'malformed_reply',
  BadReply: (failure) => failure.reason,
  BrokenOff: () => 'broken_off',
  ClientGone: () => 'client_gone',
  ShuttingDown: () => 'shutting_down',
  ClientError: () => 'invalid_request',
  HostNotAllowed: () => 'host_not_allowed',
  Looped: () => 'loop_detected',
  OriginNotAllowed: () => 'host_not_allowed',
  Shedding: () => 'shedding',
  StageFault: () => 'stage_fault',
  Unwanted: () => 'unwanted_reply',
  Refused: () => 'refused_by_stage',
  GaveUp: (failure) => reasonOf(failure.last),
});

/** The finished attempts that a failure sums up. */
export const attemptsOf = (failure: Failure): readonly Attempt[] => (failure._tag === 'GaveUp' ? failure.attempts : []);

/** A stage's failure after the attempts, with all of them; as it is, if there were none. */
export const afterTries = (said: Failure, attempts: readonly Attempt[], elapsedMs: number): Failure =>
  attempts.length === 0 ? said : { _tag: 'GaveUp', last: lastOf(said), rejected: true, attempts, elapsedMs };

/** The failure of a request at shutdown; also the reason with which its signal is aborted. */
export const shuttingDown = { _tag: 'ShuttingDown' } as const satisfies Simple;

/** The cause why a signal was aborted: unless it says otherwise, the client has gone. */
export const causeOf = ({ reason }: AbortSignal): Simple =>
  reason === shuttingDown ? shuttingDown : { _tag: 'ClientGone' };

/** The upstream is its cause: neither the client nor the proxy has ended it. */
export const isUpstreams = (failure: Failure): boolean => reasons[reasonOf(failure)].by === 'upstream';

/**
 * The same for a reply that the client has the beginning of: whatever ended it, the upstream broke off. A stream that was
 * opened while it was tried for ends with all its attempts.
 */
export const reasonOnceOpened = (failure: Failure): Reason => {
  return failure._tag === 'GaveUp' || !isUpstreams(failure) ? reasonOf(failure) : 'broken_off';
};

export const clientError = (status: number, says: string): Failure => ({ _tag: 'ClientError', status, says });

export const stageFault = (stage: string, why = '', details: FaultDetails = {}): E.Either<Failure, never> =>
  E.left({ _tag: 'StageFault', stage, why, ...details });
