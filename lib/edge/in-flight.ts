/** Requests that are in flight or wait for their turn on a connection, and how they are ended before their time. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { shuttingDown } from '../core/failure.js';

/**
 * Of the requests that a client sends on one connection without waiting for replies, so many are worked on at once. More is
 * no client that waits for replies, and each may cost a connection to the upstream.
 */
const AT_ONCE = 16;

export interface Turns {
  /** Starts it now, or when one before it on its connection has ended. `start` settles at its end and never rejects. */
  readonly take: (socket: Socket, start: () => Promise<void>) => Promise<void>;
}

interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

/** Node reads on whenever it wants more of a body that it has parsed already. */
const pauseAgain = function (this: Socket) {
  this.pause();
};

export const turns = (): Turns => {
  const lines = new WeakMap<Socket, Line>();
  return {
    take: (socket, start) => {
      const line = lines.get(socket) ?? { running: 0, waiting: [] };
      lines.set(socket, line);
      const run = (): Promise<void> => {
        line.running += 1;
        return start().finally(() => {
          line.running -= 1;
          const next = line.waiting.shift();
          if (next === undefined) return;
          next();
          if (line.waiting.length > 0) return;
          socket.off('resume', pauseAgain);
          socket.resume();
        });
      };
      if (line.running < AT_ONCE) return run();
      if (line.waiting.length === 0) {
        socket.on('resume', pauseAgain);
        socket.pause();
      }
      return new Promise((resolve) => {
        line.waiting.push(() => resolve(run()));
      });
    },
  };
};

export interface RequestInFlight {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Settles once its end is told; never rejects. */
  readonly done: Promise<void>;
}

/** The signals that cut a request short. */
export interface Signals {
  /** Nobody waits for it any longer, or the proxy shuts down. Aborted at its end too: what was not read ends then. */
  readonly work: AbortSignal;
  /** Nobody reads what is written. */
  readonly reader: AbortSignal;
}

export interface RequestsInFlight {
  readonly begin: (
    request: IncomingMessage,
    response: ServerResponse,
    run: (signals: Signals) => Promise<void>,
  ) => void;
  /** Those that came on this connection, in their order. */
  readonly on: (socket: Duplex) => readonly RequestInFlight[];
  readonly size: () => number;
  /** Settles once there are none, also of those that came meanwhile. */
  readonly idle: () => Promise<void>;
  /** Their connection has closed. */
  readonly leave: (socket: Duplex) => void;
  /** Ends the work on all of them, and on those to come: a request without a reply gets a failure. */
  readonly shutDown: () => void;
  /** Gives up the readers that have not read it. */
  readonly abandonReaders: () => void;
}

interface Controlled extends RequestInFlight {
  readonly work: AbortController;
  readonly reader: AbortController;
}

export const requestsInFlight = (): RequestsInFlight => {
  const inFlight = new Set<Controlled>();
  const on = (socket: Duplex) => [...inFlight].filter(({ request }) => request.socket === socket);
  const waits = turns();
  let isShutDown = false;
  return {
    begin: (request, response, run) => {
      const [work, reader] = [new AbortController(), new AbortController()];
      if (isShutDown) work.abort(shuttingDown);
      const signals = { work: work.signal, reader: reader.signal };
      const done = waits
        .take(request.socket, () => run(signals))
        .finally(() => {
          work.abort();
          inFlight.delete(entry);
        });
      const entry = { request, response, work, reader, done };
      inFlight.add(entry);
    },
    on,
    size: () => inFlight.size,
    idle: async () => {
      while (inFlight.size > 0) await Promise.all([...inFlight].map(({ done }) => done));
    },
    leave: (socket) => {
      for (const { work, reader } of on(socket)) {
        work.abort();
        reader.abort();
      }
    },
    shutDown: () => {
      isShutDown = true;
      for (const { work } of inFlight) work.abort(shuttingDown);
    },
    abandonReaders: () => {
      for (const { reader } of inFlight) reader.abort(shuttingDown);
    },
  };
};
