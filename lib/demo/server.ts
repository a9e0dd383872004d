/** The demo upstream: speaks OpenAI's and Anthropic's APIs, and misbehaves on demand. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { recorder, type SeenAttempt } from './attempts.js';
import { faults, type ListenerName } from './catalogue.js';
import { authority } from './certificate.js';
import { serve } from './connection.js';
import type { Ground } from './faults/listeners.js';
import { inspection } from './inspection.js';
import type { WireRequest } from './request.js';
import { router, type Says } from './route.js';
import type { Script } from './script.js';
import { origin } from './wire.js';

export interface DemoOptions {
  /** 0, the default: any free one. */
  readonly port?: number;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** Between two chunks of a stream; 5 by default. */
  readonly chunkDelayMs?: number;
  readonly says?: Says;
}

export interface Stats {
  /** Connections taken so far. */
  readonly connections: number;
  /** The number of them that are open. */
  readonly open: number;
  /** Requests answered so far. */
  readonly attempts: number;
}

export interface Demo {
  /** Without a slash at the end. */
  readonly url: string;
  /** The latest requests with this id, or all: oldest first. `GET /demo/attempts?id=` gives the same. */
  readonly attempts: (id?: string) => readonly SeenAttempt[];
  readonly stats: () => Stats;
  /** Gives a URL that shows the fault until the demo is closed. */
  readonly show: (name: ListenerName) => Promise<string>;
  /** PEM: who trusts it sees that an expired or wrongly named certificate is just that. */
  readonly certificateAuthority: string;
  /** Stops listening and cuts all connections. */
  readonly close: () => Promise<void>;
}

const MEMORY = { attempts: 5000, bodyBytes: 64 * 1024 * 1024 };
const DEFAULT_CHUNK_DELAY_MS = 5;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/** Ignores the errors of connections and handshakes: the client reports those itself. */
const ignore = (): void => {};

/** Rejects with the system's error where it cannot listen. */
export const startDemo = async (options: DemoOptions = {}): Promise<Demo> => {
  const { host = '127.0.0.1', chunkDelayMs = DEFAULT_CHUNK_DELAY_MS, says = () => undefined } = options;
  const memory = recorder(MEMORY);
  const inspect = inspection(memory.attempts);
  const route = router(chunkDelayMs, says);
  const sockets = new Set<Socket>();
  const servers = new Set<Server>();
  let connections = 0;
  let open = 0;

  const accept = (socket: Socket): void => {
    connections += 1;
    const connection = connections;
    const answer = (request: WireRequest): Script => {
      const own = inspect(request.path);
      if (own !== undefined) return own;
      const { id, played, script } = route(request);
      memory.record({ ...request, id, played, at: performance.now(), connection });
      return script;
    };
    open += 1;
    serve(socket, {
      answer,
      onClose: (how) => {
        open -= 1;
        memory.close(connection, performance.now(), how);
      },
    });
  };

  const listen = async (server: Server, at = 0): Promise<number> => {
    // For TLS these are the sockets below; what is served is wrapped around them.
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.listen(at, host);
    await once(server, 'listening');
    server.on('error', ignore);
    server.on('tlsClientError', ignore);
    servers.add(server);
    return (server.address() as AddressInfo).port;
  };
  const close = async (server: Server): Promise<void> => {
    servers.delete(server);
    server.close();
    await once(server, 'close');
  };

  const port = await listen(createServer(accept), options.port);
  const issuer = authority({
    name: 'Demo authority',
    from: new Date(Date.now() - DAY_MS),
    until: new Date(Date.now() + YEAR_MS),
  });
  const ground: Ground = { host, port, authority: issuer, listen, serve: accept };
  return {
    url: origin('http', host, port),
    attempts: memory.attempts,
    stats: () => ({ connections, open, attempts: memory.total() }),
    show: (name) => faults[name].open(ground),
    certificateAuthority: issuer.cert,
    close: async () => {
      const closed = [...servers].map(close);
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
};
