/** Puts together the pieces of a stream. Linear in the length of the stream. */
import * as t from 'io-ts';

/** Any JSON object: fields that are not known here are kept. */
export const Fields = t.UnknownRecord;
export type Fields = Readonly<t.TypeOf<typeof Fields>>;

export const fieldsOf = (value: unknown): Fields => (Fields.is(value) ? value : {});

/** Whether a chunk says anything in a field: null and `''` say nothing. */
export const isSaid = (value: unknown): boolean => (value ?? '') !== '';

/** The last value that was said of each field. */
export const latest = (pieces: readonly Fields[]): Fields => {
  const said = new Map<string, unknown>();
  for (const piece of pieces)
    for (const field of Object.keys(piece)) if (isSaid(piece[field])) said.set(field, piece[field]);
  return Object.fromEntries(said);
};

/** The strings that come in pieces; any other comes whole, maybe with every chunk. */
const TEXTS: ReadonlySet<string> = new Set([
  'content',
  'text',
  'refusal',
  'reasoning',
  'reasoning_content',
  'thinking',
  'arguments',
  'partial_json',
  'summary',
  'transcript',
  'data',
]);

/** The types of items whose text goes on in the next item. */
const TEXT_TYPES: ReadonlySet<unknown> = new Set(['text', 'thinking', 'reasoning.text', 'reasoning.summary']);

const areCompatible = (a: unknown, b: unknown): boolean => !isSaid(a) || !isSaid(b) || a === b;

/**
 * Whether a piece of a call is only arguments, and so goes on with the one before: some upstreams give every piece of a
 * call an `id` of its own, and others give every call the same `index`.
 */
const isOnlyArguments = (item: Fields): boolean => Fields.is(item.function) && !isSaid(item.function.name);

const isMoreOf = (first: Fields, item: Fields): boolean => {
  if (typeof item.index !== 'number') return item.type === first.type && TEXT_TYPES.has(item.type);
  const isSame = areCompatible(first.id, item.id) || isOnlyArguments(item);
  return isSame && areCompatible(first.type, item.type);
};

const joinItems = (items: readonly Fields[]): readonly Fields[] => {
  const groups: [Fields, ...Fields[]][] = [];
  const byIndex = new Map<unknown, [Fields, ...Fields[]]>();
  for (const item of items) {
    const { index } = item;
    const before = typeof index === 'number' ? byIndex.get(index) : groups.at(-1);
    if (before !== undefined && isMoreOf(before[0], item)) {
      before.push(item);
      continue;
    }
    const group: [Fields] = [item];
    groups.push(group);
    byIndex.set(index, group);
  }
  return groups.map(merged);
};

/** A content may be a string in one chunk and a list in the next. */
const asItems = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  return [typeof value === 'string' ? { type: 'text', text: value } : value];
};

const isScalar = (value: unknown): boolean => typeof value !== 'object';

const joined = (field: string, values: readonly unknown[]): unknown => {
  const said = values.filter(isSaid);
  if (said.length === 0) return values.find((value) => value !== null) ?? null;
  if (said.length === 1 || field === 'id') return said[0];
  if (said.every(Fields.is)) return merged(said);
  if (said.some(Array.isArray)) {
    const items = said.flatMap(asItems);
    return items.every(Fields.is) ? joinItems(items) : items;
  }
  // A number between texts is a piece of them.
  const isText = TEXTS.has(field) && said.every(isScalar) && said.some((value) => typeof value === 'string');
  return isText ? said.join('') : said.at(-1);
};

/** All pieces as one object: texts and lists one behind the other, objects field by field, of all else the last. */
export const merged = (pieces: readonly Fields[]): Fields => {
  const values = new Map<string, unknown[]>();
  for (const piece of pieces) {
    for (const field of Object.keys(piece)) {
      const known = values.get(field);
      if (known === undefined) values.set(field, [piece[field]]);
      else known.push(piece[field]);
    }
  }
  return Object.fromEntries([...values].map(([field, all]) => [field, joined(field, all)]));
};

/** More fields than any reply has. To copy very many takes longer than to parse them. */
const MOST_FIELDS = 1000;

/** The fields of a reply, but for those that are `left`; of very many, the first ones, and those that are `wanted`. */
export const fieldsBut = (reply: Fields, left: ReadonlySet<string>, wanted: readonly string[] = []): Fields => {
  const kept: [string, unknown][] = [];
  let count = 0;
  for (const field in reply) {
    count += 1;
    if (count > MOST_FIELDS) break;
    if (!left.has(field)) kept.push([field, reply[field]]);
  }
  if (count > MOST_FIELDS) for (const field of wanted) if (field in reply) kept.push([field, reply[field]]);
  return Object.fromEntries(kept);
};
