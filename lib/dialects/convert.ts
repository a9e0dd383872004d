/** One form of a good reply as the other: a whole reply as a stream, and a stream as a whole reply. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Dialect } from '../core/exchange.js';
import * as anthropic from './anthropic/convert.js';
import { parse } from './json.js';
import { Fields } from './merge.js';
import { normalizeEvents, normalizeReply } from './normalize.js';
import * as openai from './openai/convert.js';
import { eventsIn } from './stream-reader.js';

const FORMS = { openai, anthropic } as const;

/** The event at which readers of a dialect's streams stop. */
export const LAST_EVENT: Readonly<Record<Dialect, Buffer>> = {
  openai: Buffer.from('data: [DONE]\n\n'),
  anthropic: Buffer.from('event: message_stop\ndata: {"type":"message_stop"}\n\n'),
};

const objectIn = (json: Buffer | string, withDefault: (value: unknown) => unknown): readonly Fields[] => {
  const value = E.map(withDefault)(parse(json));
  return E.isRight(value) && Fields.is(value.right) ? [value.right] : [];
};

const objectsIn = (dialect: Dialect, stream: Buffer): readonly Fields[] => {
  const withDefault = normalizeEvents(dialect);
  const objects: Fields[] = [];
  for (const { data } of eventsIn(stream)) if (O.isSome(data)) objects.push(...objectIn(data.value, withDefault));
  return objects;
};

/**
 * The events that say what a whole JSON reply says, with the end that the dialect's streams have. What is no reply is
 * given back as it came.
 */
export const streamOf = (dialect: Dialect, reply: Buffer): Buffer => {
  const [value] = objectIn(reply, (came) => normalizeReply(dialect, came));
  const events = value === undefined ? O.none : FORMS[dialect].streamOf(value);
  return O.isSome(events) ? Buffer.from(events.value) : reply;
};

/**
 * The JSON reply that a whole stream says. Events that say nothing of it, or do not parse, are left out; a stream
 * without any other is given back as it came.
 */
export const wholeOf = (dialect: Dialect, stream: Buffer): Buffer => {
  const value = FORMS[dialect].wholeOf(objectsIn(dialect, stream));
  return O.isSome(value) ? Buffer.from(JSON.stringify(value.value)) : stream;
};
