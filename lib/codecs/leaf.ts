/** Codecs of single values. Text that is a number counts as one, since whatever `${NAME}` brings is text. */
import * as t from 'io-ts';

/** The parts of a codec that `leaf` makes. */
export interface Leaf<A> {
  /** The expected value, as a phrase that can follow the word "expected". */
  readonly name: string;
  readonly is: (decoded: unknown) => decoded is A;
  /** From what the file says to what may be an `A`; the same, if nothing is said. It must not throw. */
  readonly read?: (input: unknown) => unknown;
  /** The way back, to what the file would say. */
  readonly write?: (decoded: A) => unknown;
}

const same = (value: unknown): unknown => value;

/** The codec of a value without parts. A refused value is reported as "expected", and the name. */
export const leaf = <A>({ name, is, read = same, write = same }: Leaf<A>): t.Type<A, unknown, unknown> => {
  const validate = (input: unknown, context: t.Context): t.Validation<A> => {
    const decoded = read(input);
    return is(decoded) ? t.success(decoded) : t.failure(input, context);
  };
  return new t.Type(name, is, validate, write);
};

/** A quantity in its smallest unit; NaN for what is none. `plain` is what a bare number counts. */
const quantity =
  (plain: number, units: Readonly<Record<string, number>> = {}) =>
  (input: unknown): number => {
    if (typeof input !== 'number' && typeof input !== 'string') return Number.NaN;
    const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(String(input)) ?? [];
    return Number(amount) * (unit ? Number(units[unit]) : plain);
  };

const between =
  (least: number, most: number) =>
  (u: unknown): u is number =>
    typeof u === 'number' && u >= least && u <= most;

const wholeBetween =
  (least: number, most: number) =>
  (u: unknown): u is number =>
    Number.isInteger(u) && between(least, most)(u);

const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** Just below what a timer of Node can hold. */
const LONGEST_MS = 24 * 24 * MS.h;

const duration = (name: string, leastMs: number) =>
  leaf({
    name,
    is: wholeBetween(leastMs, LONGEST_MS),
    read: (input) => Math.round(quantity(MS.s, MS)(input)),
    write: (ms) => (ms % MS.s === 0 ? ms / MS.s : `${ms}ms`),
  });

/** Milliseconds, at most 24 days; in a config in seconds, or with a unit: `1.5`, `500ms`, `2m`, `1h`. */
export const Duration = duration('a duration of at most 24 days, such as 1.5 (seconds), 500ms, 90s, 2m or 1h', 0);

/** A duration above 0: none that is over before it begins. */
export const Timeout = duration('a duration above 0 and at most 24 days, such as 30 (seconds), 500ms, 90s or 2m', 1);

const BYTES = { GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, B: 1 };

/** Bytes, above 0; in a config as such, or with a binary unit: `64KiB`, `20MiB`. */
export const Size = leaf({
  name: 'a size above 0, such as 65536 (bytes), 64KiB, 20MiB or 1GiB',
  is: wholeBetween(1, Number.MAX_SAFE_INTEGER),
  read: (input) => Math.round(quantity(BYTES.B, BYTES)(input)),
  write: (bytes) => {
    const [unit, factor] = Object.entries(BYTES).find(([, each]) => bytes % each === 0) as [string, number];
    return `${bytes / factor}${unit}`;
  },
});

/** A port to listen on; 0: any free one. */
export const Port = leaf({ name: 'a port, 0 to 65535', is: wholeBetween(0, 65_535), read: quantity(1) });

/** The status of an error, 400 to 599; also as text. */
export const StatusCode = leaf({ name: 'a status code, 400 to 599', is: wholeBetween(400, 599), read: quantity(1) });

/** A whole number, 0 or more; also as text. */
export const Count = leaf({
  name: 'a whole number, 0 or more',
  is: wholeBetween(0, Number.MAX_SAFE_INTEGER),
  read: quantity(1),
});

/** A number of things at once; also as text. */
export const Positive = leaf({
  name: 'a whole number, 1 or more',
  is: wholeBetween(1, Number.MAX_SAFE_INTEGER),
  read: quantity(1),
});

/** A number, 1 or more; also as text. */
export const Factor = leaf({ name: 'a number, 1 or more', is: between(1, Number.MAX_VALUE), read: quantity(1) });

const WORDS = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
]);

/** `true` or `false`; also as text. */
export const Flag = leaf({ name: 'true or false', is: t.boolean.is, read: (input) => WORDS.get(input) ?? input });

const matches =
  (pattern: RegExp) =>
  (u: unknown): u is string =>
    typeof u === 'string' && pattern.test(u);

/** Text that is not empty. A number is refused, since YAML may have read it as another. */
export const Text = leaf({ name: 'text (in quotes, if it looks like a number)', is: matches(/./s) });

/** `''` is none. */
export const FilePath = leaf({ name: 'the path of a file', is: t.string.is });

/** A host name, in lower case. */
export const HostName = leaf({
  name: 'a host name, without a port',
  is: matches(/^[a-z0-9._-]+$/),
  read: (input) => (typeof input === 'string' ? input.toLowerCase() : input),
});

/** The text that stands for a secret, wherever a config is written. */
export const HIDDEN = '(set)';

const SECRET = 'a key of visible ASCII characters, without spaces (in quotes, if it looks like a number)';

/** The things that people copy along with a key. `=` also ends keys, which may be base64. */
const AROUND_KEYS: readonly (readonly [RegExp, string])[] = [
  [/^bearer\s/i, 'a key alone, without the word Bearer before it: that is added where it is sent'],
  [/^(?:export\s+)?[a-z_]\w*=[^=]/i, 'a key alone, without a name and = before it'],
  [/^(?:authorization|x-api-key|x-goog-api-key)\s*:/i, 'a key alone, without the name of a header field before it'],
  [/^(["']).*\1$/, 'a key alone, without quotes around it'],
];

const isSecret = matches(/^[\x21-\x7e]*$/);

/** The expected value, if this is no key; undefined: it is one. */
const wantedKey = (input: unknown): string | undefined => {
  const around = typeof input === 'string' ? AROUND_KEYS.find(([pattern]) => pattern.test(input)) : undefined;
  if (around !== undefined) return around[1];
  return isSecret(input) ? undefined : SECRET;
};

/** A credential that can stand in a header field, without blanks around it; `''` is none. Never written: `(set)` is. */
export const Secret = new t.Type<string, unknown, unknown>(
  SECRET,
  (u): u is string => wantedKey(u) === undefined,
  (input, context) => {
    const key = typeof input === 'string' ? input.trim() : input;
    const wanted = wantedKey(key);
    return wanted === undefined ? t.success(key as string) : t.failure(input, context, `expected ${wanted}`);
  },
  () => HIDDEN,
);

/** One of these words. */
export const oneOf = <const W extends string>(...words: readonly W[]) =>
  leaf({
    name: `one of: ${words.join(', ')}`,
    is: (u: unknown): u is W => words.some((word) => word === u),
  });
