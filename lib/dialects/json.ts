/** JSON from outside, parsed with a limit: `JSON.parse` of 8 MB of `[` would hold up everything for over half a second. */
import * as E from 'fp-ts/lib/Either.js';

export type ParseFailure = 'too deep' | 'not json';

/** Deeper than any schema of a tool, and shallow enough for any recursion. */
const MAX_DEPTH = 200;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** How many bytes of a string are looked at one by one: most strings are short, and a jump costs as much. */
const NEAR = 64;

/** The place behind the string that begins before `from`; the end where the string has none. */
const afterString = (json: Buffer, from: number): number => {
  let at = from;
  for (;;) {
    for (const near = Math.min(json.length, at + NEAR); at < near; at += 1) {
      if (json[at] === QUOTE) return at + 1;
      if (json[at] === BACKSLASH) at += 1;
    }
    const quote = json.indexOf(QUOTE, at);
    if (quote < 0) return json.length;
    let escapes = 0;
    while (quote - escapes > at && json[quote - escapes - 1] === BACKSLASH) escapes += 1;
    at = quote + 1;
    if (escapes % 2 === 0) return at;
  }
};

/** Whether arrays and objects nest deeper than `max`. Jumps over long strings, where nearly all bytes of a big body are. */
const isDeeper = (json: Buffer, max: number): boolean => {
  let depth = 0;
  let at = 0;
  while (at < json.length) {
    const byte = json[at];
    at += 1;
    if (byte === QUOTE) at = afterString(json, at);
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > max) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
};

/**
 * The value of a JSON text, with a BOM before it or not. A key `__proto__` is only a key, as with any `JSON.parse`;
 * what is not UTF-8 becomes U+FFFD.
 */
export const parse = (json: Buffer | string, maxDepth: number = MAX_DEPTH): E.Either<ParseFailure, unknown> => {
  // Each level takes a bracket at least.
  const mayBeDeep = json.length > maxDepth;
  if (mayBeDeep && isDeeper(typeof json === 'string' ? Buffer.from(json) : json, maxDepth)) return E.left('too deep');
  const text = json.toString();
  return E.tryCatch(
    () => JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) as unknown,
    () => 'not json' as const,
  );
};
