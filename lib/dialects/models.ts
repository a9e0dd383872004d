/** Lists of models, and what is nearly one. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Dialect, Model } from '../core/dialect.js';
import type { Reading } from '../core/reading.js';
import { errorIn } from './errors.js';
import { parse } from './json.js';
import { readReply } from './reading.js';

const Models = t.array(t.type({ id: t.string }));
const List = t.type({ data: Models });

const serialized = (value: object): Buffer => Buffer.from(JSON.stringify(value));

const Listing = t.partial({ data: t.unknown, models: t.unknown });
const Named = t.partial({ id: t.unknown, model: t.unknown, name: t.unknown });

const idIn = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** An entry that may be a bare name, or has its name in one of these fields; none: it has none there. */
const entryOf =
  (dialect: Dialect, fields: readonly ('id' | 'model' | 'name')[]) =>
  (entry: unknown): readonly Model[] => {
    const bare = idIn(entry);
    if (bare !== '') return [dialect.model(bare)];
    if (!Named.is(entry)) return [];
    const id = fields.map((field) => idIn(entry[field])).find((name) => name !== '');
    return id === undefined ? [] : [{ ...entry, id }];
  };

/** Where some entries have an `id`, the others are left out; where none has, their names are what there is. */
const entriesOf = (dialect: Dialect, entries: readonly unknown[]): O.Option<readonly Model[]> => {
  const byId = entries.flatMap(entryOf(dialect, ['id']));
  const models = byId.length > 0 ? byId : entries.flatMap(entryOf(dialect, ['model', 'name']));
  return models.length > 0 || entries.length === 0 ? O.some(models) : O.none;
};

/** The entries of what is nearly a list: in a bare array, in `data`, or in `models`. */
const entriesIn = (dialect: Dialect, value: unknown): O.Option<readonly Model[]> => {
  if (Array.isArray(value)) return entriesOf(dialect, value);
  if (!Listing.is(value)) return O.none;
  const { data, models } = value;
  if (Array.isArray(data) && data.length > 0) return entriesOf(dialect, data);
  if (Array.isArray(models)) return entriesOf(dialect, models);
  const list = data === undefined ? models : data;
  // An empty list, as some languages write it; but no list beside an error.
  const isEmpty = Array.isArray(list) || list === null;
  return isEmpty && O.isNone(errorIn(value, list !== null)) ? O.some([]) : O.none;
};

const withoutModels = ({ models: _, ...rest }: Readonly<Record<string, unknown>>) => rest;

/**
 * The same list in the shape that clients read: a bare array, bare names, a missing `object`, null, and Ollama's
 * `models` are mended, and entries without a name are left out. None: it is no list of models.
 */
export const mendModels = (dialect: Dialect, body: Buffer): O.Option<Buffer> => {
  const parsed = parse(body);
  if (E.isLeft(parsed)) return O.none;
  const value = parsed.right;
  if (List.is(value) && value.data.length > 0) {
    return O.some('object' in value ? body : serialized({ object: 'list', ...value }));
  }
  if (Models.is(value)) return O.some(serialized({ object: 'list', data: value }));
  return O.map((data: readonly Model[]) => {
    const rest = t.UnknownRecord.is(value) ? withoutModels(value) : {};
    return serialized({ object: 'list', ...rest, data });
  })(entriesIn(dialect, value));
};

/** The meaning of a successful reply to `GET /models`. An empty list is a list. */
export const readModels = (dialect: Dialect, body: Buffer): Reading => {
  if (O.isSome(mendModels(dialect, body))) return { _tag: 'Content' };
  const reading = readReply(dialect, body);
  return reading._tag === 'Content' ? { _tag: 'WrongFormat', found: 'object', text: '' } : reading;
};

/** A list of models of which nothing but their ids is known. */
export const listModels = (dialect: Dialect, ids: readonly string[]): Buffer => serialized(dialect.modelList(ids));

/**
 * A list with other models in it. `change` gets whether they are one page of the list, as they are if one was asked for.
 * None: it is no list of models.
 */
export const withModels = (
  body: Buffer,
  pageAsked: boolean,
  change: (models: readonly Model[], isPage: boolean) => readonly Model[],
): O.Option<Buffer> => {
  const parsed = parse(body);
  if (E.isLeft(parsed) || !List.is(parsed.right)) return O.none;
  const list: Readonly<Record<string, unknown>> = { ...parsed.right };
  const isPage = pageAsked || list.has_more === true;
  const data = change(parsed.right.data, isPage);
  // Where there are more pages, the next one begins behind the last model that the upstream named.
  const hasEnds = 'last_id' in list && !isPage;
  const ends = hasEnds ? { first_id: data.at(0)?.id ?? null, last_id: data.at(-1)?.id ?? null } : {};
  return O.some(serialized({ ...list, data, ...ends }));
};
