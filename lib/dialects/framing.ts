/** The form of a body, by its first bytes and not by its content-type; and JSON that is framed like a stream. */
import * as O from 'fp-ts/lib/Option.js';

const BOM = Buffer.from('\uFEFF');
const [TAB, LF, CR, SPACE, COLON, BRACE] = [0x09, 0x0a, 0x0d, 0x20, 0x3a, 0x7b];

const isWhite = (byte: number | undefined): boolean => byte === SPACE || byte === LF || byte === CR || byte === TAB;

/** The place where the white space ends that begins at `from`. */
export const afterWhite = (bytes: Buffer, from = 0): number => {
  let at = from;
  while (isWhite(bytes[at])) at += 1;
  return at;
};

/** The place where a body really begins: behind a byte order mark and white space. */
const beginningOf = (body: Buffer): number => {
  const at = afterWhite(body);
  return body.subarray(at, at + BOM.length).equals(BOM) ? afterWhite(body, at + BOM.length) : at;
};

const firstText = (body: Buffer, at: number): string => body.toString('latin1', at, at + 64);

const JSON_BEGINS = /^(?:[{<]|\[(?!DONE\]))/;

/** A field of the standard, a comment, the end without its field, or an object under a field of any name. */
const STREAM_BEGINS = /^(?:(?:data|event|id|retry)?:|\[DONE\]|[\w-]{1,30}: ?\{)/;

/** Whether a body begins as JSON or a page does, and no stream of events. */
export const looksLikeJson = (start: Buffer): boolean => JSON_BEGINS.test(firstText(start, beginningOf(start)));

/** Whether a body begins as server-sent events do. */
export const looksLikeStream = (start: Buffer): boolean => STREAM_BEGINS.test(firstText(start, beginningOf(start)));

/** The place where a line ends. Byte by byte, since a search for an end that never comes would go through all of the body. */
const lineEnd = (body: Buffer, from: number): number => {
  let at = from;
  while (at < body.length && body[at] !== LF && body[at] !== CR) at += 1;
  return at;
};

/** The place behind the comments at the beginning of a body. */
const afterComments = (body: Buffer): number => {
  let at = beginningOf(body);
  while (body[at] === COLON) at = afterWhite(body, lineEnd(body, at));
  return at;
};

/** Longer than any line of a tail. */
const TAIL_LINE_BYTES = 256;

/** The last lines of a stream: its end in either dialect, its name, comments. */
const TAIL_LINE = /^(?:(?:data:[ \t]*)?\[DONE\]|data:[ \t]*\{\s*"type"\s*:\s*"message_stop"\s*\}|event:.*|:.*)$/;

/** The place where the white space at the end begins. */
const beforeWhite = (bytes: Buffer): number => {
  let to = bytes.length;
  while (isWhite(bytes[to - 1])) to -= 1;
  return to;
};

const withoutTail = (body: Buffer): Buffer => {
  let left = body;
  for (;;) {
    const text = left.subarray(0, beforeWhite(left));
    const last = text.toString('latin1', Math.max(0, text.length - TAIL_LINE_BYTES));
    const line = last.slice(Math.max(last.lastIndexOf('\n'), last.lastIndexOf('\r')) + 1);
    if (line.length === last.length || !TAIL_LINE.test(line)) return left;
    const rest = text.subarray(0, text.length - line.length);
    left = rest.subarray(0, beforeWhite(rest));
  }
};

/** A whole JSON document without the comments before it and the end of a stream behind it. None: it is no such thing. */
export const jsonIn = (body: Buffer): O.Option<Buffer> => {
  const from = afterComments(body);
  const json = from === 0 ? body : body.subarray(from);
  return json[0] === BRACE ? O.some(withoutTail(json)) : O.none;
};
