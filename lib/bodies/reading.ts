/** From bytes to what they mean: whole replies, and streams event by event. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Dialect } from '../core/exchange.js';
import { atEnd, combine, type Found, isFinished, noSigns, type Reading, type UpstreamError } from '../core/reading.js';
import * as anthropic from './anthropic.js';
import { type ChoiceText, nothing, type View } from './content.js';
import { bounded, errorIn, errorOfText, pageText } from './errors.js';
import { parse } from './json.js';
import * as openai from './openai.js';
import { markedError, proxyErrorInText } from './proxy-errors.js';
import { type SseEvent, sseReader } from './sse.js';

const VIEWS = { openai, anthropic } as const;

const failed = (error: UpstreamError): Reading =>
  error.filtered ? { _tag: 'Filtered', text: error.text } : { _tag: 'ErrorInReply', error };

const wrongFormat = (found: Found, text = ''): Reading => ({ _tag: 'WrongFormat', found, text });

/** What cannot be parsed was either meant to be JSON, or it is something else. */
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

const firstText = (texts: readonly ChoiceText[]): string => texts[0]?.text ?? '';

/** What the whole body of a successful JSON reply means. */
export const readReply = (dialect: Dialect, body: Buffer): Reading => {
  const value = parse(body);
  if (E.isLeft(value)) return value.left === 'too deep' ? { _tag: 'Unparsable' } : notJson(body);
  const view = VIEWS[dialect].replyView(value.right);
  const error = errorIn(value.right, O.isSome(view));
  if (O.isSome(error)) return failed(error.value);
  if (O.isNone(view)) return notReply(value.right);
  const proxyError = proxyErrorInText(firstText(view.value.texts));
  if (O.isSome(proxyError)) return failed(proxyError.value);
  return atEnd({ ...view.value.signs, done: true });
};

/** What one event of a stream is. */
export type Piece =
  /** A part of the reply; without any sign it is neutral, such as a role or a count of tokens. */
  | ({ readonly _tag: 'Part' } & View)
  /** A comment, a ping, or fields that no reader is told of: it only shows that the upstream is alive. */
  | { readonly _tag: 'KeepAlive' }
  /** Says nothing, and stops SillyTavern's reader: better dropped. */
  | { readonly _tag: 'Void' }
  /** An error, or an event that does not parse. */
  | { readonly _tag: 'Failed'; readonly reading: Reading };

const keepAlive: Piece = { _tag: 'KeepAlive' };
const empty: Piece = { _tag: 'Void' };
const fail = (reading: Reading): Piece => ({ _tag: 'Failed', reading });
const part = (view: View): Piece => ({ _tag: 'Part', ...view });

const Ping = t.type({ type: t.literal('ping') });

/** SillyTavern reads a comment `:data…` as data. */
const LOOKS_LIKE_DATA = /^:+data(:|$)/m;

/** A block without data: comments, or a body that is no SSE at all, though it was sent as such. */
const readBare = (dialect: Dialect, raw: Buffer): Piece => {
  const { text } = pageText(raw);
  if (!/^[<{[]/.test(raw.toString('utf8', 0, 64).trim())) return LOOKS_LIKE_DATA.test(text) ? empty : keepAlive;
  const reading = readReply(dialect, raw);
  const isReply = reading._tag === 'Content' || reading._tag === 'ThinkingOnly';
  // A good JSON reply all the same cannot be read by a client that was promised a stream.
  return fail(isReply ? wrongFormat('object') : reading);
};

const readData = (dialect: Dialect, type: string, data: string): Piece => {
  const value = parse(data);
  if (E.isLeft(value)) return fail(type === 'error' ? failed(errorOfText(data)) : { _tag: 'Unparsable' });
  if (value.right === null) return empty;
  const view = VIEWS[dialect].eventView(value.right);
  const error = errorIn(value.right, O.isSome(view) && type !== 'error');
  if (O.isSome(error)) return fail(failed(error.value));
  if (type === 'error') return fail(failed(errorOfText('')));
  if (type === 'ping' || Ping.is(value.right)) return keepAlive;
  if (O.isNone(view)) return part(nothing);
  const proxyError = markedError(firstText(view.value.texts));
  return O.isSome(proxyError) ? fail(failed(proxyError.value)) : part(view.value);
};

/** What one event of a stream means by itself. Each event is parsed once, here. */
export const readEvent = (dialect: Dialect, event: SseEvent): Piece => {
  if (O.isNone(event.data)) return readBare(dialect, event.raw);
  const data = event.data.value.trim();
  if (data === '[DONE]') return part({ ...nothing, signs: { ...noSigns, done: true } });
  return data === '' ? empty : readData(dialect, event.type, data);
};

/** Whether a body begins as JSON or a page does, and no stream of events. */
export const looksLikeJson = (start: Buffer): boolean => /^\uFEFF?\s*[{[<]/.test(start.toString('utf8', 0, 64));

/** Whether a body begins as server-sent events do. */
export const looksLikeStream = (start: Buffer): boolean =>
  /^\uFEFF?\s*(data|event|id|retry)?:/.test(start.toString('utf8', 0, 64));

/** What a stream means that came whole. */
export const readWholeStream = (dialect: Dialect, body: Buffer): Reading => {
  const reader = sseReader();
  let signs = noSigns;
  for (const event of [...reader.push(body), ...reader.end()]) {
    const piece = readEvent(dialect, event);
    if (piece._tag === 'Failed') return piece.reading;
    if (piece._tag === 'Part') signs = combine(signs, piece.signs);
  }
  return atEnd(signs);
};

const isWholeJson = (body: Buffer): boolean => {
  const value = parse(body);
  return E.isRight(value) && typeof value.right === 'object' && value.right !== null;
};

/** A stream without the beginning of an event that never came whole. */
const wholeEvents = (dialect: Dialect, body: Buffer): O.Option<Buffer> => {
  const reader = sseReader();
  let signs = noSigns;
  let bytes = 0;
  for (const event of [...reader.push(body), ...reader.end()]) {
    const piece = readEvent(dialect, event);
    if (piece._tag === 'Failed') {
      if (event.complete) return O.none;
      continue;
    }
    if (piece._tag === 'Part') signs = combine(signs, piece.signs);
    bytes += event.raw.length;
  }
  return isFinished(signs) ? O.some(body.subarray(0, bytes)) : O.none;
};

/** In the last of it a reply has its reason to stop, or its end. */
const TAIL_BYTES = 64 * 1024;
const MAY_BE_WHOLE = /[}\]]\s*$|(?:finish|stop)_reason|\[DONE\]/;

/**
 * What is whole of a body that has no end by its framing: JSON that parses, or a stream in which the model has said all.
 * None: it was cut, and what was cut is never made whole.
 */
export const wholePart =
  (dialect: Dialect) =>
  (body: Buffer): O.Option<Buffer> => {
    if (!MAY_BE_WHOLE.test(body.toString('latin1', Math.max(0, body.length - TAIL_BYTES)))) return O.none;
    if (looksLikeStream(body)) return wholeEvents(dialect, body);
    return isWholeJson(body) ? O.some(body) : O.none;
  };
