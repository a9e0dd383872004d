/** Calls a hook of a stage, which is trusted code that may have bugs: it may throw, reject, hang or give nonsense. */
import * as E from 'fp-ts/lib/Either.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Hooks } from '../core/custom-stage.js';
import type { Decoded } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { isObject } from '../core/well-formed.js';
import { fault, threw } from './fault.js';
import { type Placed, stateOf } from './memory.js';

/** The hooks that may answer later. */
export type CalledHook = Exclude<keyof Hooks, 'state' | 'needs' | 'text' | 'json'>;

export interface HookDeps {
  /** Ends early, with `ClientGone`, when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => TE.TaskEither<Failure, void>;
}

/** Now, or later. */
export type Soon<A> = A | Promise<A>;

/** The first that comes: the answer of a stage, the end of its time, or the client's leaving. */
const inTime = async (
  deps: HookDeps,
  e: Decoded,
  stage: Placed,
  hook: CalledHook,
  pending: PromiseLike<unknown>,
): Promise<E.Either<Failure, unknown>> => {
  const timer = new AbortController();
  // After the last byte the signal of the request is aborted.
  const signal = hook === 'finished' ? timer.signal : AbortSignal.any([e.signal, timer.signal]);
  const slept = deps.sleep(stage.timeoutMs, signal)();
  const late = slept.then((ended) =>
    E.isLeft(ended) ? ended : fault(stage, hook, `did not answer in ${stage.timeoutMs / 1000} s`),
  );
  try {
    return await Promise.race([Promise.resolve(pending).then((given) => E.right(given)), late]);
  } finally {
    timer.abort();
  }
};

const isPending = (given: unknown): given is PromiseLike<unknown> | (() => PromiseLike<unknown>) =>
  typeof given === 'function' || (isObject(given) && typeof given.then === 'function');

/** The answer of a stage, read; at once where it is given at once, so that such a stage costs next to nothing. */
export const call = <A extends Decoded, B>(
  deps: HookDeps,
  stage: Placed,
  hook: CalledHook,
  e: A,
  read: (stage: Placed, e: A, given: unknown) => E.Either<Failure, B>,
): Soon<E.Either<Failure, B>> => {
  try {
    // The types of each hook are checked where a stage is written: here one function calls them all.
    const given = (stage.hooks[hook] as (e: A, state: unknown) => unknown)(e, stateOf(e, stage));
    if (!isPending(given)) return read(stage, e, given);
    return inTime(deps, e, stage, hook, typeof given === 'function' ? given() : given)
      .then((settled) => (E.isLeft(settled) ? settled : read(stage, e, settled.right)))
      .catch((error) => threw(stage, hook, error));
  } catch (error) {
    return threw(stage, hook, error);
  }
};
