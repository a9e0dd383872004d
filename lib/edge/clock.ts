/** Time and dice: only the edge may touch them. */
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import * as E from 'fp-ts/lib/Either.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Clock } from '../core/clock.js';
import { causeOf, type Simple } from '../core/failure.js';
import type { InTurns } from '../core/steps.js';

/** Monotonic milliseconds: a clock that is set back or forth does not touch it. */
export const now = (): number => performance.now();

/** Milliseconds since 1970. */
export const wallClock = (): number => Date.now();

/** Uniform in [0, 1). */
export const random = (): number => Math.random();

export const freshId = (): string => randomUUID();

/** The value that is awaited, or undefined where it takes longer. */
export const within = async <A>(ms: number, pending: Promise<A>): Promise<A | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  const first = await Promise.race([pending, late]);
  clearTimeout(timer);
  return first;
};

/** The longest time without a pause for the steps of one request. */
const TURN_MS = 10;

const inTurns: InTurns = async (steps) => {
  let since = now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (now() - since < TURN_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    since = now();
  }
};

/** Acts after so many milliseconds, unless the process has ended by then: it is not kept alive for that. */
export const later = (ms: number, act: () => void): void => {
  setTimeout(act, ms).unref();
};

/** The part of it that streams need. */
export const clock: Clock = {
  now,
  within,
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, act) => {
    const timer = setInterval(act, ms);
    return () => clearInterval(timer);
  },
  inTurns,
};

/** Waits so many milliseconds; ends at once, with the cause, when the signal is aborted. */
export const sleep =
  (ms: number, signal: AbortSignal): TE.TaskEither<Simple, void> =>
  () =>
    new Promise((resolve) => {
      const end = (result: E.Either<Simple, void>) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
        resolve(result);
      };
      const leave = () => end(E.left(causeOf(signal)));
      const timer = setTimeout(end, ms, E.right(undefined));
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave);
    });
