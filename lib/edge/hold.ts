/** Reads bodies into memory, with a limit. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import { type Body, type Bytes, bytes, type Held } from '../core/exchange.js';
import { type Failure, isUpstreams } from '../core/failure.js';
import type { Source } from './source.js';
import { issue, redeem } from './tickets.js';

interface Start {
  readonly start: Buffer;
  /** Whether that is the whole, or why the rest never comes. */
  readonly whole: E.Either<Failure, boolean>;
}

/** Reads until the end, or until more than the limit was read, into `pieces`. */
const readInto = async (pieces: Buffer[], source: Source, limitBytes: number): Promise<Start> => {
  const stop = (whole: Start['whole']): Start => ({ start: Buffer.concat(pieces), whole });
  for (let total = pieces.reduce((sum, { length }) => sum + length, 0); total <= limitBytes; ) {
    const chunk = await source.next();
    if (E.isLeft(chunk)) return stop(chunk);
    if (O.isNone(chunk.right)) return stop(E.right(true));
    pieces.push(chunk.right.value);
    total += chunk.right.value.length;
  }
  return stop(E.right(false));
};

/** How often a body that has not ended is looked at. It is taken for whole where it was so twice. */
const LOOK_MS = 2000;

/** What is whole of the beginning of a body. */
export type WholeIn = (start: Buffer) => O.Option<Buffer>;

/**
 * The whole body; where it is longer than the limit, the body as it was, with what was read as its `peek`. Where it breaks,
 * or does not end, it is what `wholeIn` finds in it, if that is anything.
 */
export const hold =
  (body: Held, limitBytes: number, wholeIn: WholeIn): TE.TaskEither<Failure, Body> =>
  async () => {
    const source = redeem(body.ticket);
    const pieces = [body.peek];
    let wasWhole = false;
    let isSettled = false;
    const timer = setInterval(() => {
      const isWhole = O.isSome(wholeIn(Buffer.concat(pieces)));
      isSettled = isWhole && wasWhole;
      wasWhole = isWhole;
      if (isSettled) source.abandon({ _tag: 'ClientGone' });
    }, LOOK_MS);
    const { start, whole } = await readInto(pieces, source, limitBytes);
    clearInterval(timer);
    if (E.isLeft(whole)) {
      const found = isSettled || isUpstreams(whole.left) ? wholeIn(start) : O.none;
      return O.isSome(found) ? E.right(bytes(found.value)) : whole;
    }
    return E.right(whole.right ? bytes(start) : { ...body, ticket: issue(source), peek: start });
  };

/** How long the text of an error may take. */
const SKIM_MS = 2000;

/** The start of a body, at most so many bytes; the rest is given up. A body that breaks is as long as it came. */
export const skim =
  (body: Held, limitBytes: number): TE.TaskEither<Failure, Bytes> =>
  async () => {
    const source = redeem(body.ticket);
    // What it is an error of is known by then: its text is not worth a long wait.
    const timer = setTimeout(() => source.abandon({ _tag: 'ClientGone' }), SKIM_MS);
    const { start } = await readInto([body.peek], source, limitBytes);
    clearTimeout(timer);
    source.abandon({ _tag: 'ClientGone' });
    return E.right(bytes(start.subarray(0, limitBytes)));
  };
