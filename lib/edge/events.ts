/** The events of a stream as they come, each with what it means. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { LAST_EVENT } from '../bodies/forms.js';
import { type Piece, readEvent } from '../bodies/reading.js';
import { sseReader } from '../bodies/sse.js';
import type { Try } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import type { Signs } from '../core/reading.js';
import { ending } from './ending.js';
import { now } from './ports.js';
import type { Source } from './source.js';

export interface Event {
  /** The bytes that it came in; with a blank line at the end, also where the upstream left it out. */
  readonly raw: Buffer;
  readonly piece: Piece;
}

/** Events that ended in the same bytes, maybe none of them; none at the end of a stream. */
export type Batch = E.Either<Failure, O.Option<readonly Event[]>>;

export interface EventSource {
  /** What comes next. Whether its end is a whole one depends on what was seen so far. */
  readonly next: (seen: Signs) => Promise<Batch>;
  /** At which the readers of such a stream stop. */
  readonly lastEvent: Buffer;
  readonly abandon: (failure: Failure) => void;
}

/** How many times the idle limit an upstream may send comments and pings alone. */
const PATIENCE = 3;

const BLANK_LINE = Buffer.from('\n\n');

const isStop = ({ piece }: Event): boolean => piece._tag === 'Part' && (piece.signs.stopped || piece.signs.done);

export const eventsOf = (source: Source, { call, target }: Try): EventSource => {
  const { idleMs } = target.timeouts;
  const reader = sseReader();
  const read = (events: ReturnType<typeof reader.push>): readonly Event[] =>
    events.map((event) => ({
      raw: event.complete ? event.raw : Buffer.concat([event.raw, BLANK_LINE]),
      piece: readEvent(call.dialect, event),
    }));
  /** Waited since the last event that was more than a sign of life. What a slow reader takes is not waited for. */
  let silentMs = 0;
  let ended = false;

  const fail = (failure: Failure): E.Either<Failure, never> => {
    source.abandon(failure);
    return E.left(failure);
  };
  const next = async (): Promise<Batch> => {
    if (ended) return E.right(O.none);
    const askedAt = now();
    const chunk = await source.next();
    if (E.isLeft(chunk)) {
      // It may have told its end, and broken before the blank line behind that.
      const stop = read(reader.end()).filter(isStop);
      return stop.length > 0 ? E.right(O.some(stop)) : chunk;
    }
    ended = O.isNone(chunk.right);
    const events = read(O.isSome(chunk.right) ? reader.push(chunk.right.value) : reader.end());
    if (reader.pendingBytes() > target.replyLimitBytes) return fail({ _tag: 'Malformed', detail: 'endless event' });
    silentMs += now() - askedAt;
    if (events.some(({ piece }) => piece._tag !== 'KeepAlive')) silentMs = 0;
    if (silentMs > PATIENCE * idleMs) return fail({ _tag: 'TimedOut', phase: 'idle', limitMs: silentMs, sent: true });
    return E.right(O.some(events));
  };
  return {
    next: ending({ next, abandon: source.abandon }, call),
    lastEvent: LAST_EVENT[call.dialect],
    abandon: source.abandon,
  };
};
