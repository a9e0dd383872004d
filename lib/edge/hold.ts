/** Reads bodies into memory, with a limit. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import { afterWhite } from '../bodies/framing.js';
import { type Body, type Bytes, bytes, type Held } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import type { Source } from './source.js';
import { issue, redeem } from './tickets.js';

interface Start {
  /** Without the white space before it. */
  readonly start: Buffer;
  /** Whether that is the whole, or why the rest never comes. */
  readonly whole: E.Either<Failure, boolean>;
  /** How much white space came before it. */
  readonly whiteBytes: number;
}

/** As much white space as a body may have before its beginning, which some send while they wait. */
export const WHITE_LIMIT_BYTES = 32 * 1024 * 1024;

/** Nothing is to come behind so much of it. */
export const ENDLESS_WHITE: Failure = { _tag: 'Malformed', detail: 'endless white space' };

/** Reads until the end, or until more than the limit was read. White space before the beginning is not kept. */
const readStart = async (source: Source, peek: Buffer, limitBytes: number): Promise<Start> => {
  const pieces: Buffer[] = [];
  let total = 0;
  let whiteBytes = 0;
  const stop = (whole: Start['whole']): Start => ({ start: Buffer.concat(pieces), whole, whiteBytes });
  const keep = (piece: Buffer): void => {
    const from = total === 0 ? afterWhite(piece) : 0;
    whiteBytes += from;
    total += piece.length - from;
    if (from < piece.length) pieces.push(piece.subarray(from));
  };
  keep(peek);
  while (total <= limitBytes) {
    if (whiteBytes > WHITE_LIMIT_BYTES) {
      source.abandon(ENDLESS_WHITE);
      return stop(E.left(ENDLESS_WHITE));
    }
    const chunk = await source.next();
    if (E.isLeft(chunk)) return stop(chunk);
    if (O.isNone(chunk.right)) return stop(E.right(true));
    keep(chunk.right.value);
  }
  return stop(E.right(false));
};

/** The whole body; where it is longer than the limit, the body as it was, with what was read as its `peek`. */
export const hold =
  (body: Held, limitBytes: number): TE.TaskEither<Failure, Body> =>
  async () => {
    const source = redeem(body.ticket);
    const { start, whole, whiteBytes } = await readStart(source, body.peek, limitBytes);
    const length = whiteBytes > 0 ? O.none : body.length;
    return E.map(
      (isWhole: boolean): Body => (isWhole ? bytes(start) : { ...body, ticket: issue(source), peek: start, length }),
    )(whole);
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
    const { start } = await readStart(source, body.peek, limitBytes);
    clearTimeout(timer);
    source.abandon({ _tag: 'ClientGone' });
    return E.right(bytes(start.subarray(0, limitBytes)));
  };
