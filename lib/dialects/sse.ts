/** Server-sent events as they come off a connection: cut into events, byte for byte, and read. */
import * as O from 'fp-ts/lib/Option.js';
import { BESIDE_DATA, CR, dataOf, LF, noLines, withBlankLine } from './sse-lines.js';

export interface SseEvent {
  /** The bytes that it came in, with its blank line. Of a run of blank lines only the first is kept. */
  readonly raw: Buffer;
  /** The `event` field; `''` where there is none. */
  readonly type: string;
  /** The `data` lines, joined by LF. None: no reader gets this block, such as one of comments only. */
  readonly data: O.Option<string>;
  /** False: the input ended before the blank line, without which many readers drop an event. */
  readonly complete: boolean;
}

/** Holds what it was given until the event is whole, so a buffer that was pushed must not change afterwards. */
export interface SseReader {
  /** The events that end in these bytes. */
  readonly push: (bytes: Buffer) => readonly SseEvent[];
  /** The last event, where one was begun. */
  readonly end: () => readonly SseEvent[];
  /** The length of the event that has not ended yet; the caller decides what is too long. */
  readonly pendingBytes: () => number;
}

const COLON = 0x3a;
const BOM = '\uFEFF';

const isLineEnd = (byte: number | undefined): boolean => byte === LF || byte === CR;

/** The nearer of two places; -1 is none. */
const nearer = (a: number, b: number): number => (a < 0 || (b >= 0 && b < a) ? b : a);

const silent = (raw: Buffer): SseEvent => ({ raw, type: '', data: O.none, complete: true });

/**
 * A reader of one stream; it keeps state. However the input is split, the events are the same, but for what no reader
 * gets: blocks of comments that come together are one event, and of blank lines between events each push gives at most
 * one. The time is linear in the length of the input. Lines may end in CR, LF or CRLF.
 *
 * After a blank line's CR it waits for one more byte, which may be the LF that belongs to it; not so where the line
 * before ended in a bare CR too, or streams that use CR alone would always be an event late.
 *
 * `standsAlone`: whether what one line says is an event by itself, so that what the next one says is another, though no
 * blank line stands between them. By the standard none is.
 */
