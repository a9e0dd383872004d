/** Changes of a stream that follow one another. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Held, Rewriter } from '../core/exchange.js';

const inTurn = (first: Rewriter, second: Rewriter): Rewriter => ({
  push: (bytes) => E.chain(second.push)(first.push(bytes)),
  end: () => {
    const last = E.chain(second.push)(first.end());
    return E.chain((before: Buffer) => E.map((after: Buffer) => Buffer.concat([before, after]))(second.end()))(last);
  },
});

/** The stream with another change, behind those that it has. */
export const withRewriter = (body: Held, make: () => Rewriter): Held => {
  const { rewrite } = body;
  return { ...body, rewrite: O.some(O.isSome(rewrite) ? () => inTurn(rewrite.value(), make()) : make) };
};
