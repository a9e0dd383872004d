/**
 * A client that has ended its side of the connection has gone, or only sends no more and waits for its reply: both look
 * the same. Who has gone answers the next bytes with a reset, so some are sent that every client of HTTP/1.1 skips.
 */
import type { Socket } from 'node:net';
import { later } from './clock.js';
import type { RequestsInFlight } from './in-flight.js';

/** The reset that the first bytes cause is seen when the next are written. Few: some clients take five for an attack. */
const ASK_AGAIN_MS = [20, 200, 1500] as const;

const askWhether = (
  socket: Socket,
  requestsInFlight: Pick<RequestsInFlight, 'on'>,
  waitsMs: readonly number[],
): void => {
  const [first] = requestsInFlight.on(socket);
  // Once its reply has begun, that tells.
  if (first === undefined || first.response.headersSent) return;
  first.response.writeContinue();
  const [waitMs, ...others] = waitsMs;
  if (waitMs !== undefined) later(waitMs, () => askWhether(socket, requestsInFlight, others));
};

/** Acts where a client has ended its side. Node leaves such a connection open only if it is asked to. */
export const halfClosed = (socket: Socket, requestsInFlight: Pick<RequestsInFlight, 'on'>): void => {
  const [first] = requestsInFlight.on(socket);
  // Where there is nothing to answer, or it came in part, Node ends the connection.
  if (first === undefined || !first.request.complete || first.response.writableEnded) return;
  // In the middle of a reply there are no such bytes, and HTTP/1.0 has none at all.
  if (first.response.headersSent || first.request.httpVersion === '1.0') socket.destroy();
  else askWhether(socket, requestsInFlight, ASK_AGAIN_MS);
};
