/** The list of models, OpenAI's shape and what is nearly it. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Dialect } from '../core/exchange.js';
import type { Reading } from '../core/reading.js';
import { parse } from './json.js';
import { readReply } from './reading.js';

const Models = t.array(t.type({ id: t.string }));
const List = t.type({ data: Models });

/** An entry of a list; fields that are not known here are kept. */
export interface Model {
  readonly id: string;
  readonly [field: string]: unknown;
}

const serialized = (value: object): Buffer => Buffer.from(JSON.stringify(value));

/** The same list in OpenAI's shape: a bare array and a missing `object` are mended. None: it is no list of models. */
export const mendModels = (body: Buffer): O.Option<Buffer> => {
  const parsed = parse(body);
  if (E.isLeft(parsed)) return O.none;
  const value = parsed.right;
  if (List.is(value)) return O.some('object' in value ? body : serialized({ object: 'list', ...value }));
  return Models.is(value) ? O.some(serialized({ object: 'list', data: value })) : O.none;
};

/** What the body of a successful reply to `GET /models` means. An empty list is a list. */
export const readModels = (body: Buffer): Reading => {
  if (O.isSome(mendModels(body))) return { _tag: 'Content' };
  const reading = readReply('openai', body);
  return reading._tag === 'Content' ? { _tag: 'WrongFormat', found: 'object', text: '' } : reading;
};

/** When a model came to be is not known of a mere id, and both APIs demand a time. */
const EPOCH = '1970-01-01T00:00:00Z';

/** A model of which nothing but its id is known. */
export const modelOf = (dialect: Dialect, id: string): Model =>
  dialect === 'anthropic'
    ? { type: 'model', id, display_name: id, created_at: EPOCH }
    : { id, object: 'model', created: 0, owned_by: 'unknown' };

/** A list of such models. */
export const listModels = (dialect: Dialect, ids: readonly string[]): Buffer => {
  const data = ids.map((id) => modelOf(dialect, id));
  return dialect === 'anthropic'
    ? serialized({ data, has_more: false, first_id: ids.at(0) ?? null, last_id: ids.at(-1) ?? null })
    : serialized({ object: 'list', data });
};

/**
 * A list with other models in it. `change` is told whether they are one page of it, as they are where one was asked for.
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
