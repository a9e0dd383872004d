/** In which section each key of the config stands. */
import type { Fields } from '../codecs/closed.js';
import { CONFIG } from './codec.js';

/** A key that takes other keys, or a list of maps of such. */
const sections = new Set<string>();
const places = new Map<string, readonly string[]>();

const collect = (fields: Fields, section: string): void => {
  for (const [key, field] of Object.entries(fields)) {
    places.set(key, [...(places.get(key) ?? []), section]);
    if ('fields' in field) {
      sections.add(key);
      collect(field.fields, section === '' ? key : `${section}.${key}`);
    }
  }
};
collect(CONFIG, '');

const named = (section: string): string => {
  if (section === '') return 'at the top level, without blanks before it';
  return section === 'stages' ? 'in an entry of stages' : `in ${section}`;
};

/** True if there is a section of this name. */
export const isSection = (key: unknown): boolean => sections.has(String(key));

/** True if the config has a key of this name anywhere. */
export const isKnown = (key: string): boolean => places.has(key);

/** The section that a key belongs to, such as "in server"; undefined: none. */
export const placeOf = (key: string): string | undefined => {
  const all = places.get(key);
  // Who sets a time-out rarely means that of a stage.
  const likely = all?.filter((section) => section !== 'stages') ?? [];
  return (likely.length > 0 ? likely : all)?.map(named).join(' or ');
};
