/**
 * Patterns that users write: RE2's syntax, which is JavaScript's but for what can take for ever. A pattern that backtracks
 * would let one long text hold up everyone.
 */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { RE2JS } from 're2js';

/** A match of a pattern: its place and its groups. */
export interface Match {
  /** In UTF-16 units, as JavaScript counts. */
  readonly start: number;
  /** The place after its last character. */
  readonly end: number;
  /** The whole first; none: a group that took no part. */
  readonly groups: readonly O.Option<string>[];
  /** Those of them that have names. */
  readonly named: Readonly<Record<string, O.Option<string>>>;
}

/** A pattern that takes no longer than in proportion to the text. It keeps nothing between two calls. */
export interface Pattern {
  /** The pattern as it was written. */
  readonly source: string;
  /** The names of its groups, and their numbers from 1. */
  readonly groups: readonly string[];
  /** True if it finds something anywhere in the text. */
  readonly test: (text: string) => boolean;
  /** The first match that begins at `from` or after it; what stands before it is looked at for `^` and `\b`. */
  readonly find: (text: string, from: number) => O.Option<Match>;
}

const compiled = (source: string): Pattern => {
  const pattern = RE2JS.compile(source);
  const names = Object.entries(pattern.namedGroups());
  const find = (text: string, from: number): O.Option<Match> => {
    const matcher = pattern.matcher(text);
    if (from > text.length || !matcher.find(from)) return O.none;
    const groups = Array.from({ length: pattern.groupCount() + 1 }, (_, i) => O.fromNullable(matcher.group(i)));
    const named = Object.fromEntries(names.map(([name, i]) => [name, groups[i] as O.Option<string>]));
    return O.some({ start: matcher.start(), end: matcher.end(), groups, named });
  };
  const groups = [
    ...names.map(([name]) => name),
    ...Array.from({ length: pattern.groupCount() }, (_, i) => `${i + 1}`),
  ];
  return { source, groups, find, test: (text) => O.isSome(find(text, 0)) };
};

const isPattern = (value: unknown): value is Pattern => typeof value === 'object' && value !== null && 'find' in value;

const NAME = "a pattern in RE2's syntax";

/** The syntax that other engines read and RE2 does not. */
const NOT_LINEAR = /\(\?<?[=!]|\(\?>|\(\?P=|\\[1-9]|\\k[<{']/;

/** The kind of a mistake. RE2JS names it, and then quotes the pattern. */
const kindOf = (message: string): string => message.replace(/^error parsing regexp: /, '').replace(/: `.*$/s, '');

const complaint = (source: string, message: string): string =>
  NOT_LINEAR.test(source)
    ? `expected ${NAME}; look-ahead, look-behind and back-references are not possible, as they can take for ever`
    : `expected ${NAME}; this one has: ${kindOf(message)}`;

/**
 * The codec of patterns: of text that is not empty. `(?i)` at its start makes one blind to case. Look-ahead, look-behind and
 * back-references are refused.
 */
export const Pattern = new t.Type<Pattern, unknown, unknown>(
  NAME,
  isPattern,
  (input, context) => {
    if (typeof input !== 'string' || input === '') return t.failure(input, context);
    try {
      return t.success(compiled(input));
    } catch (error) {
      return t.failure(input, context, complaint(input, String((error as Error).message)));
    }
  },
  ({ source }) => source,
);
