import type * as O from 'fp-ts/lib/Option.js';
import type { Reason } from './reason.js';

/** A finished try. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number;
  /** The name of the upstream that was asked. */
  readonly target: string;
  /** None: it brought a good reply, and that did not break off. */
  readonly reason: O.Option<Reason>;
  /** None: no head came. */
  readonly status: O.Option<number>;
  /** The wait that the upstream asked for. */
  readonly hintMs: O.Option<number>;
  readonly durationMs: number;
  /** The wait before the next try; none: there was none. */
  readonly waitMs: O.Option<number>;
}
