/** The problems of a config, with their places. Values are never shown: keys are among them. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';

/** Keys and indexes, from the top. */
export type Path = readonly string[];

/** Something wrong at a place in the config's tree: with the key itself, or with what it was given. */
export interface Finding {
  readonly path: Path;
  readonly at: 'key' | 'value';
  readonly says: string;
}

/** Line and column begin at 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  /** None: it stands in no file. */
  readonly place: O.Option<Place>;
  /** The key, as in `target_proxy.url`; `''` for the whole. */
  readonly key: string;
  readonly says: string;
}

const FORKS: ReadonlySet<unknown> = new Set(['IntersectionType', 'UnionType']);

/** True if what follows in a context is a part of the type, by its number, and no part of the value. */
const isFork = (entry: t.ContextEntry | undefined): boolean =>
  entry !== undefined && '_tag' in entry.type && FORKS.has(entry.type._tag);

export const findings = (errors: t.Errors): readonly Finding[] =>
  errors.map(({ context, message }) => {
    const type = context[context.length - 1]?.type;
    return {
      path: context.filter((_, i) => i > 0 && !isFork(context[i - 1])).map(({ key }) => key),
      at: type === t.never ? 'key' : 'value',
      says: message ?? `expected ${type?.name}`,
    };
  });

/** A key that does not look like one may be a value whose colon or quote is misplaced. */
const shown = (key: string): string => (/^[\w-]{1,40}$/.test(key) ? key : '?');

/** One line says it all: whoever reads a report takes each line for a problem. */
const oneLine = (text: string): string =>
  text
    .split(/[\r\n\u2028\u2029]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(' ');

export const problem = (place: O.Option<Place>, path: Path, says: string): Problem => ({
  place,
  key: path
    .map(shown)
    .join('.')
    .replace(/\.(\d+)(?=\.|$)/g, '[$1]'),
  says: oneLine(says),
});

const line = ({ place, key, says }: Problem): string => {
  const where = O.isSome(place) ? [`${place.value.file}:${place.value.line}:${place.value.column}`] : [];
  return [...where, ...(key === '' ? [] : [key]), says].join(': ');
};

const order = ({ place }: Problem): number => (O.isSome(place) ? place.value.line * 1e6 + place.value.column : 0);

const SHOWN = 10;

/** One line each, in the order of the file: the first ten, and how many more there are. */
export const render = (problems: readonly Problem[]): string => {
  const lines = [...problems].sort((a, b) => order(a) - order(b)).map(line);
  const more = lines.length > SHOWN ? [`and ${lines.length - SHOWN} more`] : [];
  return [...lines.slice(0, SHOWN), ...more].join('\n');
};
