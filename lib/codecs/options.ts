/** The sections with which stages declare their options: as in the config, with every default filled in. */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { type Defaulted, type Fields, type Filled, filled, type Written, closed as written } from './closed.js';

type Options<F extends Fields> = { [K in keyof Filled<F>]: Filled<F>[K] };

/**
 * The codec of a map that has no keys but these, each of them made by `withDefault`, `optional` or `section`. It fills in the
 * defaults: `make` gets each key that has one. A key without a value counts as not written; one that is not known is
 * refused, and the likely one named.
 */
export const closed = <F extends Fields>(
  fields: F,
  // Spelled out once more, so that editors and declarations show the keys, and not how they came about.
): t.Type<{ [K in keyof Filled<F>]: Filled<F>[K] }, unknown, unknown> => {
  const Keys = written(fields);
  const required = Object.keys(filled(fields));
  const is = (u: unknown): u is Options<F> => Keys.is(u) && required.every((key) => key in u);
  const read = (input: unknown, context: t.Context): t.Validation<Options<F>> =>
    E.map((keys: Written<F>): Options<F> => filled(fields, keys))(Keys.validate(input, context));
  return new t.Type(Keys.name, is, read, Keys.encode);
};

/** A key whose value is such a map. Where it is not written, it has the defaults of its own keys. */
export const section = <F extends Fields>(fields: F, description: string): Defaulted<ReturnType<typeof closed<F>>> => ({
  codec: closed(fields),
  default: filled(fields),
  description,
});
