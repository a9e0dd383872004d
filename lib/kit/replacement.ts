/** Replaces what a rule finds in a text that comes in pieces. What comes out depends on the text alone. */
import * as O from 'fp-ts/lib/Option.js';
import type { Match, Pattern } from '../codecs/pattern.js';

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

/**
 * At least so many places are looked through at once, and as many as a match may have, so that a search costs what one
 * match does, however often there is one that is too long.
 */
const BLOCK = 128;

const lengthAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** A place between the halves of a character belongs before it. */
const whole = (text: string, at: number): number => (lengthAt(text, at - 1) === 2 ? at - 1 : at);

/** The beginning of the character before a place. */
const before = (text: string, at: number): number => Math.max(0, whole(text, at - 1));

/**
 * What is found from `at` on and before `end`. Shown are only that and the character before it, at which `^` and `\b` look:
 * what stands before a place would cost as much as what stands after it.
 */
const findIn = (find: Find, text: string, at: number, end: number): O.Option<Match> => {
  const left = before(text, at);
  return O.map(
    ({ start, end: after, ...match }: Match): Match => ({ ...match, start: start + left, end: after + left }),
  )(find(text.slice(left, end), at - left));
};

/**
 * A match at a place is decided by the character before it and so many after it as a match may have, and one more: no
 * sooner are these there than it is decided, and nothing that comes later changes it. What is longer with that one more
 * is looked for without it; there only a match that ends before the end is surely one.
 */
const matchAt = ({ find, within }: Rule, text: string, at: number): O.Option<Match> => {
  for (const seen of [within + 1, within]) {
    const found = findIn(find, text, at, at + seen);
    if (O.isNone(found) || found.value.start !== at) return O.none;
    const { end } = found.value;
    if (end < at + seen || text.length <= at + within) return end > at ? found : O.none;
  }
  return O.none;
};

export const replacer = (rule: Rule): Replacer => {
  /** Begins with the character before what is not decided yet, which `^` and `\b` look at. */
  let text = '';
  let at = 0;

  /** The next place at which a match may begin, or one before which none does. */
  const candidate = (limit: number): number => {
    const last = whole(text, Math.min(limit, at + Math.max(BLOCK, rule.within)));
    const found = findIn(rule.find, text, at, last + rule.within + 1);
    return O.isSome(found) ? Math.min(found.value.start, last) : last;
  };
  const decide = (limit: number): string => {
    let out = '';
    let from = at;
    while (at < limit) {
      at = candidate(limit);
      const match = at < limit ? matchAt(rule, text, at) : O.none;
      if (O.isSome(match)) {
        out += text.slice(from, at) + rule.replacement(match.value);
        at = match.value.end;
        from = at;
      } else if (at < limit) at += lengthAt(text, at);
    }
    out += text.slice(from, at);
    const kept = before(text, at);
    text = text.slice(kept);
    at -= kept;
    return out;
  };
  return {
    push: (more) => {
      text += more;
      return decide(whole(text, Math.max(at, text.length - rule.within)));
    },
    end: () => decide(text.length),
  };
};
