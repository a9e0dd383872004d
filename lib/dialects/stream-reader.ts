/** Streams as upstreams write them: what is not quite server-sent events comes out as such. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { parse } from './json.js';
import { type SseEvent, type SseReader, sseReader } from './sse.js';

const DONE = '[DONE]';

/** Words that some upstreams send as data, or as the name of an event, to keep a connection open. */
const WORDS = /^\W{0,3}(?:ping|pong|heart[-_ ]?beat|keep[-_ ]?alive|noop|ka)\W{0,3}$/i;

/** Whether this names an event, or is the text of one, that only shows that the upstream is alive. */
export const isSignOfLife = (word: string): boolean => word.length < 40 && WORDS.test(word);

/** Whether data is really a comment: no reader of JSON can use it. */
const isKeepAlive = ({ type }: SseEvent, data: string): boolean =>
  type !== 'error' && (data.startsWith(':') || isSignOfLife(data) || (isSignOfLife(type) && !data.startsWith('{')));

/** Whether a line is an event by itself: JSON cannot end so and go on in the next line. */
const standsAlone = (line: string): boolean => {
  const data = line.trim();
  return data === DONE || data.startsWith(':') || isSignOfLife(data) || E.isRight(parse(data));
};

const KEEP_ALIVE: SseEvent = { raw: Buffer.from(': keep-alive\n\n'), type: '', data: O.none, complete: true };

const END: SseEvent = { raw: Buffer.from(`data: ${DONE}\n\n`), type: '', data: O.some(DONE), complete: true };

/** Longer than the end with all white space and comments that are seen around it. */
const BARE_END_BYTES = 100;

const isBareEnd = (raw: Buffer): boolean =>
  raw.length < BARE_END_BYTES && raw.includes(DONE) && /^\s*\[DONE\]\s*$/m.test(raw.toString());

/**
 * A reader of one stream that passes over what upstreams get wrong, as the standard's reader of it would not:
 * - Events without a blank line between them are separated, and get it.
 * - Words that keep a connection open become comments.
 * - The line `[DONE]` without its field is the end where nothing follows, and else a comment.
 */
export const streamReader = (): SseReader => {
  const { push, end, pendingBytes } = sseReader(standsAlone);
  let mayBeOver = false;
  const mended = (event: SseEvent): SseEvent => {
    if (O.isNone(event.data)) {
      if (!isBareEnd(event.raw)) return event;
      mayBeOver = true;
      return KEEP_ALIVE;
    }
    const data = event.data.value.trim();
    if (isKeepAlive(event, data)) return KEEP_ALIVE;
    if (data !== '') mayBeOver = false;
    return event;
  };
  return {
    push: (bytes) => push(bytes).map(mended),
    end: () => {
      const last = end().map(mended);
      const isOver = mayBeOver;
      mayBeOver = false;
      return isOver ? [...last, END] : last;
    },
    pendingBytes,
  };
};

/**
 * The bytes of a whole stream that are read at once: the events of all of it would take many times its memory, and much
 * time.
 */
const SLICE_BYTES = 32 * 1024;

/** The events of a whole stream, some at a time. */
export function* eventsInSlices(stream: Buffer): Generator<readonly SseEvent[]> {
  const reader = streamReader();
  for (let at = 0; at < stream.length; at += SLICE_BYTES) yield reader.push(stream.subarray(at, at + SLICE_BYTES));
  yield reader.end();
}

/** The events of a whole stream, one after the other. */
export function* eventsIn(stream: Buffer): Generator<SseEvent> {
  for (const events of eventsInSlices(stream)) yield* events;
}
