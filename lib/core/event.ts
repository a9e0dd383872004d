/** Every fact worth telling. Log, status and metrics are views of these; none holds a body, a key or a query. */
import type * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from './exchange.js';
import type { Reason } from './reason.js';

/** What a request came to, from its arrival to its last byte. */
export interface Story {
  readonly id: string;
  readonly method: string;
  /** Without the query, which may hold a key. */
  readonly path: string;
  readonly model: O.Option<string>;
  readonly attempts: readonly Attempt[];
  /** None: a good reply. */
  readonly reason: O.Option<Reason>;
}

export type Event =
  | { readonly _tag: 'Started'; readonly url: string; readonly version: string }
  | { readonly _tag: 'Stopping'; readonly inFlight: number }
  | { readonly _tag: 'Stopped' }
  | { readonly _tag: 'RequestStarted'; readonly id: string }
  | {
      readonly _tag: 'RequestFinished';
      readonly story: Story;
      /** What the client got; 499 where it did not wait. */
      readonly status: number;
      readonly durationMs: number;
    }
  /** Something that the user should know, though nothing failed. */
  | { readonly _tag: 'Warned'; readonly id: O.Option<string>; readonly warning: Warning };

export type Warning = 'reply_too_long_to_judge';

/** Takes an event; never throws and never waits. */
export type Tell = (event: Event) => void;
