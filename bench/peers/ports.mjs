/** Where other proxies listen, and when they do. */
import { connect, createServer } from 'node:net';

export const HOST = '127.0.0.1';

const START_MS = 10_000;
const POLL_MS = 50;

export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const isUp = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

/** Once it listens. Rejects where it ends, or does not listen in time. */
export const started = async (child, port, limitMs = START_MS) => {
  for (const end = Date.now() + limitMs; Date.now() < end && !child.hasEnded(); ) {
    if (await isUp(port)) return { url: `http://${HOST}:${port}`, end: child.end };
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`a proxy did not start:\n${child.said()}`);
};
