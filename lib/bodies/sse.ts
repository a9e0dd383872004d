/** Server-sent events as they come off a connection: cut into events, byte for byte, and read. */
import * as O from 'fp-ts/lib/Option.js';

export interface SseEvent {
  /** Exactly the bytes that it came in, its blank line included: all events' bytes in order are the input. */
  readonly raw: Buffer;
  /** The `event` field; `''` where there is none. */
  readonly type: string;
  /** The `data` lines, joined by LF. None: no reader is told of this block, such as one of comments only. */
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
  /** How long the event that has not ended is so far; what is too long is the caller's decision. */
  readonly pendingBytes: () => number;
}

const LF = 0x0a;
const CR = 0x0d;
const BOM = '\uFEFF';

/** Reads a whole event, so that no character is ever decoded in halves. */
const event = (raw: Buffer, isFirst: boolean, complete: boolean): SseEvent => {
  const text = raw.toString('utf8');
  const data: string[] = [];
  let type = '';
  for (const line of text.slice(isFirst && text.startsWith(BOM) ? 1 : 0).split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    if (field !== 'data' && field !== 'event') continue;
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') data.push(value);
    else type = value;
  }
  return { raw, type, data: data.length === 0 ? O.none : O.some(data.join('\n')), complete };
};

/** The nearer of two places; -1 is none. */
const nearer = (a: number, b: number): number => (a < 0 || (b >= 0 && b < a) ? b : a);

/**
 * A reader of one stream; it keeps state. However the input is split, the events are the same, and the time is linear
 * in its length. Lines may end in CR, LF or CRLF.
 *
 * After a blank line's CR it waits for one more byte, which may be the LF that belongs to it; not so where the line
 * before ended in a bare CR too, or streams that use CR alone would always be an event late.
 */
export const sseReader = (): SseReader => {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let isFirst = true;
  let lineIsEmpty = true;
  let lastWasCr = false;
  let blankMayGoOn = false;

  const take = (last: Buffer, complete: boolean): SseEvent => {
    const raw = held.length === 0 ? last : Buffer.concat([...held, last]);
    const taken = event(raw, isFirst, complete);
    held = [];
    heldBytes = 0;
    isFirst = false;
    return taken;
  };

  const push = (bytes: Buffer): readonly SseEvent[] => {
    const events: SseEvent[] = [];
    let start = 0;
    let at = 0;
    let lf = bytes.indexOf(LF);
    let cr = bytes.indexOf(CR);
    const cut = (): void => {
      events.push(take(bytes.subarray(start, at), true));
      start = at;
    };
    while (at < bytes.length) {
      if (lastWasCr && bytes[at] === LF) {
        lastWasCr = false;
        at += 1;
        if (blankMayGoOn) cut();
        blankMayGoOn = false;
        continue;
      }
      if (blankMayGoOn) cut();
      blankMayGoOn = false;
      if (lf >= 0 && lf < at) lf = bytes.indexOf(LF, at);
      if (cr >= 0 && cr < at) cr = bytes.indexOf(CR, at);
      const lineEnd = nearer(lf, cr);
      if (lineEnd < 0) {
        lineIsEmpty = false;
        lastWasCr = false;
        break;
      }
      const isBlank = lineIsEmpty && lineEnd === at;
      const isCr = lineEnd === cr;
      lineIsEmpty = true;
      at = lineEnd + 1;
      if (isBlank && isCr && !lastWasCr) blankMayGoOn = true;
      else if (isBlank) cut();
      lastWasCr = isCr;
    }
    if (start < bytes.length) held.push(bytes.subarray(start));
    heldBytes += bytes.length - start;
    return events;
  };

  const end = (): readonly SseEvent[] => {
    if (heldBytes === 0) return [];
    const complete = blankMayGoOn;
    blankMayGoOn = false;
    return [take(Buffer.alloc(0), complete)];
  };

  return { push, end, pendingBytes: () => heldBytes };
};
