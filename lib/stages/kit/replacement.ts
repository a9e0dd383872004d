/** Replaces what a pattern finds in a text that comes in pieces. What comes out depends on the text alone. */
import * as O from 'fp-ts/lib/Option.js';
import type { Match, Pattern } from '../../codecs/pattern.js';

/** Finds in `text` from a place on; a match that begins before it is none. */
export type Find = Pattern['find'];

export interface Rule {
  readonly find: Find;
  /** Longer matches are not looked for, in UTF-16 units: as much has to be held back. */
  readonly within: number;
  readonly replacement: (match: Match) => string;
}

export interface Replacer {
  readonly push: (text: string) => string;
  readonly end: () => string;
}

/** A place between the halves of a character belongs before it. */
const whole = (text: string, at: number): number => (/[\ud800-\udbff]/.test(text.charAt(at - 1)) ? at - 1 : at);

/**
 * A match at a place is decided by the character before it and so many behind it as a match may have, and one more: no
 * sooner are these there than it is decided, and nothing that comes later changes it.
 */
export const replacer = ({ find, within, replacement }: Rule): Replacer => {
  /** The character before what is not decided yet, which `\b` looks at. */
  let before = '';
  let rest = '';

  /** The match at this place, of those that are short enough. */
  const matchAt = (text: string, at: number): O.Option<Match> => {
    const from = Math.max(0, at - 1);
    const found = find(text.slice(from, at + within + 1), at - from);
    return O.filter(({ start, end }: Match) => start === at - from && end > start && end - start <= within)(found);
  };

  const decide = (isEnd: boolean): string => {
    const text = before + rest;
    const limit = isEnd ? text.length : whole(text, Math.max(before.length, text.length - within));
    let out = '';
    let at = before.length;
    while (at < limit) {
      const next = find(text, at);
      const start = O.isSome(next) ? Math.min(next.value.start, limit) : limit;
      out += text.slice(at, start);
      at = start;
      if (at >= limit) break;
      const match = matchAt(text, at);
      if (O.isSome(match)) {
        out += replacement(match.value);
        at += match.value.end - match.value.start;
      } else {
        out += text.charAt(at);
        at += 1;
      }
    }
    before = at === 0 ? '' : text.charAt(at - 1);
    rest = text.slice(at);
    return out;
  };
  return {
    push: (text) => {
      rest += text;
      return decide(false);
    },
    end: () => decide(true),
  };
};
