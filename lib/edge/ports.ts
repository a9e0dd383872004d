/** Time and dice: what the rooms may not touch themselves. */
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import * as E from 'fp-ts/lib/Either.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Failure } from '../core/failure.js';

/** Monotonic milliseconds: a clock that is set back or forth does not touch it. */
export const now = (): number => performance.now();

/** Milliseconds since 1970. */
export const wallClock = (): number => Date.now();

/** Uniform in [0, 1). */
export const roll = (): number => Math.random();

export const freshId = (): string => randomUUID();

/** Waits so many milliseconds; ends at once, with `ClientGone`, when the signal is aborted. */
export const sleep =
  (ms: number, signal: AbortSignal): TE.TaskEither<Failure, void> =>
  () =>
    new Promise((resolve) => {
      const end = (result: E.Either<Failure, void>) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
        resolve(result);
      };
      const leave = () => end(E.left({ _tag: 'ClientGone' }));
      const timer = setTimeout(end, ms, E.right(undefined));
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave);
    });
