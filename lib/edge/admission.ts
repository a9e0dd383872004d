/** How much the proxy takes on at once: connections, by the files that it may open, and requests. */
import type { Socket } from 'node:net';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Failure, Limit } from '../core/failure.js';
import type { ServerSettings } from '../core/settings.js';
import { descriptors, type Shares } from './descriptors.js';

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
