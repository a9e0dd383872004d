/** Sockets by hand: send these bytes, split there, read, half-close, reset. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** @typedef {ReturnType<typeof peerOf>} Peer */

/** @param {import('node:net').Socket} socket */
const peerOf = (socket) => {
  let text = '';
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  socket.setNoDelay(true);
  socket.on('error', over).on('end', over).on('close', over);
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  return {
    socket,
    text: () => text,
    isOver: () => isOver,
    /** Forgets what came, but for this. */
    clear: (rest = '') => {
      text = rest;
    },
    send: (bytes) => socket.write(bytes, 'latin1'),
    /** In two segments. */
    split: async (bytes, at) => {
      socket.write(bytes.slice(0, at), 'latin1');
      await pause(2);
      socket.write(bytes.slice(at), 'latin1');
    },
    halfClose: () => socket.end(),
    reset: () => socket.resetAndDestroy(),
    /** Whether it came true of what was read, in the time; false too where the connection ended before. */
    until: async (holds, limitMs = 5000) => {
      for (const end = Date.now() + limitMs; !holds(text, isOver); ) {
        if (isOver || Date.now() > end) return holds(text, isOver);
        const [timer, some] = [new AbortController(), ['data', 'end', 'close']];
        setTimeout(() => timer.abort(), Math.max(1, end - Date.now())).unref();
        await Promise.race(some.map((event) => once(socket, event, { signal: timer.signal }))).catch(() => {});
        timer.abort();
      }
      return true;
    },
  };
};

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {number} port @returns {Promise<Peer>} */
export const dial = async (port) => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const peer = peerOf(socket);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
  return peer;
};

/** A listener that does to each connection what it is told, and keeps what it saw of each. */
export const listen = async (onConnection) => {
  const peers = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = peerOf(socket);
    peers.push(peer);
    Promise.resolve(onConnection(peer, peers.length - 1)).catch(() => socket.destroy());
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 2048 });
  await once(server, 'listening');
  return {
    port: server.address().port,
    peers,
    close: () => {
      for (const { socket } of peers) socket.destroy();
      server.close();
    },
  };
};
