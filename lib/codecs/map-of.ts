/** Maps whose keys are the user's own, each read by a codec. */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

/** In the order of the file. */
export type Entries<K, V> = readonly (readonly [K, V])[];

const says = (name: string, errors: t.Errors): string => errors[0]?.message ?? `expected ${name}`;

/** The codec of a map. A problem with a key stands at the key. */
export const mapOf = <K, V>(
  key: t.Type<K, unknown, unknown>,
  value: t.Type<V, unknown, unknown>,
  name: string,
): t.Type<Entries<K, V>, unknown, unknown> => {
  const Pair = t.tuple([key, value]);
  const read = (input: unknown, context: t.Context): t.Validation<Entries<K, V>> => {
    if (!t.UnknownRecord.is(input)) return t.failure(input, context);
    const errors: t.Errors = [];
    const entries: (readonly [K, V])[] = [];
    for (const [written, content] of Object.entries(input)) {
      const named = key.decode(written);
      const held = value.validate(content, t.appendContext(context, written, value));
      if (E.isLeft(named)) {
        const message = says(key.name, named.left);
        errors.push({ value: content, context: t.appendContext(context, written, t.never), message });
      }
      if (E.isLeft(held)) errors.push(...held.left);
      if (E.isRight(named) && E.isRight(held)) entries.push([named.right, held.right]);
    }
    return errors.length > 0 ? t.failures(errors) : t.success(entries);
  };
  return new t.Type<Entries<K, V>, unknown, unknown>(name, t.array(Pair).is, read, (entries) =>
    Object.fromEntries(entries.map(([each, content]) => [key.encode(each), value.encode(content)])),
  );
};
