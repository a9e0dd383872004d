/** Pools of kept connections, one a target, so that no connection, TLS session or name check is shared between two. */
import { Agent as HttpAgent } from 'node:http';
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

/** Bytes that come while nothing was asked would be taken for the reply to the next request. */
const destroyOnBytes = function (this: Socket) {
  this.destroy();
};

/** A pool for a target's origin. Connections that lie idle in it are watched, and destroyed when the upstream speaks unasked. */
export const agentFor = (origin: string): HttpAgent => {
  const agent = origin.startsWith('https:') ? new HttpsAgent(OPTIONS) : new HttpAgent(OPTIONS);
  agent.on('free', (socket: Socket) => socket.on('data', destroyOnBytes));
  return agent;
};

/** Ends the watch, for a connection that is used again. */
export const takeFromPool = (socket: Socket): void => {
  socket.off('data', destroyOnBytes);
};
