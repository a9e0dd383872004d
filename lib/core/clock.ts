/** Time, as the edge gives it to what reads streams. */
import type { InTurns } from './steps.js';

export interface Clock {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** The value that is awaited, or undefined where it takes longer. */
  readonly within: <A>(ms: number, pending: Promise<A>) => Promise<A | undefined>;
  /** Acts once, after so many milliseconds. Returns what prevents it. */
  readonly after: (ms: number, act: () => void) => () => void;
  /** Acts again and again, every so many milliseconds. Returns what stops it. */
  readonly every: (ms: number, act: () => void) => () => void;
  readonly inTurns: InTurns;
}
