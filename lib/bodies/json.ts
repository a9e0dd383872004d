/** JSON from outside, parsed with a limit: `JSON.parse` of 8 MB of `[` would hold up everything for over half a second. */
import * as E from 'fp-ts/lib/Either.js';

export type ParseFailure = 'too deep' | 'not json';

/** Deeper than any schema of a tool, and shallow enough for any recursion. */
const MAX_DEPTH = 200;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The place behind the string that begins before `from`; the end where the string has none. */
const afterString = (json: Buffer, from: number): number => {
  let quote = json.indexOf(QUOTE, from);
  while (quote >= 0) {
    let escapes = 0;
    while (quote - escapes > from && json[quote - escapes - 1] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return quote + 1;
    quote = json.indexOf(QUOTE, quote + 1);
  }
  return json.length;
};

/** Whether arrays and objects nest deeper than `max`. Jumps over strings, where nearly all bytes of a big body are. */
const isDeeper = (json: Buffer, max: number): boolean => {
  let depth = 0;
  let at = 0;
  while (at < json.length) {
    const byte = json[at];
    at = byte === QUOTE ? afterString(json, at + 1) : at + 1;
    if (byte === 0x5b || byte === 0x7b) depth += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    if (depth > max) return true;
  }
  return false;
};

/**
 * The value of a JSON text, with a BOM before it or not. A key `__proto__` is only a key, as with any `JSON.parse`;
 * what is not UTF-8 becomes U+FFFD.
 */
export const parse = (json: Buffer | string, maxDepth: number = MAX_DEPTH): E.Either<ParseFailure, unknown> => {
  if (isDeeper(typeof json === 'string' ? Buffer.from(json) : json, maxDepth)) return E.left('too deep');
  const text = json.toString();
  return E.tryCatch(
    () => JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) as unknown,
    () => 'not json' as const,
  );
};
