/** Bytes that are pulled: whoever reads slowly makes the sender wait, and is not taken for its silence. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from './attempt.js';
import type { Failure } from './failure.js';

/** Bytes, or none at a whole end. */
export type Chunk = E.Either<Failure, O.Option<Buffer>>;

/** The outcome of a body on its way to the client. */
export interface Delivered {
  /** Why it did not reach its end. */
  readonly cut: O.Option<Failure>;
  /** The finished tries that were made for it after it had begun. */
  readonly attempts: readonly Attempt[];
}

export interface Source {
  /** The next bytes. One call at a time; after an end or a failure it answers the same again. Never rejects. */
  readonly next: () => Promise<Chunk>;
  /** Gives up the rest: from now on `next` answers with this failure, unless the end was there already. */
  readonly abandon: (failure: Failure) => void;
  /** The outcome, as far as its bytes do not show it. Missing: they do. */
  readonly delivered?: () => Delivered;
}

/** Something around the bytes of a body on their way to the client. */
export type BodyLayer = (source: Source) => Source;

export const UNCUT: Delivered = { cut: O.none, attempts: [] };

export const deliveredBy = ({ delivered }: Source): Delivered => delivered?.() ?? UNCUT;

/** A source with what was already taken from it put back. */
export const prefixed = <S extends Source>(first: Chunk, source: S): S => {
  let taken: Chunk | undefined = first;
  return {
    ...source,
    next: async () => {
      const chunk = taken ?? (await source.next());
      taken = undefined;
      return chunk;
    },
  };
};

const END: Chunk = E.right(O.none);

/** A source of what is in memory already. */
export const sourceOfBytes = (content: Buffer): Source =>
  prefixed(E.right(O.some(content)), { next: async () => END, abandon: () => {} });
