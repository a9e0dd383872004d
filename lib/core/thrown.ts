/** The words for an error that a stage has thrown. */
import * as O from 'fp-ts/lib/Option.js';

/** The frames of an error's stack, without its message, which may have lines that look like one. */
const framesOf = ({ stack, message }: Error): string => {
  const text = String(stack);
  const at = text.indexOf(message);
  // It stands in the first line, unless it was changed since.
  return at < 0 || text.slice(0, at).includes('\n') ? '' : text.slice(at + message.length);
};

/** The file and line at which an error was thrown. */
const placeOf = (error: Error): string => {
  const [, file, line] =
    /\n +at (?:.*[/\\(])?([\w.-]+\.[cm]?[jt]s)(?:\?[\w=&]*)?:(\d+):\d+\)?/.exec(framesOf(error)) ?? [];
  return file === undefined ? '' : ` (${file}:${line})`;
};

/** An author can put anything into a name, so that only what looks like one is told. */
const NAME = /^(?:[A-Z][A-Za-z]{0,40})?(?:Error|Exception)$/;

/** The kind and place of what was thrown, in words that hold nothing of a request. A client may read them. */
export const thrown = (error: unknown): string =>
  error instanceof Error && NAME.test(error.name) ? `${error.name}${placeOf(error)}` : 'something';

/** An error as the log tells it, to who runs the proxy. */
export interface Thrown {
  readonly message: string;
  /** `''`: there is none. */
  readonly stack: string;
}

/** The message and the stack of what was thrown. */
export const detailsOf = (error: unknown): Thrown =>
  error instanceof Error
    ? { message: String(error.message), stack: String(error.stack) }
    : { message: String(error), stack: '' };

/** The words of an author, as in `throw new Error('…')`. */
export interface Words {
  readonly message: string;
  /** As ` (file:line)`; `''` where it is not known. */
  readonly place: string;
}

/** Errors of other kinds, and those that have a code, are made by others, who quote what they could not read. */
const isPlainError = (error: unknown): error is Error =>
  error instanceof Error &&
  Object.getPrototypeOf(error) === Error.prototype &&
  error.name === 'Error' &&
  typeof error.message === 'string' &&
  !('code' in error);

/** The words of an error, where its author chose them; they may still hold a value. */
export const words = (error: unknown): O.Option<Words> =>
  isPlainError(error) && error.message.trim() !== ''
    ? O.some({ message: error.message, place: placeOf(error) })
    : O.none;
