/** Sources of bytes by hand. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { sourceOfBody } from '../../lib/core/body-layers.js';
import type { Body } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import type { Chunk, Source } from '../../lib/core/source.js';

export interface FakeSource extends Source {
  /** Why the rest was given up. */
  readonly abandoned: () => Failure | undefined;
  /** How many pieces were asked for. */
  readonly asked: () => number;
}

/** Text, a failure, or a wait of so many milliseconds; then an end. */
export type Piece = string | Buffer | Failure | number;

/** A source that gives these pieces in order. Once it is abandoned, it says so, also to who is waiting. */
export const sourceOfPieces = (...pieces: readonly Piece[]): FakeSource => {
  let at = 0;
  let asked = 0;
  let abandoned: Failure | undefined;
  let wake = () => {};
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const next = async (): Promise<Chunk> => {
    if (abandoned !== undefined) return E.left(abandoned);
    const piece = pieces[at];
    at += 1;
    if (piece === undefined) return E.right(O.none);
    if (typeof piece === 'number') {
      await wait(piece);
      return next();
    }
    if (typeof piece === 'string' || Buffer.isBuffer(piece)) return E.right(O.some(Buffer.from(piece)));
    return E.left(piece);
  };
  return {
    next: () => {
      asked += 1;
      return next();
    },
    abandon: (failure) => {
      abandoned ??= failure;
      wake();
    },
    abandoned: () => abandoned,
    asked: () => asked,
  };
};

/** All that a client gets of a body that is still to come, where these are its pieces. */
export const drainBody = (body: Body, ...pieces: readonly Piece[]): ReturnType<typeof drain> =>
  drain(sourceOfBody(body._tag === 'Held' ? { ...body, source: sourceOfPieces(...pieces) } : body));

/** All that a source gives, and the failure that it ends with. */
export const drain = async (
  source: Source,
): Promise<{ readonly text: string; readonly failure: Failure | undefined }> => {
  const pieces: Buffer[] = [];
  for (;;) {
    const chunk = await source.next();
    const text = () => Buffer.concat(pieces).toString();
    if (E.isLeft(chunk)) return { text: text(), failure: chunk.left };
    if (O.isNone(chunk.right)) return { text: text(), failure: undefined };
    pieces.push(chunk.right.value);
  }
};
