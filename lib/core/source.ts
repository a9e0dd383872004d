/** Bytes that are pulled: whoever reads slowly makes the sender wait, and is not taken for its silence. */
import type * as E from 'fp-ts/lib/Either.js';
import type * as O from 'fp-ts/lib/Option.js';
import type { Failure } from './failure.js';

/** Bytes, or none at a whole end. */
export type Chunk = E.Either<Failure, O.Option<Buffer>>;

export interface Source {
  /** The next bytes. One call at a time; after an end or a failure it answers the same again. Never rejects. */
  readonly next: () => Promise<Chunk>;
  /** Gives up the rest: from now on `next` answers with this failure, unless the end was there already. */
  readonly abandon: (failure: Failure) => void;
}

/** A source with what was already taken from it put back. */
export const prefixed = (first: Chunk, { next, abandon }: Source): Source => {
  let taken: Chunk | undefined = first;
  return {
    next: async () => {
      const chunk = taken ?? (await next());
      taken = undefined;
      return chunk;
    },
    abandon,
  };
};
