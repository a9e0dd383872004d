/** A stream after commit: passed on byte for byte, and monitored, so that no break is taken for its end. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { View } from '../core/dialect.js';
import type { BreakingOff, Failure } from '../core/failure.js';
import { atEnd, combine, noFacts, type StreamFacts } from '../core/reading.js';
import type { Chunk, Source } from '../core/source.js';
import type { Warning } from '../core/warning.js';
import type { Event, EventSource } from './events.js';

const brokenOff = (by: BreakingOff): Chunk => E.left({ _tag: 'BrokenOff', by });

const END: Chunk = E.right(O.none);

/** The failure as it is called once the client has the beginning of the reply. */
const whileStreaming = (failure: Failure): Chunk => {
  if (failure._tag === 'TimedOut') return brokenOff(failure.phase === 'total' ? 'total' : 'silence');
  return failure._tag === 'ClientGone' || failure._tag === 'ShuttingDown' ? E.left(failure) : brokenOff('reset');
};

/** Whether what was seen is a whole reply. */
const atItsEnd = (facts: StreamFacts): Chunk => {
  const reading = atEnd(facts);
  if (reading._tag === 'Content') return END;
  if (reading._tag !== 'ThinkingOnly') return brokenOff(reading._tag === 'Filtered' ? 'error' : 'end');
  return reading.cut ? END : brokenOff('thought');
};

/** After `[DONE]` an upstream may keep its connection open: what it has at hand is read, so that it can be used again. */
const LAST_BYTES_MS = 100;

const readToEnd = async (events: EventSource): Promise<void> => {
  const stopWaiting = events.clock.after(LAST_BYTES_MS, () => events.abandon({ _tag: 'ClientGone' }));
  for (;;) {
    const batch = await events.next(noFacts);
    if (E.isLeft(batch) || O.isNone(batch.right)) break;
  }
  stopWaiting();
};

/** The part of a stream that has come so far. */
export interface Seen {
  readonly facts: StreamFacts;
  /** Of the only choice, exactly; nothing, where the stream cannot be gone on with. */
  readonly text: string;
  /** The last event that bore text; before there was one, the last event. */
  readonly last: Buffer;
  /** Nothing but text, of one choice, has come, and all of it was kept. */
  readonly isPlain: boolean;
  /** The block of the text has ended. */
  readonly isClosed: boolean;
}

export const nothingSeen: Seen = { facts: noFacts, text: '', last: Buffer.alloc(0), isPlain: true, isClosed: false };

/** Where nothing is to go on from it, no text is kept. */
export const nothingKept: Seen = { ...nothingSeen, isPlain: false };

/** Longer than any reply that is asked to go on, and short enough to be held for each stream. */
export const KEPT_CHARS = 1024 * 1024;

export const see = (seen: Seen, raw: Buffer, { facts: more, texts, closes }: View): Seen => {
  const facts = combine(seen.facts, more);
  if (!seen.isPlain) return { ...seen, facts };
  const text = seen.text + texts.map((of) => of.text).join('');
  const isText = texts.every(({ choice }) => choice === 0) && (texts.length > 0 || !more.content);
  if (!isText || text.length > KEPT_CHARS) return { ...nothingKept, facts };
  return {
    facts,
    text,
    last: texts.length > 0 || seen.text === '' ? raw : seen.last,
    isPlain: true,
    isClosed: texts.length === 0 && (seen.isClosed || (closes && seen.text !== '')),
  };
};

/** A source that tells what it has given. */
export interface Monitored extends Source {
  readonly seen: () => Seen;
}

/**
 * The rest of a stream, as a client gets it, of whose beginning this was seen. Events that break the reader of SillyTavern are left
 * out. A stream that breaks, fails, or ends before its end is `BrokenOff`.
 */
export const monitor = (events: EventSource, beginning: Seen, warn: (warning: Warning) => void): Monitored => {
  let seen = beginning;
  let over: Chunk | undefined;
  let isRead = false;

  /** The bytes of an event that the client gets. */
  const take = ({ raw, piece }: Event): readonly Buffer[] => {
    if (over !== undefined) return [];
    if (piece._tag === 'KeepAlive') return [raw];
    if (piece._tag === 'Part') {
      seen = see(seen, raw, piece);
      if (piece.facts.done) over = atItsEnd(seen.facts);
      return over === undefined || over === END ? [raw] : [];
    }
    if (piece._tag === 'Void' || piece.reading._tag === 'Unparsable') warn('event_dropped');
    else over = brokenOff('error');
    return [];
  };

  const next = async (): Promise<Chunk> => {
    while (over === undefined) {
      const batch = await events.next(seen.facts);
      if (E.isLeft(batch)) {
        over = whileStreaming(batch.left);
      } else if (O.isNone(batch.right)) {
        over = atItsEnd(seen.facts);
        if (over === END) return E.right(O.some(events.lastEvent));
      } else {
        const passed = batch.right.value.flatMap(take);
        if (passed.length > 0) return E.right(O.some(Buffer.concat(passed)));
      }
    }
    if (!isRead) {
      isRead = true;
      await readToEnd(events);
    }
    return over;
  };
  return { next, abandon: events.abandon, seen: () => seen };
};
