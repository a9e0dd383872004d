/** How much the proxy takes on at once: connections, by the files that it may open, and requests. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Failure, Limit } from '../core/failure.js';
import type { ServerSettings } from '../core/settings.js';
import { now } from './clock.js';

/** The connections that clients may take, so that a descriptor is left for what must go on. */
export interface Shares {
  /** Connections of clients that are served. */
  readonly connections: number;
  /** Connections beside them, each of which gets a reply that there are too many. */
  readonly turnedAway: number;
}

/** A client's, the upstream's, and, where the demo is the upstream, its other end. */
const EACH = 3;

/** For what is opened for a moment: names that are looked up, files. */
const SPARE = 8;

/** That reply takes no time: more are not needed, whatever there is. */
const MOST_TURNED_AWAY = 64;

/** At least one is served, however little there is. */
export const sharesOf = (limit: number, taken: number): Shares => {
  const free = Math.max(0, limit - taken - SPARE);
  const turnedAway = Math.min(MOST_TURNED_AWAY, Math.max(1, Math.floor(free / 8)));
  return { connections: Math.max(1, Math.floor((free - turnedAway) / EACH)), turnedAway };
};

const counted = <A>(read: () => A, otherwise: A): A => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};

/** Infinite where the system does not tell it in this file. */
export const openFilesLimit = (file = '/proc/self/limits'): number =>
  counted(
    () => Number(/^Max open files +(\d+)/m.exec(readFileSync(file, 'latin1'))?.[1] ?? Number.POSITIVE_INFINITY),
    Number.POSITIVE_INFINITY,
  );

/** Zero where the system does not tell it in this folder. */
export const openFiles = (folder = '/proc/self/fd'): number => counted(() => readdirSync(folder).length, 0);

/** How long the limit is taken to be as it was. */
const FRESH_MS = 1000;

/** The shares as the limit is now: it can be set while the process runs. What is open by now is not the clients'. */
export const descriptors = (limitNow: () => number = openFilesLimit): (() => Shares) => {
  const taken = openFiles();
  let readAt = Number.NEGATIVE_INFINITY;
  let shares = sharesOf(Number.POSITIVE_INFINITY, taken);
  return () => {
    if (now() - readAt < FRESH_MS) return shares;
    readAt = now();
    shares = sharesOf(limitNow(), taken);
    return shares;
  };
};

const RETRY_AFTER_MS = 1000;

const shed = (limit: Limit): Failure => ({ _tag: 'Shedding', limit, retryAfterMs: RETRY_AFTER_MS });

export interface Admission {
  /** Counts a connection. A failure where there are too many: it is answered with that and nothing else. */
  readonly connect: (socket: Socket, closeIdle: () => void) => O.Option<Failure>;
  readonly isTurnedAway: (socket: Socket) => boolean;
  /** Counts a request that may be let in: `A` goes on with it. */
  readonly enter: <A>(given: A, limits: Pick<ServerSettings, 'maxInFlight'>) => E.Either<Failure, A>;
  /** One that was let in has ended. */
  readonly leave: () => void;
}

/** Connections that lie idle are closed once there is only so much of the share left. */
const NEARLY = 0.75;

export const admission = (shares: () => Shares = descriptors()): Admission => {
  const served = new Set<Socket>();
  /** The oldest first. */
  const turnedAway = new Set<Socket>();
  let inFlight = 0;
  return {
    connect: (socket, closeIdle) => {
      const { connections, turnedAway: most } = shares();
      const isServed = served.size < connections;
      const group = isServed ? served : turnedAway;
      group.add(socket);
      socket.once('close', () => group.delete(socket));
      if (served.size > connections * NEARLY) closeIdle();
      if (isServed) return O.none;
      // It was answered when it came.
      const [oldest] = turnedAway;
      if (turnedAway.size > most) oldest?.destroy();
      return O.some(shed('open files'));
    },
    isTurnedAway: (socket) => turnedAway.has(socket),
    enter: (given, { maxInFlight }) => {
      // One connection may bring many requests, each of which needs one to the upstream.
      const limit: Limit = inFlight < maxInFlight ? 'open files' : 'server.max_in_flight';
      if (inFlight >= Math.min(maxInFlight, shares().connections)) return E.left(shed(limit));
      inFlight += 1;
      return E.right(given);
    },
    leave: () => {
      inFlight -= 1;
    },
  };
};
