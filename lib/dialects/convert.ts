/** One form of a good reply as the other: a whole reply as a stream, and a stream as a whole reply. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Dialect } from '../core/dialect.js';
import type { Steps } from '../core/steps.js';
import { parse } from './json.js';
import { Fields } from './merge.js';
import { eventsInSlices } from './stream-reader.js';

const objectIn = (json: Buffer | string, normalize: (value: unknown) => unknown): readonly Fields[] => {
  const value = E.map(normalize)(parse(json));
  return E.isRight(value) && Fields.is(value.right) ? [value.right] : [];
};

function* objectsIn(dialect: Dialect, stream: Buffer): Steps<readonly Fields[]> {
  const normalize = dialect.events.normalize();
  const objects: Fields[] = [];
  for (const events of eventsInSlices(stream)) {
    for (const { data } of events) if (O.isSome(data)) objects.push(...objectIn(data.value, normalize));
    yield;
  }
  return objects;
}

/**
 * The events that say what a whole JSON reply says, with the end that the dialect's streams have. What is no reply is
 * given back as it came.
 */
export const streamOf = ({ reply }: Dialect, whole: Buffer): Buffer => {
  const [value] = objectIn(whole, reply.normalize);
  const events = value === undefined ? O.none : reply.toStream(value);
  return O.isSome(events) ? Buffer.from(events.value) : whole;
};

/**
 * The JSON reply that a whole stream says. Events that say nothing of it, or do not parse, are left out; a stream
 * without any other is given back as it came.
 */
export function* wholeOf(dialect: Dialect, stream: Buffer): Steps<Buffer> {
  const value = dialect.reply.fromStream(yield* objectsIn(dialect, stream));
  return O.isSome(value) ? Buffer.from(JSON.stringify(value.value)) : stream;
}
