/** JSON from outside, parsed with a limit: `JSON.parse` of 8 MB of `[` would hold up everything for over half a second. */
import * as E from 'fp-ts/lib/Either.js';

export type ParseFailure = 'too deep' | 'too many parts' | 'not json';

/** Deeper than any schema of a tool, and shallow enough for any recursion. */
const MAX_DEPTH = 200;

/**
 * The most arrays and objects of one text. The densest real reply, 32 MiB of log probabilities, has 1.3 million; 32 MiB
 * of `{},` would hold up everything for many seconds.
 */
const MAX_PARTS = 1_500_000;

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

/** Whether arrays and objects nest too deeply, or are too many. Jumps over long strings, which most of a big body is. */
const excessIn = (json: Buffer, maxDepth: number): Exclude<ParseFailure, 'not json'> | undefined => {
  let depth = 0;
  let parts = 0;
  let at = 0;
  while (at < json.length) {
    const byte = json[at];
    at += 1;
    if (byte === QUOTE) at = afterString(json, at);
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      parts += 1;
      if (depth > maxDepth) return 'too deep';
      if (parts > MAX_PARTS) return 'too many parts';
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return undefined;
};

/**
 * The value of a JSON text, with a BOM before it or not. A key `__proto__` is only a key, as with any `JSON.parse`;
 * what is not UTF-8 becomes U+FFFD.
 */
export const parse = (json: Buffer | string, maxDepth: number = MAX_DEPTH): E.Either<ParseFailure, unknown> => {
  // Each level takes a bracket at least.
  const mayBeDeep = json.length > maxDepth;
  const excess = mayBeDeep ? excessIn(typeof json === 'string' ? Buffer.from(json) : json, maxDepth) : undefined;
  if (excess !== undefined) return E.left(excess);
  const text = json.toString();
  return E.tryCatch(
    () => JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) as unknown,
    () => 'not json' as const,
  );
};
