/** Sections of the config: maps whose keys are all known, each declared with what it takes, its default and its sense. */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { closest } from './did-you-mean.js';

/** A key with a default. */
export interface Defaulted<C extends t.Mixed> {
  readonly codec: C;
  /** The default, decoded: milliseconds, bytes. */
  readonly default: t.TypeOf<C>;
  /** The meaning of the key, in a sentence. */
  readonly description: string;
}

/** A key that may be missing. */
export interface Optional<C extends t.Mixed> {
  readonly codec: C;
  /** The rule without the key, in words. */
  readonly otherwise: string;
  /** The meaning of the key, in a sentence. */
  readonly description: string;
}

/** A key whose value is a section itself, or a list of such. */
export interface Nested<C extends t.Mixed> {
  readonly codec: C;
  readonly fields: Fields;
  readonly description: string;
}

/** The declaration of one key. */
export type Field<C extends t.Mixed = t.Mixed> = Defaulted<C> | Optional<C> | Nested<C>;

/** The declaration of a section, by its keys. */
export type Fields = Readonly<Record<string, Field>>;

/** A key that has a default. That is a decoded value: `withDefault(Duration, 2000, …)` is two seconds. */
export const withDefault = <C extends t.Mixed>(codec: C, value: t.TypeOf<C>, description: string): Defaulted<C> => ({
  codec,
  default: value,
  description,
});

/** A key that may be missing; `otherwise` says in words what holds then. */
export const optional = <C extends t.Mixed>(codec: C, otherwise: string, description: string): Optional<C> => ({
  codec,
  otherwise,
  description,
});

/** The keys of a section that the user wrote. */
export type Written<F extends Fields> = { readonly [K in keyof F]?: t.TypeOf<F[K]['codec']> };

type KeysWithDefault<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly default: unknown } ? K : never;
}[keyof F];

/** The keys of a section with every default filled in. */
export type Filled<F extends Fields> = Written<F> & Required<Pick<Written<F>, KeysWithDefault<F>>>;

/** The value of each key: what was written, or the default. */
export const filled = <F extends Fields>(fields: F, written: Written<F> = {}): Filled<F> => {
  const defaults = Object.entries(fields).flatMap(([key, field]) => ('default' in field ? [[key, field.default]] : []));
  return { ...Object.fromEntries(defaults), ...written } as Filled<F>;
};

/** The beginning of the report of an unknown key. */
export const UNKNOWN_KEY = 'unknown key; ';

const unknownKey = (key: string, known: readonly string[]): string => {
  const meant = closest(key, known);
  const question = meant === undefined ? '' : `did you mean ${meant}? `;
  return `${UNKNOWN_KEY}${question}known here: ${known.join(', ')}`;
};

/**
 * A map that has no keys but these. A key without a value counts as not written, so that a section whose keys are all
 * commented out is fine. An unknown key is reported with a context that ends in `t.never`: it is the key that is wrong.
 */
export const closed = <F extends Fields>(fields: F): t.Type<Written<F>, unknown, unknown> => {
  const known = (key: string): Field | undefined => (Object.hasOwn(fields, key) ? fields[key] : undefined);
  const is = (u: unknown): u is Written<F> =>
    t.UnknownRecord.is(u) && Object.entries(u).every(([key, value]) => known(key)?.codec.is(value));
  const read = (input: unknown, context: t.Context): t.Validation<Written<F>> => {
    if (input === null || input === undefined) return t.success({});
    if (!t.UnknownRecord.is(input)) return t.failure(input, context);
    const errors: t.Errors = [];
    const written: [string, unknown][] = [];
    for (const [key, value] of Object.entries(input)) {
      const field = known(key);
      if (field === undefined) {
        const message = unknownKey(key, Object.keys(fields));
        errors.push({ value, context: t.appendContext(context, key, t.never), message });
      } else if (value !== null) {
        const result = field.codec.validate(value, t.appendContext(context, key, field.codec));
        if (E.isLeft(result)) errors.push(...result.left);
        else written.push([key, result.right]);
      }
    }
    return errors.length > 0 ? t.failures(errors) : t.success(Object.fromEntries(written) as Written<F>);
  };
  const write = (values: Written<F>): unknown =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([key, field]) => (key in values ? [[key, field.codec.encode(values[key])]] : [])),
    );
  return new t.Type('a map of keys', is, read, write);
};

/** A key whose value is a section. */
export const section = <F extends Fields>(fields: F, description: string) => ({
  codec: closed(fields),
  fields,
  description,
});
