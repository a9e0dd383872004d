/** Pools of kept connections, one a target, so that no connection, TLS session or name check is shared between two. */
import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';

const OPTIONS = {
  keepAlive: true,
  scheduling: 'lifo',
  noDelay: true,
  /** A little less than the five seconds after which common servers close a connection that lies idle. */
  timeout: 4000,
  /** Node gives an address 250 ms before it tries the next one: too little for a phone on a slow network. */
  autoSelectFamilyAttemptTimeout: 2000,
  /** A resumed TLS session would skip the checks of the certificate. */
  maxCachedSessions: 0,
} as const;

/**
 * How long a connection is watched behind a reply before it serves again. What comes in that time, unasked, would else be
 * taken for the reply to the next request. A request that comes sooner gets another connection.
 */
const WATCH_MS = 50;

/** One use of a connection. */
export interface Use {
  /** The reply that it carries; `undefined` once it was given up, so that what still comes says nothing. */
  readonly carries: (reply: IncomingMessage | undefined) => void;
}

export interface Pool {
  /** For the next request. */
  readonly agent: () => HttpAgent;
  /** Begins a use. `onSurplus` is called at bytes that belong to no reply: once, for whichever connection had them first. */
  readonly use: (socket: Socket, onSurplus: () => void) => Use;
  /** Destroys all connections. */
  readonly close: () => void;
}

/** The state of a connection. */
interface Line {
  reply: IncomingMessage | undefined;
  /** The reply is whole, so that no more bytes belong to it. */
  isWhole: boolean;
  /** How many bytes had come when its use ended. */
  bytesRead: number;
  onSurplus: () => void;
  readonly onData: () => void;
}

const ignore = () => {};

/** Those of a target's origin. Once an upstream has sent bytes for which nobody asked, each connection is used once. */
export const poolFor = (origin: string): Pool => {
  const Agent = origin.startsWith('https:') ? HttpsAgent : HttpAgent;
  const keeping = new Agent(OPTIONS);
  const closing = new Agent({ ...OPTIONS, keepAlive: false });
  const lines = new WeakMap<Socket, Line>();
  const unused = new Set<Socket>();
  let isTrusted = true;

  const surplus = (socket: Socket, line: Line) => {
    socket.destroy();
    if (!isTrusted) return;
    isTrusted = false;
    for (const other of unused) other.destroy();
    line.onSurplus();
  };

  const lineOf = (socket: Socket): Line => {
    const known = lines.get(socket);
    if (known !== undefined) return known;
    const line: Line = {
      reply: undefined,
      isWhole: false,
      bytesRead: 0,
      onSurplus: ignore,
      onData: () => {
        const wasWhole = line.isWhole;
        line.isWhole ||= line.reply?.complete === true;
        // Node destroys the connection of a reply that is whole where more stands behind it in the same bytes.
        if (wasWhole || (line.isWhole && socket.destroyed)) surplus(socket, line);
      },
    };
    lines.set(socket, line);
    socket.once('close', () => {
      // Since 22.23 Node itself destroys a connection at bytes that come while it is unused, and tells nobody.
      if (unused.delete(socket) && socket.bytesRead > line.bytesRead) surplus(socket, line);
    });
    return line;
  };

  const keepers = keeping.listeners('free');
  keeping.removeAllListeners('free');
  keeping.on('free', (socket: Socket, options: unknown) => {
    if (!isTrusted) return socket.destroy();
    unused.add(socket);
    lineOf(socket).bytesRead = socket.bytesRead;
    socket.on('error', ignore);
    const keep = () => {
      for (const keeper of keepers) Reflect.apply(keeper, keeping, [socket, options]);
      socket.off('error', ignore);
    };
    // Timers run before what has come meanwhile is read, and immediates behind it.
    setTimeout(setImmediate, WATCH_MS, keep).unref();
  });

  return {
    agent: () => (isTrusted ? keeping : closing),
    use: (socket, onSurplus) => {
      const line = lineOf(socket);
      unused.delete(socket);
      Object.assign(line, { reply: undefined, isWhole: false, onSurplus });
      // Always behind Node's own listener, which is a new one for each use.
      socket.off('data', line.onData);
      socket.on('data', line.onData);
      return {
        carries: (reply) => {
          line.reply = reply;
        },
      };
    },
    close: () => {
      keeping.destroy();
      closing.destroy();
    },
  };
};
