/** Writes a reply to the client, to an end that its reader can see. */
import type { ServerResponse } from 'node:http';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { sourceOfBody } from '../core/body-layers.js';
import type { Held, Reply } from '../core/exchange.js';
import { causeOf } from '../core/failure.js';
import { type Delivered, deliveredBy, UNCUT } from '../core/source.js';
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

/** Moves a body as fast as its reader takes it. A failure that no layer has told in the stream is told by a reset. */
const pump = async (response: ServerResponse, body: Held, reader: Reader): Promise<Delivered> => {
  const source = sourceOfBody(body);
  if (body.prefix.length === 0) response.flushHeaders();
  for (;;) {
    const chunk = await source.next();
    if (E.isLeft(chunk)) {
      reset(response);
      return { ...deliveredBy(source), cut: O.some(chunk.left) };
    }
    if (O.isNone(chunk.right)) {
      response.end();
      return deliveredBy(source);
    }
    if (!response.write(chunk.right.value)) await until('drain', response, reader);
  }
};

/** Ends a reply that can have no body. One that has some all the same is a stream that a stage gave another status. */
const leaveOut = async (response: ServerResponse, { source }: Held, reader: Reader): Promise<Delivered> => {
  response.end();
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
