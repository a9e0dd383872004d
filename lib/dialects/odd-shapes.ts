/** Turns odd shapes of upstreams into those that readers expect. What is as expected stays the same object. */
import type { Fields } from './merge.js';

/** Whether a JSON value is an object. Cheap: this runs several times for each event of each stream. */
export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const withField = (fields: Fields, field: string, value: unknown): Fields =>
  fields[field] === value ? fields : { ...fields, [field]: value };

export const withoutField = (fields: Fields, field: string): Fields => {
  const { [field]: _, ...rest } = fields;
  return rest;
};

/** The text that a number or a boolean stands for, where text is expected. */
export const asText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;

/** The same of reasoning, where a boolean may only say whether there is any. */
export const asReasoning = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/** The list with other items; itself, if none of them changes. */
export const mapped = (items: readonly unknown[], change: (item: unknown) => unknown): readonly unknown[] => {
  const changed = items.map(change);
  return changed.every((item, at) => item === items[at]) ? items : changed;
};

/** The one object that is meant, also if a list stands in its place; undefined: there is none. */
export const firstObject = (value: unknown): Fields | undefined => {
  if (isObject(value)) return value;
  return Array.isArray(value) ? value.find(isObject) : undefined;
};

/** A text in place of an object that would hold it. */
export const bareText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
