/** The description of an error that foreign code has thrown. */
import * as O from 'fp-ts/lib/Option.js';

/** The frames of an error's stack, without its message, which may have lines that look like one. */
export const framesOf = ({ stack, message }: Error): string => {
  const text = String(stack);
  const at = text.indexOf(message);
  // It stands in the first line, unless it was changed since.
  return at < 0 || text.slice(0, at).includes('\n') ? '' : text.slice(at + message.length);
};

/** The place in a stage's file where an error was thrown. The message is left out: a prompt may stand in it. */
const placeOf = (error: Error): string => {
  const [, file, line] =
    /\n +at (?:.*[/\\(])?([\w.-]+\.[cm]?[jt]s)(?:\?[\w=&]*)?:(\d+):\d+\)?/.exec(framesOf(error)) ?? [];
  return file === undefined ? '' : ` (${file}:${line})`;
};

/** The shape of an error's name. An author can put anything into it, so only what looks like a name is shown. */
const NAME = /^(?:[A-Z][A-Za-z]{0,40})?(?:Error|Exception)$/;

/** The kind and place of what was thrown, in words that hold nothing of a request. A client may read them. */
export const thrown = (error: unknown): string =>
  error instanceof Error && NAME.test(error.name) ? `${error.name}${placeOf(error)}` : 'something';

/** The part of a thrown error that only the log shows. It may hold a secret, or a part of a prompt. */
export interface Cause {
  /** The file and the line, as `mine.js:12`; `''` where they are not known. */
  readonly at: string;
  /** Its name and its message. */
  readonly says: string;
  /** The innermost calls that led there, without the message. */
  readonly stack: readonly string[];
}

/** In words: what was thrown, and where. */
export const placed = ({ says, at }: { readonly says: string; readonly at: string | null }): string =>
  at ? `${says} (${at})` : says;

const STACK_LIMIT = 10;

/** An error that others have made quotes what it could not read, such as the beginning of a reply. */
const withoutQuotes = (error: Error): string => {
  const message = String(error.message);
  if (isPlain(error)) return message;
  const unquoted = message.replace(/(?:\.\.\.)?".*"(?:\.\.\.)?/s, '"…"');
  return 'code' in error ? unquoted.replace(/'.*'/s, "'…'") : unquoted;
};

const causeOf = (error: Error): Cause => {
  const name = NAME.test(error.name) ? error.name : 'Error';
  const message = withoutQuotes(error).trim();
  return {
    at: placeOf(error).slice(2, -1),
    says: message === '' ? name : `${name}: ${message}`,
    stack: framesOf(error)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.startsWith('at '))
      .slice(0, STACK_LIMIT),
  };
};

const UNKNOWN: Cause = { at: '', says: 'something that is no error', stack: [] };

/** The parts of an error that an author of stages needs to know. */
export const causeIn = (error: unknown): Cause => (error instanceof Error ? causeOf(error) : UNKNOWN);

/** The words of an author: `throw new Error('…')`. */
export interface Words {
  readonly message: string;
  /** The place as ` (file:line)`; `''` if it is not known. */
  readonly place: string;
}

/** Errors of other kinds, and those that have a code, are made by others, who quote what they could not read. */
const isPlain = (error: unknown): error is Error =>
  error instanceof Error &&
  Object.getPrototypeOf(error) === Error.prototype &&
  error.name === 'Error' &&
  typeof error.message === 'string' &&
  !('code' in error);

/** The words of an error, where its author chose them; they may still hold a value. */
export const words = (error: unknown): O.Option<Words> =>
  isPlain(error) && error.message.trim() !== '' ? O.some({ message: error.message, place: placeOf(error) }) : O.none;
