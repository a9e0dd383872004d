/** Errors that nobody waits for: thrown in a timer, or in a promise that was forgotten. What holds then nobody knows. */
import { detailsOf, type Thrown, thrown } from '../core/thrown.js';

/** An error that nobody waited for. */
export interface UncaughtError {
  /** Its kind and place, in words that hold nothing of a request. */
  readonly thrown: string;
  readonly error: Thrown;
}

/** Calls the listener with each such error of this process, until the function that it gives is called. */
export const watchUncaught = (listener: (error: UncaughtError) => void): (() => void) => {
  const listen = (error: unknown) => listener({ thrown: thrown(error), error: detailsOf(error) });
  process.on('unhandledRejection', listen).on('uncaughtException', listen);
  return () => {
    process.off('unhandledRejection', listen).off('uncaughtException', listen);
  };
};
