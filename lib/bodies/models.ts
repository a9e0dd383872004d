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

/** A list of the models of these ids, of which nothing else is known. */
export const listModels = (dialect: Dialect, ids: readonly string[]): Buffer =>
  dialect === 'anthropic'
    ? serialized({
        data: ids.map((id) => ({ type: 'model', id, display_name: id, created_at: EPOCH })),
        has_more: false,
        first_id: ids.at(0) ?? null,
        last_id: ids.at(-1) ?? null,
      })
    : serialized({
        object: 'list',
        data: ids.map((id) => ({ id, object: 'model', created: 0, owned_by: 'unknown' })),
      });
