/**
 * Requests that a client sends one behind the other on one connection, without waiting for replies. So many are worked on
 * at once; the rest waits, and what comes behind it is left unread in the socket.
 */
import type { Socket } from 'node:net';

/** More is no client that waits for replies, and each may cost a connection to the upstream. */
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
