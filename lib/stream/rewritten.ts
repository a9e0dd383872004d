/** A stream that custom stages change on its way. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Rewriter } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import type { Chunk, Source } from '../core/source.js';
import { causeIn, thrown } from '../core/thrown.js';

/** A throw would leave the client without an end, and the request without an outcome. */
const safely = (make: () => E.Either<Failure, Buffer>): E.Either<Failure, Buffer> =>
  E.flatten(
    E.tryCatch(make, (error): Failure => {
      const why = `threw ${thrown(error)}`;
      return { _tag: 'StageFault', stage: 'rewrite', why, cause: causeIn(error) };
    }),
  );

/** What is held back when the stream ends or breaks goes out before its end is told. */
export const rewritten = (source: Source, { push, end }: Rewriter): Source => {
  let over: Chunk | undefined;
  return {
    next: async () => {
      while (over === undefined) {
        const chunk = await source.next();
        const isMore = E.isRight(chunk) && O.isSome(chunk.right);
        const out = safely(() => (isMore ? push(chunk.right.value) : end()));
        if (!isMore) over = chunk;
        if (E.isRight(out) && out.right.length > 0) return E.right(O.some(out.right));
        // A stream that broke is told as that, whatever the stages make of its beginning.
        if (E.isRight(out) || E.isLeft(chunk)) continue;
        source.abandon(out.left);
        over = out;
      }
      return over;
    },
    abandon: source.abandon,
  };
};
