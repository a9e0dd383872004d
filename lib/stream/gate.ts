/** Holds a stream back until it can be judged, so that until then a failure can still be mended by another try. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Clock } from '../core/clock.js';
import type { View } from '../core/dialect.js';
import { bytes, type Held, type ReadBody, type Try } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { atEnd, type Reading, type StreamFacts, soFar } from '../core/reading.js';
import type { StreamingSettings } from '../core/settings.js';
import { type Chunk, prefixed, type Source } from '../core/source.js';
import type { Warn } from '../core/warning.js';
import { MAX_CHOICES } from '../dialects/content.js';
import { afterWhite } from '../dialects/framing.js';
import { looksLikeJson, looksLikeStream, readReply, readWhole, wholePart } from '../dialects/reading.js';
import { buffer, ENDLESS_WHITE, gathered, WHITE_LIMIT_BYTES } from './buffer.js';
import { eventsOf } from './events.js';
import { accountOf, NO_MEMORY } from './ledger.js';
import { monitor, nothingKept, nothingSeen, see } from './monitor.js';

/** The limit of bytes without content that are held back. Reasoning may take as much as a whole reply. */
const HELD_BYTES = 256 * 1024;

type Read = E.Either<Failure, ReadBody>;

/** A stream was asked for, and something else came. */
const readHeld = async ({ clock }: GateDeps, { call, target, signal }: Try, body: Held): Promise<Read> => {
  const held = await buffer(clock)(body, target.replyLimitBytes, wholePart(call.dialect), signal)();
  if (E.isLeft(held)) return held;
  if (held.right._tag === 'Held') return E.right({ body: held.right, reading: { _tag: 'Unread' } });
  const whole = await clock.inTurns(readWhole(call.dialect, held.right.bytes));
  return E.right({ body: bytes(whole.body), reading: whole.reading });
};

export interface GateDeps {
  readonly commit: StreamingSettings['commit'];
  /** The user's wish for a stream that breaks: text is kept only of one that may be gone on with. */
  readonly onBreak: StreamingSettings['onBreak'];
  /** So many characters of the text of each choice a stage must see before anything goes to the client. */
  readonly needChars: number;
  readonly warn: Warn;
  readonly clock: Clock;
}

/** How much text has come of each choice that has begun. */
type Counts = Map<number, number>;

const count = (counts: Counts, { facts, texts }: View): void => {
  for (const choice of facts.begun) if (!counts.has(choice)) counts.set(choice, 0);
  for (const { choice, text } of texts) {
    const before = counts.get(choice);
    if (before !== undefined || counts.size < MAX_CHOICES) counts.set(choice, (before ?? 0) + text.length);
  }
};

/** A choice that ended sooner has the stream held until it is whole, since only then it is known that no more comes. */
const isEnough = (needChars: number, counts: Counts): boolean =>
  needChars === 0 || (counts.size > 0 && [...counts.values()].every((chars) => chars >= needChars));

/** Whether a stream that means this so far may go to the client, with nothing left to be asked for again. */
const mayOpen = ({ commit, needChars }: GateDeps, reading: Reading, counts: Counts): boolean =>
  commit !== 'complete' &&
  isEnough(needChars, counts) &&
  (reading._tag === 'Content' || (reading._tag === 'ThinkingOnly' && commit === 'first_content'));

/** Behind the first content an event that does not parse is left out, whether or not it came in the same bytes. */
const isLeftOut = (reading: Reading, before: StreamFacts): boolean =>
  reading._tag === 'Unparsable' && soFar(before)._tag !== 'Undecided';

/** So many warnings of events that were left out; a stream may hold millions of them. */
const MOST_DROP_WARNINGS = 10;

const NOTHING = Buffer.alloc(0);

/** A stream in which nothing was said may be no stream at all, but a text: its beginning tells. */
const ofNoEvents = ({ call }: Try, start: Buffer, reading: Reading): Reading =>
  reading._tag === 'Empty' && !looksLikeStream(start) ? readReply(call.dialect, start) : reading;