export const sseReader = (standsAlone: (data: string) => boolean = () => false): SseReader => {
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** The beginning of a line that has not ended; these bytes are held too. */
  let lineHead: Buffer[] = [];
  let lineHeadBytes = 0;
  let lines = noLines();
  let isFirstLine = true;
  let hasLines = false;
  /** A line has come that is no comment. */
  let hasFields = false;
  let lastWasCr = false;
  let blankMayGoOn = false;

  /** Decoded as a whole, so that no character is ever decoded in halves. */
  const textOf = (bytes: Buffer, from: number, to: number): string => {
    const text =
      lineHeadBytes === 0
        ? bytes.toString('utf8', from, to)
        : Buffer.concat([...lineHead, bytes.subarray(from, to)]).toString('utf8');
    lineHead = [];
    lineHeadBytes = 0;
    const hasBom = isFirstLine && text.startsWith(BOM);
    isFirstLine = false;
    return hasBom ? text.slice(1) : text;
  };

  const rawOf = (last: Buffer): Buffer => (heldBytes === 0 ? last : Buffer.concat([...held, last]));

  const take = (last: Buffer, complete: boolean): SseEvent => {
    const { type } = lines;
    const data = dataOf(lines);
    const raw = rawOf(last);
    held = [];
    heldBytes = 0;
    hasLines = false;
    hasFields = false;
    lines = noLines();
    return { raw, type, data, complete };
  };

  /** The event of the first line that says something; what came behind it is the beginning of the next. */
  const splitOff = (last: Buffer, behindFirst: number): SseEvent => {
    const { typeBefore, typeBehind } = lines;
    const data = dataOf(lines);
    const raw = rawOf(last);
    const rest = raw.subarray(behindFirst);
    held = [rest];
    heldBytes = rest.length;
    lines = noLines(typeBehind);
    return { raw: withBlankLine(raw.subarray(0, behindFirst)), type: typeBefore, data, complete: true };
  };

  /** `offset`: of a line in its event. */
  const beginLine = (offset: number): void => {
    hasLines = true;
    if (lines.sayings === 1) lines.behindFirst ??= offset;
  };

  /** `last`: what came of the event in this push, with this line. */
  const addLine = (line: string, last: () => Buffer): readonly SseEvent[] => {
    hasFields = true;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') {
      lines.type = value;
      lines.typeBehind = value;
      return [];
    }
    const isData = field === 'data';
    if (!isData && BESIDE_DATA.has(field)) return [];
    const says = isData || (colon >= 0 && !line.startsWith('{')) ? value : line;
    const { behindFirst, first, sayings } = lines;
    const isNothing = says.trim() === '';
    const isNext = sayings === 1 && behindFirst !== undefined && !isNothing && standsAlone(first);
    const split = isNext ? [splitOff(last(), behindFirst)] : [];
    if (lines.sayings === 0 && !isNothing) {
      lines.first = says;
      lines.typeBefore = lines.type;
      lines.typeBehind = '';
    }
    if (!isNothing) lines.sayings += 1;
    if (isData) lines.data.push(value);
    return split;
  };

  const push = (bytes: Buffer): readonly SseEvent[] => {
    const events: SseEvent[] = [];
    let start = 0;
    let lineStart = 0;
    let at = 0;
    let lf = bytes.indexOf(LF);
    let cr = bytes.indexOf(CR);
    let hasBlank = false;
    /** Where blocks of comments begin that end where the event begins. */
    let commentsFrom: number | undefined;
    const tellComments = (): void => {
      if (commentsFrom !== undefined) events.push(silent(bytes.subarray(commentsFrom, start)));
      commentsFrom = undefined;
    };
    const cut = (): void => {
      blankMayGoOn = false;
      if (hasFields || heldBytes > 0) {
        tellComments();
        events.push(take(bytes.subarray(start, at), true));
      } else {
        commentsFrom ??= start;
        hasLines = false;
      }
      start = at;
    };
    while (at < bytes.length) {
      if (lastWasCr && bytes[at] === LF) {
        lastWasCr = false;
        at += 1;
        lineStart = at;
        if (blankMayGoOn) cut();
        else if (!hasLines) start = at;
        continue;
      }
      if (blankMayGoOn) cut();
      if (!hasLines && lineHeadBytes === 0 && isLineEnd(bytes[at])) {
        tellComments();
        if (!hasBlank) events.push(silent(bytes.subarray(at, at + 1)));
        hasBlank = true;
        isFirstLine = false;
        while (isLineEnd(bytes[at])) at += 1;
        lastWasCr = bytes[at - 1] === CR;
        start = at;
        lineStart = at;
        continue;
      }
      if (lf >= 0 && lf < at) lf = bytes.indexOf(LF, at);
      if (cr >= 0 && cr < at) cr = bytes.indexOf(CR, at);
      const lineEnd = nearer(lf, cr);
      if (lineEnd < 0) {
        lastWasCr = false;
        break;
      }
      const isBlank = lineHeadBytes === 0 && lineEnd === lineStart;
      const isCr = lineEnd === cr;
      at = lineEnd + 1;
      if (isBlank && isCr && !lastWasCr) blankMayGoOn = true;
      else if (isBlank) cut();
      else {
        beginLine(heldBytes - lineHeadBytes + lineStart - start);
        // No reader gets the text of a comment.
        const isComment = lineHeadBytes === 0 && bytes[lineStart] === COLON;
        if (isComment) isFirstLine = false;
        else {
          const split = addLine(textOf(bytes, lineStart, lineEnd), () => bytes.subarray(start, at));
          if (split.length > 0) {
            tellComments();
            start = at;
          }
          events.push(...split);
        }
      }
      lineStart = at;
      lastWasCr = isCr;
    }
    tellComments();
    if (start < bytes.length) held.push(bytes.subarray(start));
    heldBytes += bytes.length - start;
    if (lineStart < bytes.length) lineHead.push(bytes.subarray(lineStart));
    lineHeadBytes += bytes.length - lineStart;
    return events;
  };

  const end = (): readonly SseEvent[] => {
    const none = Buffer.alloc(0);
    if (lineHeadBytes > 0) beginLine(heldBytes - lineHeadBytes);
    const split = lineHeadBytes === 0 ? [] : addLine(textOf(none, 0, 0), () => none);
    if (!hasLines) return split;
    const complete = blankMayGoOn;
    blankMayGoOn = false;
    return [...split, take(none, complete)];
  };

  return { push, end, pendingBytes: () => heldBytes };
};
