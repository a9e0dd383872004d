/** The store of lists of models. Keys may hold secrets and hosts, so it keeps only hashes of them. */
import type * as O from 'fp-ts/lib/Option.js';
import type * as T from 'fp-ts/lib/Task.js';
import type { Warning } from './warning.js';

/** A list of models, and when it came. */
export interface Dated {
  readonly list: Buffer;
  /** Milliseconds, by the clock of whoever keeps it. */
  readonly at: number;
}

/** The list that each credential got, by the monotonic clock. */
export interface OwnLists {
  readonly recall: (key: string) => O.Option<Dated>;
  readonly keep: (key: string, dated: Dated) => void;
}

/** The last good lists, by the wall clock; they outlive the process. Never rejects. */
export interface LastLists {
  readonly recall: (key: string) => T.Task<O.Option<Dated>>;
  /** Recalled from now on. Settles once it is written, to what the user should know of that, if anything. */
  readonly keep: (key: string, dated: Dated) => T.Task<O.Option<Warning>>;
}

export interface ModelsStore {
  readonly own: OwnLists;
  readonly last: LastLists;
}