/** Comments and pings are not kept, and events that would break the reader of SillyTavern are left out. */
const readStream = async (
  deps: GateDeps,
  attempt: Try,
  body: Held,
  start: Buffer,
  source: Source,
  onContent: () => void,
): Promise<Read> => {
  let dropped = 0;
  const warnOf = (warning: Parameters<Warn>[1]) => {
    if (warning === 'event_dropped') dropped += 1;
    if (dropped <= MOST_DROP_WARNINGS || warning !== 'event_dropped') deps.warn(attempt.id, warning);
  };
  const events = eventsOf(deps.clock, source, attempt);
  const { replyLimitBytes } = attempt.target;
  const neutralLimitBytes = deps.commit === 'complete' || deps.needChars > 0 ? replyLimitBytes : HELD_BYTES;
  const kept = gathered();
  const account = accountOf(attempt.signal);
  let neutralBytes = 0;
  const { call } = attempt;
  const isKept = deps.onBreak === 'continue' && call._tag === 'Chat' && call.dialect.continuation.canGoOn(call.body);
  let seen = isKept ? nothingSeen : nothingKept;
  const counts: Counts = new Map();
  const open = (reading: Reading): Read => {
    const monitored = monitor(events, seen, warnOf);
    return E.right({ body: { ...body, source: monitored, prefix: kept.whole(), length: O.none }, reading });
  };
  const close = (reading: Reading): Read => {
    events.abandon({ _tag: 'ClientGone' });
    return E.right({ body: bytes(kept.whole()), reading });
  };

  for (;;) {
    const batch = await events.next(seen.facts);
    if (E.isLeft(batch)) return batch;
    if (O.isNone(batch.right)) {
      kept.add(events.lastEvent);
      return close(ofNoEvents(attempt, start, atEnd(seen.facts)));
    }
    const keptBefore = kept.byteLength();
    for (const { raw, piece } of batch.right.value) {
      if (piece._tag === 'Failed' && !isLeftOut(piece.reading, seen.facts)) return close(piece.reading);
      if (piece._tag === 'Void' || piece._tag === 'Failed') warnOf('event_dropped');
      if (piece._tag !== 'Part') continue;
      seen = see(seen, raw, piece);
      count(counts, piece);
      kept.add(raw);
      if (!piece.facts.thinking) neutralBytes += raw.length;
    }
    if (!account.take(kept.byteLength() - keptBefore)) {
      events.abandon(NO_MEMORY);
      return E.left(NO_MEMORY);
    }
    const reading = soFar(seen.facts);
    if (reading._tag !== 'Undecided') onContent();
    if (seen.facts.done) return close(reading);
    if (mayOpen(deps, reading, counts)) return open({ _tag: 'Content' });
    if (neutralBytes > neutralLimitBytes || kept.byteLength() > replyLimitBytes) return open({ _tag: 'Undecided' });
  }
};

const BARE_END = '[DONE]';

/** The first bytes tell what a body is, but for a `[`, which may begin an array or the end of a stream. */
const mayBeBareEnd = (start: Buffer): boolean =>
  start.length < BARE_END.length && BARE_END.startsWith(start.toString('latin1'));

/** The first bytes behind the white space that some send while they wait. */
const beginning = async (source: Source): Promise<Chunk> => {
  let start: Buffer = NOTHING;
  for (let whiteBytes = 0; whiteBytes <= WHITE_LIMIT_BYTES; ) {
    const chunk = await source.next();
    if (E.isLeft(chunk) || O.isNone(chunk.right)) return start.length > 0 ? E.right(O.some(start)) : chunk;
    const came = start.length === 0 ? chunk.right.value : Buffer.concat([start, chunk.right.value]);
    const from = afterWhite(came);
    whiteBytes += from;
    start = came.subarray(from);
    if (!mayBeBareEnd(start)) return E.right(O.some(start));
  }
  source.abandon(ENDLESS_WHITE);
  return E.left(ENDLESS_WHITE);
};

/** The body of a stream's reply, open for the client, or whole where it ended before it had to be opened. */
export const gate =
  (deps: GateDeps) =>
  (attempt: Try, body: Held): TE.TaskEither<Failure, ReadBody> =>
  async () => {
    const { firstContentMs } = attempt.target.timeouts;
    accountOf(attempt.signal).beginReply();
    const { source } = body;
    // The limit is on the first sign of an answer, reasoning too, however long the whole is then held.
    const onContent = deps.clock.after(firstContentMs, () =>
      source.abandon({ _tag: 'TimedOut', phase: 'first_content', limitMs: firstContentMs, sent: true }),
    );
    const first = await beginning(source);
    const start = E.isRight(first) && O.isSome(first.right) ? first.right.value : NOTHING;
    const isJson = looksLikeJson(start);
    // It has begun, and nobody waits for its first content any more than for its last.
    if (isJson) onContent();
    const read = await (isJson
      ? readHeld(deps, attempt, { ...body, source, prefix: start, length: O.none })
      : readStream(deps, attempt, body, start, prefixed(first, source), onContent));
    onContent();
    return read;
  };
