/** Turns odd shapes of upstreams into those that readers expect. What is as expected stays the same object. */
import type { Fields } from './merge.js';

/** Of what JSON can say, and cheap: each event of each stream is asked this several times. */
export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const withField = (fields: Fields, field: string, value: unknown): Fields =>
  fields[field] === value ? fields : { ...fields, [field]: value };

export const withoutField = (fields: Fields, field: string): Fields => {
  const { [field]: _, ...rest } = fields;
  return rest;
};

/** Numbers and booleans are text where text is expected. */
export const asText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;

/** Of thoughts, a boolean may as well say whether there are any. */
export const asThought = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/** A list with other items; the list itself, where none of them changes. */
export const mapped = (items: readonly unknown[], change: (item: unknown) => unknown): readonly unknown[] => {
  const changed = items.map(change);
  return changed.every((item, at) => item === items[at]) ? items : changed;
};

/** The one object that is meant where a list stands in its place; undefined: there is none. */
export const firstObject = (value: unknown): Fields | undefined => {
  if (isObject(value)) return value;
  return Array.isArray(value) ? value.find(isObject) : undefined;
};

/** A text in place of an object that would hold it. */
export const bareText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
