/** The default model: it answers well, and fails now and then, so that there is something to see. */
import { createHash } from 'node:crypto';
import type { ReplyFaultName } from './catalogue.js';
import { counter } from './counter.js';
import { WELL } from './model-name.js';

/** The faults that one request after the other meets, over and over. */
const TURNS: readonly (ReplyFaultName | typeof WELL)[] = [
  'http-502-html',
  'retry-after-1',
  WELL,
  'reset-before-headers',
  WELL,
  'http-503',
  'reset-after-headers',
  WELL,
  WELL,
];

/** The most failures of one request before it is answered, however many others come in between. */
const MOST_IN_A_ROW = 2;

/** Bodies whose failures in a row are remembered. */
const REMEMBERED_BODIES = 10_000;

/** Gives the name of what a request with this body is answered with. */
export const defaultModel = (): ((body: Buffer) => string) => {
  const failures = counter(REMEMBERED_BODIES);
  let requests = 0;
  return (body) => {
    const key = createHash('sha256').update(body).digest('base64');
    const turn = TURNS[requests % TURNS.length] as (typeof TURNS)[number];
    requests += 1;
    if (turn === WELL || failures.count(key) >= MOST_IN_A_ROW) {
      failures.forget(key);
      return WELL;
    }
    failures.next(key);
    return turn;
  };
};
