/** From bytes to what they mean: whole replies, and streams event by event. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { ChoiceText, Dialect, View } from '../core/dialect.js';
import { atEnd, combine, type Found, isFinished, noFacts, type Reading, type UpstreamError } from '../core/reading.js';
import { atOnce, type Steps } from '../core/steps.js';
import { nothing } from './content.js';
import { bounded, errorIn, errorInFields, errorOfText, pageText } from './errors.js';
import { jsonIn, looksLikeStream } from './framing.js';
import { parse } from './json.js';
import { markedError, proxyErrorInText } from './proxy-errors.js';
import type { SseEvent } from './sse.js';
import { eventsIn, eventsInSlices, isSignOfLife } from './stream-reader.js';

export { looksLikeJson, looksLikeStream } from './framing.js';

const failed = (error: UpstreamError): Reading =>
  error.filtered ? { _tag: 'Filtered', text: error.text } : { _tag: 'ErrorInReply', error };

const wrongFormat = (found: Found, text = ''): Reading => ({ _tag: 'WrongFormat', found, text });

/** The meaning of a body that does not parse: it was meant to be JSON, or it is something else. */
const notJson = (body: Buffer): Reading => {
  const { isHtml, text } = pageText(body);
  if (isHtml) return wrongFormat('html', text);
  if (text === '') return { _tag: 'Empty' };
  return /^[{["]/.test(text) ? { _tag: 'Unparsable' } : wrongFormat('text', text);
};

const notReply = (value: unknown): Reading => {
  if (Array.isArray(value)) return wrongFormat('array');
  if (typeof value === 'string') return wrongFormat('text', bounded(value));
  return wrongFormat(typeof value === 'object' && value !== null ? 'object' : 'value');
};

/** The error of a reply that failed by its own account: the reason to stop says so. */
const failedBy = (reason: string): Reading =>
  failed({ text: bounded(reason), status: O.none, quota: false, hintMs: O.none, filtered: false });

const firstText = (texts: readonly ChoiceText[]): string => texts[0]?.text ?? '';

const readValue = (dialect: Dialect, value: unknown): Reading => {
  const view = dialect.reply.view(value);
  const error = errorIn(value, O.isSome(view));
  if (O.isSome(error)) return failed(error.value);
  if (O.isNone(view)) return notReply(value);
  const proxyError = proxyErrorInText(firstText(view.value.texts));
  if (O.isSome(proxyError)) return failed(proxyError.value);
  return view.value.failed === undefined ? atEnd({ ...view.value.facts, done: true }) : failedBy(view.value.failed);
};

export interface WholeRead {
  readonly body: Buffer;
  readonly reading: Reading;
}

/** The meaning of a successful JSON reply, and its body as readers expect it: as a rule, as it came. */
export const readWholeReply = (dialect: Dialect, body: Buffer): WholeRead => {
  const came = parse(body);
  if (E.isLeft(came)) return { reading: came.left === 'not json' ? notJson(body) : { _tag: 'Unparsable' }, body };
  const value = dialect.reply.normalize(came.right);
  const reading = readValue(dialect, value);
  return { reading, body: value === came.right ? body : Buffer.from(JSON.stringify(value)) };
};

/** The meaning of a successful JSON reply. */
export const readReply = (dialect: Dialect, body: Buffer): Reading => readWholeReply(dialect, body).reading;

/** One event of a stream, read. */
export type Piece =
  /** A part of the reply; without any fact it is neutral, such as a role or a count of tokens. */
  | ({ readonly _tag: 'Part' } & View & {
        /** The event as readers expect it, where it came in an odd shape. */
        readonly instead?: Buffer;
      })
  /** A comment, a ping, or fields that no reader looks at: it only shows that the upstream is alive. */
  | { readonly _tag: 'KeepAlive' }
  /** An event that says nothing and stops SillyTavern's reader: better dropped. */
  | { readonly _tag: 'Void' }
  /** An error, or an event that does not parse. */
  | { readonly _tag: 'Failed'; readonly reading: Reading };

const keepAlive: Piece = { _tag: 'KeepAlive' };
const empty: Piece = { _tag: 'Void' };
const fail = (reading: Reading): Piece => ({ _tag: 'Failed', reading });
const part = (view: View): Extract<Piece, { _tag: 'Part' }> => ({ _tag: 'Part', ...view });

const Ping = t.type({ type: t.string });

/** Whether an event is a ping: a word, or an object that names it. */
const isPing = (type: string, value: unknown): boolean =>
  isSignOfLife(type) || (typeof value === 'string' ? isSignOfLife(value) : Ping.is(value) && isSignOfLife(value.type));

/** A comment `:data…`, which SillyTavern reads as data. */
const LOOKS_LIKE_DATA = /^:+data(:|$)/m;

/** The meaning of a block without data: comments, an error under another field, or a body that is no SSE. */
const readBare = (dialect: Dialect, raw: Buffer): Piece => {
  const { text } = pageText(raw);
  if (!/^[<{[]/.test(raw.toString('utf8', 0, 64).trim())) {
    const error = errorInFields(raw);
    if (O.isSome(error)) return fail(failed(error.value));
    return LOOKS_LIKE_DATA.test(text) ? empty : keepAlive;
  }
  const reading = readReply(dialect, raw);
  const isReply = reading._tag === 'Content' || reading._tag === 'ThinkingOnly';
  // Even a good JSON reply cannot be read by a client that was promised a stream.
  return fail(isReply ? wrongFormat('object') : reading);
};

const eventOf = (type: string, value: unknown): Buffer =>
  Buffer.from(`${type === '' ? '' : `event: ${type}\n`}data: ${JSON.stringify(value)}\n\n`);

const readData = (dialect: Dialect, type: string, data: string, normalize: Normalize): Piece => {
  const came = parse(data);
  if (E.isLeft(came)) return fail(type === 'error' ? failed(errorOfText(data)) : { _tag: 'Unparsable' });
  if (came.right === null) return empty;
  const value = normalize(came.right);
  const view = dialect.events.view(value);
  const error = errorIn(value, O.isSome(view) && type !== 'error');
  if (O.isSome(error)) return fail(failed(error.value));
  if (type === 'error') return fail(failed(errorOfText('')));
  if (isPing(type, value)) return keepAlive;
  if (O.isNone(view)) return part(nothing);
  const proxyError = markedError(firstText(view.value.texts));
  if (O.isSome(proxyError)) return fail(failed(proxyError.value));
  if (view.value.failed !== undefined) return fail(failedBy(view.value.failed));
  return value === came.right ? part(view.value) : { ...part(view.value), instead: eventOf(type, value) };
};

/** Makes the events of one stream as readers expect them. */
type Normalize = (value: unknown) => unknown;

/** The meaning of one event by itself. Each event is parsed once, here. */
export const readEvent = (dialect: Dialect, event: SseEvent, normalize = dialect.events.normalize()): Piece => {
  if (O.isNone(event.data)) return readBare(dialect, event.raw);
  const data = event.data.value.trim();
  if (data === '[DONE]') return part({ ...nothing, facts: { ...noFacts, done: true } });
  return data === '' ? empty : readData(dialect, event.type, data, normalize);
};

/** The events of a stream that came whole, each with its meaning. */
export function* readEvents(
  dialect: Dialect,
  body: Buffer,
): Generator<{ readonly event: SseEvent; readonly piece: Piece }> {
  const normalize = dialect.events.normalize();
  for (const event of eventsIn(body)) yield { event, piece: readEvent(dialect, event, normalize) };
}

/** More than any model writes: reading on would take many seconds. */
const MAX_EVENTS = 500_000;

function* readStream(dialect: Dialect, body: Buffer): Steps<Reading> {
  const normalize = dialect.events.normalize();
  let facts = noFacts;
  let count = 0;
  for (const events of eventsInSlices(body)) {
    count += events.length;
    if (count > MAX_EVENTS) return { _tag: 'Unparsable' };
    for (const event of events) {
      const piece = readEvent(dialect, event, normalize);
      if (piece._tag === 'Failed') return piece.reading;
      if (piece._tag === 'Part') facts = combine(facts, piece.facts);
    }
    yield;
  }
  return atEnd(facts);
}

/** The meaning of a stream that came whole. */
export const readWholeStream = (dialect: Dialect, body: Buffer): Reading => atOnce(readStream(dialect, body));

/** A body that came whole, without what frames it, and its meaning. Its form is seen from its bytes. */
export function* readWhole(dialect: Dialect, body: Buffer): Steps<WholeRead> {
  const json = jsonIn(body);
  if (O.isSome(json)) return readWholeReply(dialect, json.value);
  return looksLikeStream(body) ? { body, reading: yield* readStream(dialect, body) } : readWholeReply(dialect, body);
}

const isWholeJson = (body: Buffer): boolean => {
  const value = parse(body);
  return E.isRight(value) && typeof value.right === 'object' && value.right !== null;
};

/** A stream without the beginning of an event that never came whole. */
const wholeEvents = (dialect: Dialect, body: Buffer): O.Option<Buffer> => {
  const whole: Buffer[] = [];
  let facts = noFacts;
  for (const { event, piece } of readEvents(dialect, body)) {
    if (piece._tag === 'Failed') {
      if (event.complete) return O.none;
      continue;
    }
    if (piece._tag === 'Part') facts = combine(facts, piece.facts);
    whole.push(event.raw);
  }
  return isFinished(facts) ? O.some(Buffer.concat(whole)) : O.none;
};

/** The end of a body, in which a reply has its reason to stop or its last event. */
const TAIL_BYTES = 64 * 1024;
const MAY_BE_WHOLE = /[}\]]\s*$|(?:finish|stop)_reason|\[DONE\]/;

/**
 * The whole part of a body that has no end by its framing: JSON that parses, or a stream in which the model has said all.
 * None: it was cut, and what was cut is never made whole.
 */
export const wholePart =
  (dialect: Dialect) =>
  (body: Buffer): O.Option<Buffer> => {
    if (!MAY_BE_WHOLE.test(body.toString('latin1', Math.max(0, body.length - TAIL_BYTES)))) return O.none;
    if (looksLikeStream(body)) return wholeEvents(dialect, body);
    return isWholeJson(body) ? O.some(body) : O.none;
  };
