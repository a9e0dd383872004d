/** Stands before an upstream and cuts what it says wherever a spec wants it cut; ends and resets go through as they are. */
import { connect, createServer, type Socket } from 'node:net';
import { listen } from './listen.js';
import { pause } from './proxy.js';

/** Of each piece that comes: the rest of it goes on whole, so that long replies take no longer than short ones. */
const MOST_CUTS = 64;

/** A reset overtakes bytes that were not read yet. */
const SETTLE_MS = 20;

export interface Relay {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Cuts into pieces of these lengths, over and over. */
const cutter = (sizes: readonly number[]): ((bytes: Buffer) => readonly Buffer[]) => {
  let turn = 0;
  return (bytes) => {
    if (sizes.length === 0) return [bytes];
    const cut: Buffer[] = [];
    let at = 0;
    while (at < bytes.length && cut.length < MOST_CUTS) {
      const size = sizes[turn++ % sizes.length] as number;
      cut.push(bytes.subarray(at, at + size));
      at += size;
    }
    return at < bytes.length ? [...cut, bytes.subarray(at)] : cut;
  };
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const join = (client: Socket, upstream: Socket, splitOf: (heard: string) => readonly number[] | undefined): void => {
  let heard = '';
  let cut = cutter([]);
  let turn = Promise.resolve();
  const inTurn = (act: () => unknown): void => {
    turn = turn.then(async () => void (await act()));
  };
  client.on('data', (bytes) => {
    heard = (heard + bytes.toString('latin1')).slice(-16_384);
    const sizes = splitOf(heard);
    if (sizes !== undefined) {
      cut = cutter(sizes);
      heard = '';
    }
    upstream.write(bytes);
  });
  client.on('end', () => upstream.end());
  client.on('error', () => upstream.resetAndDestroy());
  client.on('close', () => upstream.destroy());
  upstream.on('data', (bytes) =>
    inTurn(async () => {
      for (const piece of cut(bytes)) {
        client.write(piece);
        await nextTurn();
      }
    }),
  );
  upstream.on('end', () => inTurn(() => client.end()));
  upstream.on('error', () =>
    inTurn(async () => {
      await pause(SETTLE_MS);
      client.resetAndDestroy();
    }),
  );
};

/** `splitOf`: the lengths of the pieces, told by what a client said since they were last told. */
export const startRelay = async (
  port: number,
  splitOf: (heard: string) => readonly number[] | undefined,
): Promise<Relay> => {
  const sockets = new Set<Socket>();
  const kept = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    join(kept(client), kept(upstream), splitOf);
  });
  const { url, close } = await listen(server);
  return {
    url,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await close();
    },
  };
};
