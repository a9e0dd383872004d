/** Cleans an upstream's words for people: no key, host, person, file or prompt may show in them. */
import { markQuotes } from './quotes.js';
import { type Forms, formsOf, marks } from './secret-matcher.js';

/** The most that is read at all; every step below is linear in it. */
const INPUT_LIMIT = 8192;
const OUTPUT_LIMIT = 300;
const REASON_PHRASE_LIMIT = 200;
const CUT = '[cut]';

const TAG = /(?:<|&lt;)[a-z/!?][^<>]*?(?:>|&gt;)|(?:<|&lt;)(?=[a-z/!?])/gi;
const LINK = /[a-z0-9+.-]{1,15}:\/\/[^\s"'<>`]*/gi;
const BEARER = /\b(bearer\s+)(?!(?:tokens?|auth\w*|or|and|is|scheme|format)\b)[^\s"'<>,;]+/gi;
const BASIC = /\b([Bb]asic\s+)(?=\S*[A-Z0-9=])[\w+/=-]{6,}/g;
const ASSIGNED =
  /\b((?:api[-_ ]?)?key|(?:access[-_ ]?)?token|secret|password|authorization)(["']?\s*[:=]\s*["']?|\s+provided:\s*)[^\s"'<>,;&]+/gi;

/** A word ends where a quotation, a bracket or a list would end it. */
const WORD = /[^\s"'`<>(){}[\],;|]+/g;
const WORD_OR_DELIMITER = /[^\s"'`<>(){}[\],;|]+|[\s"'`<>(){}[\],;|]/g;

const PRIVATE: readonly RegExp[] = [
  // An e-mail address, also one that was cut; not a model with its date (`claude@20250101`).
  /[^@]@[^@]*[a-z]/i,
  // Hosts.
  /^www\.|\b\d{1,3}(?:\.\d{1,3}){3}\b/i,
  /^[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?::\d{2,5}|\/)/,
  /\.(?:com|net|org|io|ai|dev|local|internal|lan|cloud|app|cn|ru|de|eu|me|xyz)[.:!?]*$/i,
  // Keys by their prefix, keys that the upstream has masked, and what is too long and too mixed for a word.
  /\b(?:sk|pk|rk)-[\w*]|\b(?:gsk|xai|hf|ghp|gho|nvapi|pplx|r8|csk)[-_]\w{6}|\bAIza\w{4}|\bya29\.|\beyJ\w{6}/,
  /\w\*{3}|\*{3}\w/,
  /(?=\w{0,64}\d)(?=\w{0,64}[a-z])[\w+=]{20}|[a-z]{40}/i,
  // Paths: from a root, of a drive or a share, to a file.
  /(?:^|[=:])(?:~|\.{0,2})\/+[\w.-]/,
  /\b[a-z]:[\\/]|^\\\\|\w\\(?![nrtbfu"\\/])\w/i,
  /\/[^/]*\.[a-z][a-z0-9]{0,4}(?::\d+)*$/i,
];

const redactWord = (word: string): string => (PRIVATE.some((pattern) => pattern.test(word)) ? CUT : word);

const redact = (text: string): string =>
  text
    .replace(TAG, ' ')
    .replace(LINK, CUT)
    .replace(BEARER, `$1${CUT}`)
    .replace(BASIC, `$1${CUT}`)
    .replace(ASSIGNED, `$1$2${CUT}`)
    .replace(WORD, redactWord);

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
const ESCAPE =
  /%([2-7][0-9a-f])|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|&#x([0-9a-f]{1,4});|&#(\d{1,5});|&([a-z]{2,4});|\\(.)/gi;

/** Undoes one layer of URL-, JSON- and HTML-escapes. */
const unescapeOnce = (text: string): string =>
  text.replace(ESCAPE, (whole, url, json, hex, entityHex, entity, name, escaped) => {
    const code = url ?? json ?? hex ?? entityHex;
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (entity !== undefined) return String.fromCharCode(Number(entity));
    if (name !== undefined) return ENTITIES.get(name.toLowerCase()) ?? whole;
    return /[a-z]/i.test(escaped) ? ' ' : escaped;
  });

/** More layers than this are no accident; the escapes that are left are cut. */
const LAYERS = 4;
const ESCAPE_LEFT = /%[0-9a-f]{2}|\\/gi;

/** Without escapes, control and invisible characters, lone surrogates, and runs of white space. */
const plain = (text: string, betweenLayers: (text: string) => string): string => {
  let rest = betweenLayers(text);
  for (let layer = 0; layer < LAYERS; layer += 1) rest = betweenLayers(unescapeOnce(rest));
  return rest
    .replace(ESCAPE_LEFT, ' ')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
};

const same = (text: string): string => text;

const plainSpelling = (secret: string): string => plain(secret, same);

const hide = (text: string, marked: Uint8Array): string =>
  text.replace(WORD_OR_DELIMITER, (token, at: number) => {
    if (!marked.subarray(at, at + token.length).includes(1)) return token;
    return token.length === 1 ? ' ' : CUT;
  });

/** At most so many UTF-16 units, and no half of a surrogate pair. */
const atMost = (limit: number, text: string): string =>
  text
    .slice(0, limit)
    .replace(/[\ud800-\udbff]$/, '')
    .trim();

/** The beginning, without a word that the limit would cut: half of it may not be known for what it is. */
const beginning = (text: string): string =>
  text.length <= INPUT_LIMIT ? text : text.slice(0, INPUT_LIMIT).replace(/\S{0,256}$/, '');

/** A longer prompt is prose, which shares any eight characters with any other. */
const LONGEST_KEY = 256;
/** The total length of short prompts that are kept as secret as keys: the last ones, since that takes time. */
const AS_KEYS = 16_384;

const lastShort = (prompts: readonly string[]): readonly string[] => {
  const last: string[] = [];
  let length = 0;
  for (let at = prompts.length - 1; at >= 0; at -= 1) {
    const prompt = prompts[at] as string;
    if (prompt.length > LONGEST_KEY) continue;
    length += prompt.length;
    if (length > AS_KEYS) break;
    last.push(prompt);
  }
  return last;
};

const cleaner =
  (betweenLayers: (text: string) => string) =>
  (text: string, secrets: readonly string[], prompts: readonly string[] = []): string => {
    const forms = formsOf([...secrets, ...lastShort(prompts)], plainSpelling);
    const rest = plain(beginning(text), betweenLayers);
    const marked = marks(rest, forms);
    markQuotes(rest, prompts, marked);
    const short = atMost(
      OUTPUT_LIMIT,
      hide(rest, marked)
        .replace(/(?:\[cut\][ ]*){2,}/g, `${CUT} `)
        .replace(/ {2,}/g, ' '),
    );
    // What was put in place of one secret may spell another.
    return marks(short, forms).includes(1) ? '' : short;
  };

/**
 * One line of at most 300 characters without keys, bearer tokens, URLs, e-mail addresses, file paths, markup, control
 * characters, and without any of the `secrets` (of at least 4 characters), raw, base64, URL-, JSON- or HTML-escaped:
 * no 8 characters of one are left. Of the `prompts` nothing is left that is quoted at length, but in base64. Linear in
 * all of them.
 */
export const clean = cleaner(redact);

/** Cleans the words of a stage's author, who may name a URL or a file: only secrets and prompts are cut. */
export const withoutSecrets = cleaner(same);

const hideForms = (text: string, forms: Forms): string => hide(text, marks(text, forms));

/** The text as it is, in full, where none of the `secrets` is in it; else without them. */
export const cutSecrets = (text: string, secrets: readonly string[]): string => {
  if (secrets.length === 0) return text;
  const forms = formsOf(secrets, plainSpelling);
  const cut = hideForms(text, forms);
  const spelled = plain(cut, same);
  // What only an escape kept from being found.
  return marks(spelled, forms).includes(1) ? hideForms(spelled, forms) : cut;
};

/** For a status line (RFC 9112 §4): printable ASCII, at most 200 characters. */
export const reasonPhrase = (text: string): string =>
  atMost(REASON_PHRASE_LIMIT, text.replace(/[^\x21-\x7e]+/g, ' ').trim());
