/**
 * Every fact worth reporting. Log and status are views of these; none holds a body, a key or a query, but for what
 * the author of a stage says or throws.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from './attempt.js';
import type { Answered, Decoded, Received } from './exchange.js';
import { attemptsOf, type Failure, reasonOf, reasonOnceOpened } from './failure.js';
import type { Reason } from './reason.js';
import { splitQuery } from './route.js';
import type { Delivered } from './source.js';
import type { Cause } from './thrown.js';
import type { Warning } from './warning.js';

/** The outcome of a request, as the pipeline reports it. */
export interface RequestSummary {
  readonly id: string;
  readonly method: string;
  /** Without the query, which may hold a key. */
  readonly path: string;
  readonly model: O.Option<string>;
  readonly attempts: readonly Attempt[];
  /** None: a good reply. */
  readonly reason: O.Option<Reason>;
  /** The sentence for the client that says so, without keys, hosts and prompts. */
  readonly says?: string;
  /** The fault of a stage, if that is the reason. */
  readonly fault?: FaultReport;
}

const modelOf = ({ call }: Pick<Decoded, 'call'>): O.Option<string> =>
  call._tag === 'Chat' ? O.fromNullable(call.body.model) : O.none;

/** The fields that identify the request in a line about it. */
export const subjectOf = (
  decoded: Pick<Decoded, 'id' | 'request' | 'call'>,
): Pick<RequestSummary, 'id' | 'method' | 'path' | 'model'> => ({
  id: decoded.id,
  method: decoded.request.method,
  path: splitQuery(decoded.request.path)[0],
  model: modelOf(decoded),
});

export const summaryOf = (
  { id, request }: Pick<Received, 'id'> & { readonly request: { readonly method: string; readonly path: string } },
  decoded: E.Either<Failure, Decoded>,
  answered: E.Either<Failure, Answered>,
): RequestSummary => ({
  id,
  method: request.method,
  path: splitQuery(request.path)[0],
  model: O.chain(modelOf)(O.fromEither(decoded)),
  attempts: E.isRight(answered) ? answered.right.attempts : attemptsOf(answered.left),
  reason: E.isRight(answered) ? O.none : O.some(reasonOf(answered.left)),
});

/** The same summary to its end. A try that brought a good reply and was not the last brought one that broke off. */
export const withDelivery = (summary: RequestSummary, { cut, attempts: later }: Delivered): RequestSummary => {
  const reason = O.isSome(cut) ? O.some(reasonOnceOpened(cut.value)) : summary.reason;
  const isBroken = O.isSome(reason) && reason.value === 'broken_off';
  const all = [...summary.attempts, ...later, ...(O.isSome(cut) ? attemptsOf(cut.value) : [])];
  const attempts = all.map((attempt, at) => ({
    ...attempt,
    number: at + 1,
    reason:
      O.isNone(attempt.reason) && (isBroken || at < all.length - 1) ? O.some('broken_off' as const) : attempt.reason,
  }));
  return { ...summary, reason, attempts };
};

/** Another try, when it is decided on. */
export interface RetryDecision extends Pick<RequestSummary, 'id' | 'method' | 'path' | 'model'> {
  /** The name of the upstream that was asked. */
  readonly target: string;
  /** Why the last one failed. */
  readonly reason: Reason;
  /** The status of that one; none: no head came. */
  readonly status: O.Option<number>;
  /** The one that follows: 2 for the first retry. */
  readonly number: number;
  /** The most tries that the config allows. */
  readonly of: number;
  readonly waitMs: number;
  /** True if the upstream asked for a wait. */
  readonly isAsked: boolean;
}

/** A try that is not over. */
interface AttemptRef {
  readonly id: string;
  /** 1 for the first. */
  readonly number: number;
  /** The name of the upstream that is asked. */
  readonly target: string;
}

/** A failure in the log: the sentence that the client got, and the fault of a stage. */
export type LoggedFailure = Pick<RequestSummary, 'says' | 'fault'>;

/** The part of a failure that only the log shows. */
export interface FaultReport {
  readonly stage: string;
  /** The hook that it was called at; '': that is not known. */
  readonly place: string;
  /** The file and the line, as `mine.js:12`; '': they are not known. */
  readonly at: string;
  /** In a sentence or less, without what is secret. */
  readonly says: string;
  /** The calls that led there, a line each, without the message. */
  readonly stack: readonly string[];
}

/** The config in force, for people. */
export interface InForce {
  /** The upstream's host, without anything that is secret; `demo` for the one that comes with the proxy. */
  readonly upstream: string;
  /** The whole path of the config file; none: there is none. */
  readonly config: O.Option<string>;
}

/** A fact that the proxy reports. */
export type Event =
  | ({
      readonly _tag: 'Started';
      readonly version: string;
      readonly pid: number;
      /** The address that it listens on. */
      readonly address: string;
      /** The URL for clients. */
      readonly url: string;
      readonly maxRetries: number;
      readonly retryCodes: readonly number[];
      readonly isDemo: boolean;
      /** Warnings about the config, in sentences. */
      readonly warnings: readonly string[];
    } & InForce)
  | ({
      readonly _tag: 'Reloaded';
      /** 1 for the config that the start took. */
      readonly generation: number;
      /** The stages that are installed, in order. */
      readonly stages: readonly string[];
      /** Keys that have changed and take effect at the next start alone. */
      readonly restart: readonly string[];
    } & InForce)
  /** The new config is not taken: what was in force stays so. A line a problem; none holds a value. */
  | { readonly _tag: 'ReloadFailed'; readonly problems: readonly string[] }
  | { readonly _tag: 'Stopping'; readonly inFlight: number }
  | { readonly _tag: 'Stopped' }
  | { readonly _tag: 'RequestStarted'; readonly id: string }
  | ({ readonly _tag: 'AttemptStarted' } & AttemptRef)
  /** The head of the upstream's reply is there. */
  | ({ readonly _tag: 'HeadReceived'; readonly status: number } & AttemptRef)
  | { readonly _tag: 'AttemptFinished'; readonly id: string; readonly attempt: Attempt }
  /** A try has failed, and another follows. */
  | ({ readonly _tag: 'RetryDecided' } & RetryDecision)
  /** The reply begins to go to the client: nothing is tried again from here on. */
  | { readonly _tag: 'Committed'; readonly id: string; readonly status: number }
  /** A stream has broken off, and another reply goes on with it. */
  | { readonly _tag: 'Continued'; readonly id: string }
  | {
      readonly _tag: 'RequestFinished';
      readonly summary: RequestSummary;
      /** The address that the client's connection came from. */
      readonly client: O.Option<string>;
      /** The status that the client got, if it was still there. */
      readonly status: number;
      readonly durationMs: number;
    }
  /** A stage did what it must not once its request was over. */
  | { readonly _tag: 'StageFailed'; readonly id: string; readonly fault: FaultReport }
  /** A stage's own line. None: it belongs to no request. */
  | { readonly _tag: 'StageLogged'; readonly id: O.Option<string>; readonly stage: string; readonly message: string }
  /** Thrown where nobody waits for it: the proxy stops then. Without what is secret of the target. */
  | { readonly _tag: 'Uncaught'; readonly cause: Cause }
  /** Something that the user should know, though nothing failed. */
  | { readonly _tag: 'Warned'; readonly id: string; readonly warning: Warning };

/** A stage's own line. */
export type StageLogged = Extract<Event, { readonly _tag: 'StageLogged' }>;

/** Takes an event; never throws and never waits. */
export type Emit = (event: Event) => void;
