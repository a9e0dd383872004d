/** Values that code of others may look at, and not change. */

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
};

/** Freezes plain objects and lists, as deep as they go. What is frozen is taken to be so within. */
export const freeze = <A>(value: A): A => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || !isPlain(value)) return value;
  Object.freeze(value);
  // No list of them is made: this runs for each request.
  for (const key in value) {
    const inner: unknown = value[key];
    if (typeof inner === 'object') freeze(inner);
  }
  return value;
};
