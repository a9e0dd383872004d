/**
 * The mark by which the proxy knows a request of its own that comes back to it, through whatever stands between.
 *
 * Upstreams see it. So it stands in a field that many clients send, looks like the random id that is usual there, and is
 * another for each request: it tells neither what sent it nor that two requests are from the same place. Only the process
 * that made it can tell that it did, since the second half is a MAC of the first.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Try } from '../core/exchange.js';
import { type Headers, values } from '../core/headers.js';

const FIELD = 'x-correlation-id';
const HALF_BYTES = 8;
const MARK = /^[0-9a-f]{32}$/;

export interface LoopMark {
  /** The same try, with a new mark behind those that are there: each proxy of a longer loop needs its own. */
  readonly on: (attempt: Try) => Try;
  /** Whether a request with these fields was sent from here. */
  readonly isOn: (headers: Headers) => boolean;
}

export const loopMark = (): LoopMark => {
  const key = randomBytes(32);
  const macOf = (half: string): string =>
    createHmac('sha256', key)
      .update(half)
      .digest('hex')
      .slice(0, 2 * HALF_BYTES);
  const isOwn = (id: string): boolean =>
    MARK.test(id) && macOf(id.slice(0, 2 * HALF_BYTES)) === id.slice(2 * HALF_BYTES);
  return {
    on: (attempt) => {
      const half = randomBytes(HALF_BYTES).toString('hex');
      const { headers } = attempt.outgoing;
      // A line of its own: an id of the client's stays what it is.
      const marked: Headers = { ...headers, [FIELD]: [...values(headers, FIELD), half + macOf(half)] };
      return { ...attempt, outgoing: { ...attempt.outgoing, headers: marked } };
    },
    isOn: (headers) => values(headers, FIELD).some((line) => line.split(',').some((id) => isOwn(id.trim()))),
  };
};
