/** A stream that custom stages change on its way. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Rewriter } from '../core/exchange.js';
import type { Chunk, Source } from './source.js';

/** What is held back when the stream ends or breaks goes out before its end is told. */
export const rewritten = (source: Source, { push, end }: Rewriter): Source => {
  let over: Chunk | undefined;
  return {
    next: async () => {
      while (over === undefined) {
        const chunk = await source.next();
        const isMore = E.isRight(chunk) && O.isSome(chunk.right);
        const out = isMore ? push(chunk.right.value) : end();
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
