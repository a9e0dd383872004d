/** Writes a reply to the client, to an end that its reader can see. */
import type { ServerResponse } from 'node:http';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Delivered } from '../core/event.js';
import type { Held, Reply } from '../core/exchange.js';
import { causeOf } from '../core/failure.js';
import { bodySource } from '../stream/resume.js';
import { redeem } from '../stream/tickets.js';
import { watchReader } from './readers.js';

/** Who is to read a reply. */
export interface Reader {
  /** A response that waits behind another on its connection never closes by itself: this tells that nobody reads. */
  readonly signal: AbortSignal;
  /** How long not one byte may be taken of what was written. */
  readonly writeTimeoutMs: number;
}

const until = (event: 'drain' | 'finish', response: ServerResponse, reader: Reader): Promise<void> =>
  new Promise((resolve) => {
    const { signal, writeTimeoutMs } = reader;
    const unwatch = watchReader(response, writeTimeoutMs, () => reset(response));
    const done = () => {
      unwatch();
      response.off(event, done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.once(event, done);
    signal.addEventListener('abort', done);
    if (signal.aborted || response.writableFinished) done();
  });

/** Cuts a reply short. A plain close would pass for its end where the connection is all that ends it. */
export const reset = (response: ServerResponse): void => {
  // Without a socket it waits for others, which are not to be cut. (Node 24 forgets one that was destroyed meanwhile.)
  if (response.socket === null) response.once('socket', (socket) => socket.destroy());
  else response.socket.resetAndDestroy();
};

const writeHead = (response: ServerResponse, { status, reasonPhrase, headers }: Reply, length: O.Option<number>) => {
  for (const [name, field] of Object.entries(headers)) response.setHeader(name, field);
  if (O.isSome(length)) response.setHeader('content-length', length.value);
  if (reasonPhrase === undefined) response.writeHead(status);
  else response.writeHead(status, reasonPhrase);
};

/** Moves a body as fast as its reader takes it. A failure is told in the stream where that can be, else by a reset. */
const pump = async (response: ServerResponse, body: Held, reader: Reader): Promise<Delivered> => {
  const source = bodySource(body);
  if (body.prefix.length === 0) response.flushHeaders();
  for (;;) {
    const chunk = await source.next();
    if (E.isLeft(chunk)) {
      if (O.isSome(body.errorTail)) response.end(body.errorTail.value(chunk.left));
      else reset(response);
      return { cut: O.some(chunk.left), attempts: source.attempts() };
    }
    if (O.isNone(chunk.right)) {
      response.end();
      return { cut: O.none, attempts: source.attempts() };
    }
    if (!response.write(chunk.right.value)) await until('drain', response, reader);
  }
};

const UNCUT: Delivered = { cut: O.none, attempts: [] };

/** Ends a reply that can have no body. One that has some all the same is a stream that a stage gave another status. */
const leaveOut = async (response: ServerResponse, { ticket }: Held, reader: Reader): Promise<Delivered> => {
  response.end();
  const source = redeem(ticket);
  // Where nothing is to come, its end is read meanwhile, and its connection can serve again.
  source.next();
  await until('finish', response, reader);
  source.abandon({ _tag: 'ClientGone' });
  return UNCUT;
};

/** What came of a reply. Settles once the last byte is out, or nobody reads. */
export const writeResponse = async (response: ServerResponse, reply: Reply, reader: Reader): Promise<Delivered> => {
  const { body } = reply;
  const isBodiless = reply.status === 204 || reply.status === 304;
  const length = body._tag === 'Bytes' ? O.some(body.bytes.length) : body.length;
  writeHead(response, reply, isBodiless ? O.none : length);
  const send = isBodiless ? leaveOut : pump;
  const delivered = body._tag === 'Bytes' ? UNCUT : await send(response, body, reader);
  if (body._tag === 'Bytes') response.end(body.bytes);
  await until('finish', response, reader);
  const isUnread = O.isNone(delivered.cut) && !response.writableFinished;
  return isUnread ? { ...delivered, cut: O.some(causeOf(reader.signal)) } : delivered;
};
