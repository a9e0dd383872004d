/** Values that code of others may look at, and not change. */

import { isPlain } from './well-formed.js';

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
