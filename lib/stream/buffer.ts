/** Reads bodies into memory, with a limit. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Clock } from '../core/clock.js';
import { type Body, type Bytes, bytes, type Held } from '../core/exchange.js';
import { type Failure, isUpstreams } from '../core/failure.js';
import type { Source } from '../core/source.js';
import { afterWhite } from '../dialects/framing.js';
import { type Account, accountOf, NO_MEMORY } from './ledger.js';

/** A buffer of one byte costs as much memory as some hundred bytes in a longer one. */
const SMALL_BYTES = 4096;

const BLOCK_BYTES = 16 * 1024;

export interface Gathered {
  readonly add: (piece: Buffer) => void;
  readonly byteLength: () => number;
  /** All of it, as one. */
  readonly whole: () => Buffer;
}

/** Bytes that come piece by piece and are kept: many small pieces take no more memory than their sum. */
export const gathered = (...first: readonly Buffer[]): Gathered => {
  const pieces: Buffer[] = [];
  /** Where small pieces are put together; made once there are some. */
  let block: Buffer | undefined;
  let filled = 0;
  let total = 0;

  const flush = () => {
    if (block === undefined || filled === 0) return;
    pieces.push(Buffer.from(block.subarray(0, filled)));
    filled = 0;
  };
  const add = (piece: Buffer) => {
    if (piece.length === 0) return;
    total += piece.length;
    // The first one is often the only one, and then needs no copy.
    if (piece.length >= SMALL_BYTES || total === piece.length) {
      flush();
      pieces.push(piece);
      return;
    }
    if (filled + piece.length > BLOCK_BYTES) flush();
    block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    filled += piece.copy(block, filled);
  };
  for (const piece of first) add(piece);
  return {
    add,
    byteLength: () => total,
    whole: () => {
      flush();
      const [only] = pieces;
      return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces, total);
    },
  };
};

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

type Taking = Pick<Account, 'take'>;

/** Its start is little, and it is gone soon. */
const UNCOUNTED: Taking = { take: () => true };

/** The bytes that were read of a body. White space before its beginning is counted, and not kept. */
interface Kept {
  readonly read: Gathered;
  whiteBytes: number;
}

const keep = (kept: Kept, piece: Buffer): void => {
  const from = kept.read.byteLength() === 0 ? afterWhite(piece) : 0;
  kept.whiteBytes += from;
  kept.read.add(piece.subarray(from));
};

const keptOf = (prefix: Buffer): Kept => {
  const kept: Kept = { read: gathered(), whiteBytes: 0 };
  keep(kept, prefix);
  return kept;
};

/** Reads until the end, or until more than the limit was read. */
const readInto = async (kept: Kept, source: Source, limitBytes: number, { take }: Taking): Promise<Start> => {
  const { read } = kept;
  const stop = (whole: Start['whole']): Start => ({ start: read.whole(), whole, whiteBytes: kept.whiteBytes });
  const refuse = (failure: Failure): Start => {
    source.abandon(failure);
    return stop(E.left(failure));
  };
  // That is in memory already.
  take(read.byteLength());
  while (read.byteLength() <= limitBytes) {
    if (kept.whiteBytes > WHITE_LIMIT_BYTES) return refuse(ENDLESS_WHITE);
    const chunk = await source.next();
    if (E.isLeft(chunk)) return stop(chunk);
    if (O.isNone(chunk.right)) return stop(E.right(true));
    const before = read.byteLength();
    keep(kept, chunk.right.value);
    if (!take(read.byteLength() - before)) return refuse(NO_MEMORY);
  }
  return stop(E.right(false));
};

/** How often a body that has not ended is looked at. It is taken for whole where it was so twice. */
const LOOK_MS = 2000;
const LOOK_BYTES = 1024 * 1024;

/** The whole reply in the beginning of a body, if there is one. */
export type WholeIn = (start: Buffer) => O.Option<Buffer>;

/**
 * The whole body; where it is longer than the limit, the body as it was, with what was read as its `prefix`. Where it breaks,
 * or does not end, it is what `wholeIn` finds in it, if that is anything.
 */
export const buffer =
  ({ every }: Pick<Clock, 'every'>) =>
  (body: Held, limitBytes: number, wholeIn: WholeIn, signal?: AbortSignal): TE.TaskEither<Failure, Body> =>
  async () => {
    const { source } = body;
    const account = accountOf(signal);
    account.beginReply();
    const kept = keptOf(body.prefix);
    let lookedAt = -1;
    let wasWhole = false;
    let isSettled = false;
    const stopLooking = every(LOOK_MS, () => {
      // A long body that still grows is not looked at: putting it together each time would take as long again.
      const length = kept.read.byteLength();
      const isStill = length === lookedAt || length < LOOK_BYTES;
      lookedAt = length;
      const isWhole = isStill && O.isSome(wholeIn(kept.read.whole()));
      isSettled = isWhole && wasWhole;
      wasWhole = isWhole;
      if (isSettled) source.abandon({ _tag: 'ClientGone' });
    });
    const { start, whole, whiteBytes } = await readInto(kept, source, limitBytes, account);
    stopLooking();
    if (E.isLeft(whole)) {
      const found = isSettled || isUpstreams(whole.left) ? wholeIn(start) : O.none;
      return O.isSome(found) ? E.right(bytes(found.value)) : whole;
    }
    const length = whiteBytes > 0 ? O.none : body.length;
    return E.right(whole.right ? bytes(start) : { ...body, source, prefix: start, length });
  };

/** How long the text of an error may take. */
const PREFIX_MS = 2000;

/** The start of a body, at most so many bytes; the rest is given up. A body that breaks is as long as it came. */
export const readPrefix =
  ({ after }: Pick<Clock, 'after'>) =>
  (body: Held, limitBytes: number): TE.TaskEither<Failure, Bytes> =>
  async () => {
    const { source } = body;
    // What it is an error of is known by then: its text is not worth a long wait.
    const stopWaiting = after(PREFIX_MS, () => source.abandon({ _tag: 'ClientGone' }));
    const { start } = await readInto(keptOf(body.prefix), source, limitBytes, UNCOUNTED);
    stopWaiting();
    source.abandon({ _tag: 'ClientGone' });
    return E.right(bytes(start.subarray(0, limitBytes)));
  };
