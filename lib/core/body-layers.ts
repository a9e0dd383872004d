/** A body as the client gets it: its bytes, and the layers around them, the first of them innermost. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Body, Held, Rewriter } from './exchange.js';
import type { Failure } from './failure.js';
import { type BodyLayer, type Chunk, deliveredBy, prefixed, type Source, sourceOfBytes } from './source.js';
import { causeIn, thrown } from './thrown.js';

/** The body with one more layer around those that it has. */
export const withLayer = (body: Held, layer: BodyLayer): Held => ({ ...body, through: [...body.through, layer] });

/** The bytes of a body, through all of its layers. */
export const sourceOfBody = (body: Body): Source => {
  if (body._tag === 'Bytes') return sourceOfBytes(body.bytes);
  const { source, prefix, through } = body;
  const whole = prefix.length === 0 ? source : prefixed(E.right(O.some(prefix)), source);
  return through.reduce((inner, layer) => layer(inner), whole);
};

/** A throw would leave the client without an end, and the request without an outcome. */
const safely = (make: () => E.Either<Failure, Buffer>): E.Either<Failure, Buffer> =>
  E.flatten(
    E.tryCatch(make, (error): Failure => {
      const why = `threw ${thrown(error)}`;
      return { _tag: 'StageFault', stage: 'rewrite', why, cause: causeIn(error) };
    }),
  );

/** Bytes that are held back when the stream ends or breaks go out before its end does. */
const rewritten = (source: Source, { push, end }: Rewriter): Source => {
  let over: Chunk | undefined;
  return {
    ...source,
    next: async () => {
      while (over === undefined) {
        const chunk = await source.next();
        const isMore = E.isRight(chunk) && O.isSome(chunk.right);
        const out = safely(() => (isMore ? push(chunk.right.value) : end()));
        if (!isMore) over = chunk;
        if (E.isRight(out) && out.right.length > 0) return E.right(O.some(out.right));
        // A stream that broke ends as that, whatever the stages make of its beginning.
        if (E.isRight(out) || E.isLeft(chunk)) continue;
        source.abandon(out.left);
        over = out;
      }
      return over;
    },
  };
};

/** Changes a stream piece by piece. */
export const rewrittenBy =
  (make: () => Rewriter): BodyLayer =>
  (source) =>
    rewritten(source, make());

/** Ends a stream that breaks with these last bytes, so that its reader sees an error and an end rather than a reset. */
export const endedBy =
  (errorTail: (failure: Failure) => Buffer): BodyLayer =>
  (source) => {
    let cut: O.Option<Failure> = O.none;
    return {
      ...source,
      next: async () => {
        if (O.isSome(cut)) return E.right(O.none);
        const chunk = await source.next();
        if (E.isRight(chunk)) return chunk;
        cut = O.some(chunk.left);
        return E.right(O.some(errorTail(chunk.left)));
      },
      delivered: () => ({ ...deliveredBy(source), cut }),
    };
  };
