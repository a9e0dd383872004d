/** Reads bodies into memory, with a limit. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import { type Body, type Bytes, bytes, type Held } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { gathered } from './gathered.js';
import { type Account, accountOf, NO_MEMORY } from './ledger.js';
import type { Source } from './source.js';
import { issue, redeem } from './tickets.js';

interface Start {
  readonly start: Buffer;
  /** Whether that is the whole, or why the rest never comes. */
  readonly whole: E.Either<Failure, boolean>;
}

type Taking = Pick<Account, 'take'>;

/** Its start is little, and it is gone soon. */
const UNCOUNTED: Taking = { take: () => true };

/** Reads until the end, or until more than the limit was read. */
const readStart = async (source: Source, peek: Buffer, limitBytes: number, { take }: Taking): Promise<Start> => {
  const read = gathered(peek);
  const stop = (whole: Start['whole']): Start => ({ start: read.whole(), whole });
  const refuse = () => {
    source.abandon(NO_MEMORY);
    return stop(E.left(NO_MEMORY));
  };
  // That is in memory already.
  take(peek.length);
  while (read.byteLength() <= limitBytes) {
    const chunk = await source.next();
    if (E.isLeft(chunk)) return stop(chunk);
    if (O.isNone(chunk.right)) return stop(E.right(true));
    if (!take(chunk.right.value.length)) return refuse();
    read.add(chunk.right.value);
  }
  return stop(E.right(false));
};

/** The whole body; where it is longer than the limit, the body as it was, with what was read as its `peek`. */
export const hold =
  (body: Held, limitBytes: number, signal?: AbortSignal): TE.TaskEither<Failure, Body> =>
  async () => {
    const source = redeem(body.ticket);
    const account = accountOf(signal);
    account.beginReply();
    const { start, whole } = await readStart(source, body.peek, limitBytes, account);
    return E.map(
      (isWhole: boolean): Body => (isWhole ? bytes(start) : { ...body, ticket: issue(source), peek: start }),
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
    const { start } = await readStart(source, body.peek, limitBytes, UNCOUNTED);
    clearTimeout(timer);
    source.abandon({ _tag: 'ClientGone' });
    return E.right(bytes(start.subarray(0, limitBytes)));
  };
