/** Servers of a spec, on any free port of this machine. */
import { once } from 'node:events';
import { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

export interface Listening {
  readonly port: number;
  readonly url: string;
  /** Closes all its HTTP connections too. May be called again. */
  readonly close: () => Promise<void>;
}

export const listen = async (server: Server, host = '127.0.0.1'): Promise<Listening> => {
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host}:${port}`,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      if (server instanceof HttpServer) server.closeAllConnections();
      await closed;
    },
  };
};
