/** The letters and digits of a text, in small letters: they stay the same however it is escaped, marked up or laid out. */

const [PERCENT, AMPERSAND, LESS, MORE, BACKSLASH] = [0x25, 0x26, 0x3c, 0x3e, 0x5c] as const;

let table: Uint16Array | undefined;

/**
 * By UTF-16 unit: the letter that it is, or 0 for punctuation of ASCII, white space, format characters and halves of
 * surrogate pairs. Made once, where it is first needed.
 */
const letters = (): Uint16Array => {
  table ??= Uint16Array.from({ length: 0x10000 }, (_, code) => {
    const char = String.fromCharCode(code);
    if (code < 0x80) return /[a-z0-9]/i.test(char) ? char.toLowerCase().charCodeAt(0) : 0;
    return /[\p{C}\s]/u.test(char) ? 0 : code;
  });
  return table;
};

/** The unit that an escape or a tag stands for, or 0; and how many units it takes. */
type Escape = readonly [code: number, length: number];

/** A sign alone, of which a text may be full. */
const ALONE: Escape = [0, 1];

/** The most layers of an escape that is escaped itself; more are no accident. */
const LONGEST_RUN = 64;

/** The value of a hexadecimal digit; -1: it is none. */
const digit = (unit: number): number => {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const small = unit | 0x20;
  return small >= 0x61 && small <= 0x66 ? small - 0x57 : -1;
};

/** The number that so many hexadecimal digits spell; -1: there are not so many. */
const hexAt = (text: string, at: number, digits: number): number => {
  let number = 0;
  for (let i = at; i < at + digits; i += 1) {
    const value = digit(text.charCodeAt(i));
    if (value < 0) return -1;
    number = number * 16 + value;
  }
  return number;
};

/** The escape of URLs. A percent sign may be escaped itself. What is not ASCII is no letter. */
const percent = (text: string, at: number): Escape => {
  let last = at;
  while (last - at < LONGEST_RUN && text.startsWith('25', last + 1)) last += 2;
  const code = hexAt(text, last + 1, 2);
  if (code < 0 && last === at) return ALONE;
  return code < 0 ? [0, last + 1 - at] : [code < 0x80 ? code : 0, last + 3 - at];
};

const [X, U] = [0x78, 0x75] as const;

const isLetter = (unit: number): boolean => (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;

/** The escape of JSON. A backslash may be escaped itself. A letter after it is none: it stands for a control character. */
const backslash = (text: string, at: number): Escape => {
  let last = at;
  while (last - at < LONGEST_RUN && text.charCodeAt(last + 1) === BACKSLASH) last += 1;
  const kind = text.charCodeAt(last + 1);
  const digits = (kind | 0x20) === U ? 4 : (kind | 0x20) === X ? 2 : 0;
  const code = digits === 0 ? -1 : hexAt(text, last + 2, digits);
  return code < 0 ? [0, last + (isLetter(kind) ? 2 : 1) - at] : [code, last + 2 + digits - at];
};

const MARK = /^(?:amp|lt|gt|quot|apos)$/i;

const [HASH, SEMICOLON] = [0x23, 0x3b] as const;

/** The length of `#x` and four digits, or of `#` and five. */
const LONGEST_NAME = 6;

/** The length of the name that ends in a semicolon; -1: there is none. */
const nameLength = (text: string, from: number): number => {
  for (let length = 0; length <= LONGEST_NAME; length += 1) {
    const unit = text.charCodeAt(from + length);
    if (unit === SEMICOLON) return length;
    if (!isLetter(unit) && unit !== HASH && digit(unit) < 0) return -1;
  }
  return -1;
};

/** The number of a character that is named by it, as in `#65` and `#x41`; -1: it is none. */
const characterIn = (text: string, from: number, to: number): number => {
  if (text.charCodeAt(from) !== HASH) return -1;
  const isHex = (text.charCodeAt(from + 1) | 0x20) === X;
  const base = isHex ? 16 : 10;
  const start = from + (isHex ? 2 : 1);
  if (start === to) return -1;
  let number = 0;
  for (let at = start; at < to; at += 1) {
    const value = digit(text.charCodeAt(at));
    if (value < 0 || value >= base) return -1;
    number = number * base + value;
  }
  return number & 0xffff;
};

/** The escape of HTML. An ampersand may be escaped itself. */
const ampersand = (text: string, at: number): Escape => {
  let last = at;
  while (last - at < LONGEST_RUN && text.startsWith('amp;', last + 1)) last += 4;
  const length = nameLength(text, last + 1);
  if (length < 2) return last === at ? ALONE : [0, last + 1 - at];
  const end = last + 1 + length;
  const code = characterIn(text, last + 1, end);
  if (code >= 0) return [code, end + 1 - at];
  return [0, (MARK.test(text.slice(last + 1, end)) ? end : last) + 1 - at];
};

/** Longer ones are rather text. */
const LONGEST_TAG = 256;

const [SLASH, BANG, QUESTION] = [0x2f, 0x21, 0x3f] as const;

const tag = (text: string, at: number): Escape => {
  const next = text.charCodeAt(at + 1);
  if (!isLetter(next) && next !== SLASH && next !== BANG && next !== QUESTION) return ALONE;
  for (let end = at + 1; end < Math.min(text.length, at + LONGEST_TAG); end += 1) {
    const code = text.charCodeAt(end);
    if (code === MORE) return [0, end + 1 - at];
    if (code === LESS) return ALONE;
  }
  return ALONE;
};

const escapeAt = (text: string, at: number, unit: number): Escape | undefined => {
  switch (unit) {
    case PERCENT:
      return percent(text, at);
    case AMPERSAND:
      return ampersand(text, at);
    case LESS:
      return tag(text, at);
    case BACKSLASH:
      return backslash(text, at);
    default:
      return undefined;
  }
};

/** The letters of a part of a text, in time that is linear in its length. `places`, where it is given, gets theirs. */
export const lettersIn = (text: string, from: number, to: number, places?: Uint32Array): Uint16Array => {
  const known = letters();
  const codes = new Uint16Array(to - from);
  let count = 0;
  let at = from;
  while (at < to) {
    const unit = text.charCodeAt(at);
    let code = known[unit] as number;
    let length = 1;
    if (code === 0) {
      const found = escapeAt(text, at, unit);
      if (found !== undefined) {
        code = known[found[0]] as number;
        length = found[1];
      }
    }
    if (code !== 0) {
      codes[count] = code;
      if (places !== undefined) places[count] = at;
      count += 1;
    }
    at += length;
  }
  return codes.subarray(0, count);
};
