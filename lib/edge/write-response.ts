/** Writes a reply to the client, to an end that its reader can see, and gives up a reader that reads nothing. */
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { sourceOfBody } from '../core/body-layers.js';
import type { Held, Reply } from '../core/exchange.js';
import { causeOf } from '../core/failure.js';
import { type Delivered, deliveredBy, UNCUT } from '../core/source.js';
import { now } from './clock.js';

/** How often it is looked whether a reader has read, in the time that it has for it. */
const LOOKS = 8;

interface Waiting {
  readonly response: ServerResponse;
  readonly giveUp: () => void;
  /** How much was still to be read when it was looked last. */
  rest: string;
  /** When that was last seen to be something else. */
  changedAt: number;
}

/** Where Linux tells of each connection how much of what was written the other side has not taken. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/** A connection in such a table: addresses and ports in hexadecimal, the state, bytes to be taken and to be read. */
const CONNECTION = /^ *\d+: \w+:(\w{4}) \w+:(\w{4}) \w\w (\w+):(\w+)/gm;

/** By the ports of both ends. */
type Tables = ReadonlyMap<string, { readonly toTake: string | undefined; readonly toRead: string | undefined }>;

/**
 * The bytes that are to be taken and to be read. Without it a slow reader would look like none for a while: the system takes more of
 * what is written only once about a megabyte of what it has was read.
 */
export const readTables = async (files: readonly string[] = TABLES): Promise<Tables> => {
  const texts = await Promise.all(files.map((file) => readFile(file, 'latin1').catch(() => '')));
  return new Map(
    texts.flatMap((text) =>
      [...text.matchAll(CONNECTION)].map(
        ([, from, to, toTake, toRead]) => [`${from} ${to}`, { toTake, toRead }] as const,
      ),
    ),
  );
};

const hex = (port: number | undefined): string => Number(port).toString(16).toUpperCase().padStart(4, '0');

/** Node's own time-out of sockets looks at it too, but names it nowhere. */
const queued = (socket: Socket): number | undefined =>
  (socket as { readonly _handle?: { readonly writeQueueSize?: number } })._handle?.writeQueueSize;

const restOf = (socket: Socket, tables: Tables): string => {
  const [here, there] = [hex(socket.localPort), hex(socket.remotePort)];
  // On one machine the other end stands in the table too.
  return [
    socket.writableLength,
    queued(socket),
    tables.get(`${here} ${there}`)?.toTake,
    tables.get(`${there} ${here}`)?.toRead,
  ].join(' ');
};

const look = async (waiting: ReadonlySet<Waiting>, limitMs: number): Promise<void> => {
  const tables = await readTables();
  for (const one of waiting) {
    const { socket } = one.response;
    // One that waits behind another on its connection has nothing to read yet.
    const rest = socket === null ? 'none yet' : restOf(socket, tables);
    if (rest !== one.rest || socket === null) {
      one.rest = rest;
      one.changedAt = now();
    } else if (now() - one.changedAt >= limitMs) {
      one.giveUp();
    }
  }
};

/** By how long they may take. */
const waitingFor = new Map<number, Set<Waiting>>();

const watchAll = (limitMs: number): Set<Waiting> => {
  const waiting = new Set<Waiting>();
  waitingFor.set(limitMs, waiting);
  const timer = setInterval(async () => {
    if (waiting.size > 0) return look(waiting, limitMs);
    clearInterval(timer);
    waitingFor.delete(limitMs);
  }, limitMs / LOOKS).unref();
  return waiting;
};

/** While the client is to read what was written: gives it up when it takes not one byte for so long. Returns the end of it. */
export const watchReader = (response: ServerResponse, limitMs: number, giveUp: () => void): (() => void) => {
  const waiting = waitingFor.get(limitMs) ?? watchAll(limitMs);
  const one = { response, giveUp, rest: '', changedAt: now() };
  waiting.add(one);
  return () => waiting.delete(one);
};

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

/** Moves a body as fast as its reader takes it. A failure that no layer has put into the stream ends it with a reset. */
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

/** Writes a reply, and tells what came of it. Settles once the last byte is out, or nobody reads. */
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
