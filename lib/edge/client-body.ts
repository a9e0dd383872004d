/** The body of a client's request: bounded, and counted while it is kept for retrying. */
import type { IncomingMessage } from 'node:http';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { type Body, bytes, held } from '../core/exchange.js';
import { causeOf, clientError, type Failure } from '../core/failure.js';
import type { ServerSettings } from '../core/settings.js';
import type { Source } from '../core/source.js';
import { routed } from '../dialects/route.js';
import { gathered } from '../stream/buffer.js';
import { type Account, NO_MEMORY } from '../stream/ledger.js';
import { sourceOf } from './node-source.js';

/** A longer one on a route that is only passed through is not kept, so it streams through once. */
const KEPT_BYTES = 1024 * 1024;

const IDLE_MS = 60_000;

const tooLong = (limitBytes: number): Failure =>
  clientError(413, `The request is longer than ${limitBytes} bytes. Raise server.body_limit.`);

const collect = async (source: Source, limitBytes: number, account: Account): Promise<E.Either<Failure, Body>> => {
  const refuse = (failure: Failure) => {
    source.abandon(failure);
    return E.left(failure);
  };
  const body = gathered();
  for (;;) {
    const chunk = await source.next();
    if (E.isLeft(chunk)) return chunk;
    if (O.isNone(chunk.right)) return E.right(bytes(body.whole()));
    const piece = chunk.right.value;
    if (body.byteLength() + piece.length > limitBytes) return refuse(tooLong(limitBytes));
    if (!account.take(piece.length)) return refuse(NO_MEMORY);
    body.add(piece);
  }
};

/** The length that the request declares; none where it is chunked. */
const declaredLength = (request: IncomingMessage): O.Option<number> => {
  const field = request.headers['content-length'];
  return field === undefined ? O.none : O.some(Number(field));
};

/** Whether a request declares more than it may send, so that it need not be asked to go on. */
export const declaresTooMuch = (request: IncomingMessage, { bodyLimitBytes }: ServerSettings): O.Option<Failure> => {
  const length = declaredLength(request);
  return O.isSome(length) && length.value > bodyLimitBytes ? O.some(tooLong(bodyLimitBytes)) : O.none;
};

/** The whole body, or its source where it is too long to be kept. `path` is tidy. */
export const clientBody = async (
  request: IncomingMessage,
  path: string,
  settings: ServerSettings,
  account: Account,
  signal: AbortSignal,
): Promise<E.Either<Failure, Body>> => {
  if (signal.aborted) return E.left(causeOf(signal));
  const source = sourceOf(request, {
    idleMs: IDLE_MS,
    explain: () => ({ _tag: 'ClientGone' }),
    // A client that sends all before it reads would otherwise never come to read why it was refused.
    stop: () => request.resume(),
  });
  const length = declaredLength(request);
  if (routed(path, {}).operation === 'other' && O.isSome(length) && length.value > KEPT_BYTES) {
    return E.right(held(source, length));
  }
  const leave = () => source.abandon(causeOf(signal));
  signal.addEventListener('abort', leave);
  const collected = await collect(source, settings.bodyLimitBytes, account);
  signal.removeEventListener('abort', leave);
  return E.mapLeft((failure: Failure) =>
    failure._tag === 'TimedOut' ? clientError(408, 'The request was not sent in time.') : failure,
  )(collected);
};
