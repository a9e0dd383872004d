/** The events of a stream as they come, each with what it means. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Clock } from '../core/clock.js';
import type { Dialect } from '../core/dialect.js';
import type { Call, Try } from '../core/exchange.js';
import { type Failure, isUpstreams } from '../core/failure.js';
import { isFinished, type StreamFacts } from '../core/reading.js';
import type { Source } from '../core/source.js';
import { streamOf } from '../dialects/convert.js';
import { type Piece, readEvent } from '../dialects/reading.js';
import type { SseEvent } from '../dialects/sse.js';
import { streamReader } from '../dialects/stream-reader.js';

/** How long a stream is waited for whose model has said all: a count of tokens and the last event may still come. */
const END_MS = 4000;

const END = E.right(O.none);

/** Upstreams may begin one choice after another. */
const askedFor = (call: Call): number => (call._tag === 'Chat' && typeof call.body.n === 'number' ? call.body.n : 1);

interface Batches<A> {
  readonly next: () => Promise<E.Either<Failure, O.Option<A>>>;
  readonly abandon: (failure: Failure) => void;
}

/** `next`, by what was seen: where the model has said all, any end is a whole one. */
const ending = <A>(
  { next, abandon }: Batches<A>,
  call: Call,
  { now, within }: Pick<Clock, 'now' | 'within'>,
): ((seen: StreamFacts) => ReturnType<typeof next>) => {
  const choices = askedFor(call);
  /** Without the time that a slow reader takes. */
  let waitedMs = 0;
  const soon = async (): ReturnType<typeof next> => {
    const askedAt = now();
    const batch = await within(END_MS - waitedMs, next());
    waitedMs += now() - askedAt;
    if (batch !== undefined) return batch;
    abandon({ _tag: 'ClientGone' });
    return END;
  };
  return async (seen) => {
    if (!isFinished(seen)) {
      waitedMs = 0;
      return next();
    }
    const batch = await (choices > 1 && seen.ended.size < choices ? next() : soon());
    return E.isLeft(batch) && isUpstreams(batch.left) ? END : batch;
  };
};

export interface Event {
  /**
   * The bytes that it came in; with a blank line at the end, also where the upstream left it out. Of an odd shape, the
   * bytes of the usual one.
   */
  readonly raw: Buffer;
  readonly piece: Piece;
}

/** Events that ended in the same bytes, maybe none of them; none at the end of a stream. */
export type Batch = E.Either<Failure, O.Option<readonly Event[]>>;

export interface EventSource {
  /** The next events. Whether an end is a whole one depends on what was seen so far. */
  readonly next: (seen: StreamFacts) => Promise<Batch>;
  /** At which the readers of such a stream stop. */
  readonly lastEvent: Buffer;
  readonly abandon: (failure: Failure) => void;
  readonly clock: Clock;
}

/** How many times the idle limit an upstream may send comments and pings alone. */
const PATIENCE = 3;

const BLANK_LINE = Buffer.from('\n\n');

/** More is no event: it would be held until it ends. */
const EVENT_LIMIT_BYTES = 2 * 1024 * 1024;

/** Where a whole reply may stand in a stream, besides the data of an event: as bare JSON. */
const isBareJson = ({ data, raw }: SseEvent): boolean =>
  O.isNone(data) && raw.toString('latin1', 0, 64).trimStart().startsWith('{');

const wholeReplyIn = (event: SseEvent, dialect: Dialect): Buffer | undefined => {
  if (isBareJson(event)) return event.raw;
  return O.isSome(event.data) && dialect.events.isWholeReply(event.data.value)
    ? Buffer.from(event.data.value)
    : undefined;
};

/** The event; or those that a whole reply is in the form of a stream, which was asked for. */
const asEvents = (event: SseEvent, dialect: Dialect): readonly SseEvent[] => {
  const reply = wholeReplyIn(event, dialect);
  if (reply === undefined) return [event];
  const events = streamOf(dialect, reply);
  return events === reply ? [event] : streamReader().push(events);
};

const isStop = ({ piece }: Event): boolean => piece._tag === 'Part' && (piece.facts.stopped || piece.facts.done);

export const eventsOf = (clock: Clock, source: Source, { call, target }: Try): EventSource => {
  const { idleMs } = target.timeouts;
  const limitBytes = Math.min(EVENT_LIMIT_BYTES, target.replyLimitBytes);
  const reader = streamReader();
  const normalize = call.dialect.events.normalize();
  const rawOf = ({ complete, raw }: SseEvent, piece: Piece): Buffer => {
    if (piece._tag === 'Part' && piece.instead !== undefined) return piece.instead;
    return complete ? raw : Buffer.concat([raw, BLANK_LINE]);
  };
  const read = (events: readonly SseEvent[]): readonly Event[] =>
    events
      .flatMap((event) => asEvents(event, call.dialect))
      .map((event) => {
        const piece = readEvent(call.dialect, event, normalize);
        return { raw: rawOf(event, piece), piece };
      });
  /** Waited since the last event that was more than a sign of life. What a slow reader takes is not waited for. */
  let silentMs = 0;
  let ended = false;

  const fail = (failure: Failure): E.Either<Failure, never> => {
    source.abandon(failure);
    return E.left(failure);
  };
  const next = async (): Promise<Batch> => {
    if (ended) return E.right(O.none);
    const askedAt = clock.now();
    const chunk = await source.next();
    if (E.isLeft(chunk)) {
      // It may have told its end, and broken before the blank line behind that.
      const stop = read(reader.end()).filter(isStop);
      return stop.length > 0 ? E.right(O.some(stop)) : chunk;
    }
    ended = O.isNone(chunk.right);
    const events = read(O.isSome(chunk.right) ? reader.push(chunk.right.value) : reader.end());
    if (reader.pendingBytes() > limitBytes) return fail({ _tag: 'Malformed', detail: 'endless event' });
    silentMs += clock.now() - askedAt;
    if (events.some(({ piece }) => piece._tag !== 'KeepAlive')) silentMs = 0;
    if (silentMs > PATIENCE * idleMs) return fail({ _tag: 'TimedOut', phase: 'idle', limitMs: silentMs, sent: true });
    return E.right(O.some(events));
  };
  return {
    next: ending({ next, abandon: source.abandon }, call, clock),
    clock,
    lastEvent: call.dialect.events.last,
    abandon: source.abandon,
  };
};
