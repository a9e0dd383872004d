/** Clients that do not read what is written to them, and are given up after a while. A slow one that reads is not. */
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
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
 * What is to be taken and to be read. Without it a slow reader would look like none for a while: the system takes more of
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
