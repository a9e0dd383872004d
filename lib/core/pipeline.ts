/** The face of the pipeline to the edge. */
import type * as E from 'fp-ts/lib/Either.js';
import type * as T from 'fp-ts/lib/Task.js';
import type { Outcome } from './custom-stage.js';
import type { LoggedFailure, RequestSummary } from './event.js';
import type { Head, Received, Reply } from './exchange.js';
import type { Failure } from './failure.js';

/** A request that was answered. */
export interface Handled {
  readonly reply: Reply;
  readonly summary: RequestSummary;
  /** The log's account of a reply that breaks off on its way. */
  readonly logCut: (failure: Failure) => LoggedFailure;
  /** Calls the stages' `finished`, once, after the last byte. Never rejects. */
  readonly finished?: (outcome: Outcome) => Promise<void>;
}

/** All steps together, as `pipeline` makes them. */
export interface Pipeline {
  /** Before a byte of the body is read: whether a request is let in, and as what. */
  readonly admit: (head: Head) => E.Either<Failure, Head>;
  /** From what was received to what the client gets. Never rejects. */
  readonly handle: (received: Received) => T.Task<Handled>;
  /** The client's reply to a failure outside of the pipeline. */
  readonly refuse: (id: string, head: Head, failure: Failure) => Reply;
  /** The log's account of that failure. */
  readonly logRefused: (head: Head, failure: Failure) => LoggedFailure;
}
