/** Values that code of others may look at, and not change. */

/** An object that is no more than its fields: no list, no promise, and nothing else that has a class. */
export const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

const freezeWithin = (value: object): void => {
  // No list of keys is made, and no keys of a list: this runs for each request.
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) freeze(value[i]);
  } else {
    for (const key in value) freeze((value as Readonly<Record<string, unknown>>)[key]);
  }
};

/** Freezes plain objects and lists, as deep as they go. What is frozen is taken to be so within. */
export const freeze = <A>(value: A): A => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (!Array.isArray(value) && !isPlain(value)) return value;
  freezeWithin(Object.freeze(value));
  return value;
};
