/** Errors that nobody waits for: thrown in a timer, or in a promise that was forgotten. What holds then nobody knows. */
import { clean } from '../core/clean.js';
import { targetSecrets } from '../core/credentials.js';
import type { Target } from '../core/exchange.js';
import { type Cause, causeIn } from '../core/thrown.js';

/** Calls the listener with each such error of this process, until the function that it gives is called. */
export const onUncaughtErrors = (listener: (cause: Cause) => void): (() => void) => {
  const listen = (error: unknown) => listener(causeIn(error));
  process.on('unhandledRejection', listen).on('uncaughtException', listen);
  return () => {
    process.off('unhandledRejection', listen).off('uncaughtException', listen);
  };
};

/** The cause without the secrets of the target. */
export const withoutTarget = (target: Target, cause: Cause): Cause => ({
  ...cause,
  says: clean(cause.says, targetSecrets(target)),
});
