/** Sockets by hand: send these bytes, split there, read, half-close, reset. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type Listening, listen } from './listen.js';

/** One end of a connection. */
export interface Peer {
  readonly socket: Socket;
  /** All that came so far. */
  readonly text: () => string;
  readonly bytes: () => Buffer;
  /** Resolves once what came contains this, or rejects when the connection closes first. */
  readonly until: (what: string | RegExp) => Promise<string>;
  readonly send: (what: string | Buffer) => void;
  /** Half-close: FIN. */
  readonly end: (what?: string | Buffer) => void;
  /** RST. */
  readonly reset: () => void;
  /** When the other side ended or reset the connection, by `performance.now`. */
  readonly closed: Promise<number>;
}

const peer = (socket: Socket): Peer => {
  const pieces: Buffer[] = [];
  let ended = false;
  socket.on('data', (piece) => pieces.push(piece));
  socket.on('error', () => {});
  const closed = new Promise<number>((resolve) => {
    const over = () => {
      ended = true;
      resolve(performance.now());
    };
    socket.once('end', over).once('close', over);
  });
  const bytes = () => Buffer.concat(pieces);
  const text = () => bytes().toString('latin1');
  return {
    socket,
    bytes,
    text,
    until: async (what) => {
      for (;;) {
        const so = text();
        if (typeof what === 'string' ? so.includes(what) : what.test(so)) return so;
        if (ended) throw new Error(`closed before ${what} came, after: ${so.slice(0, 500)}`);
        await Promise.race([once(socket, 'data').catch(() => {}), closed]);
      }
    },
    send: (what) => void socket.write(what),
    end: (what = '') => void socket.end(what),
    reset: () => void socket.resetAndDestroy(),
    closed,
  };
};

export interface RawServer extends Listening {
  /** Each connection so far, in order. */
  readonly peers: Peer[];
}

/** A server that does to each connection what it is told. */
export const rawServer = async (onConnection: (peer: Peer, index: number) => unknown): Promise<RawServer> => {
  const peers: Peer[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const one = peer(socket);
    peers.push(one);
    Promise.resolve(onConnection(one, peers.length - 1)).catch(() => socket.destroy());
  });
  const listening = await listen(server);
  return {
    ...listening,
    peers,
    close: async () => {
      for (const { socket } of peers) socket.destroy();
      await listening.close();
    },
  };
};

/** A connection to a server on this machine. */
export const rawClient = async (port: number): Promise<Peer> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  const one = peer(socket);
  await once(socket, 'connect');
  return one;
};

/** A whole reply with a length. */
export const reply = (body: string, head = '', status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${head}\r\n${body}`;

/** A port on which nothing listens. */
export const closedPort = async (): Promise<number> => {
  const server = await rawServer(() => {});
  await server.close();
  return server.port;
};
