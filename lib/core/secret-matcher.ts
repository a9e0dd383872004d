/** Finding a secret in a text by any few characters of it, so that a part of it gives it away as well as the whole. */
import { takeWindows, windowsOf } from './windows.js';

/** The spellings of secrets in which they are looked for. */
export type Forms = readonly string[];

/** Shorter ones would cut words out of every text. */
const SHORTEST_SECRET = 4;
/** Any so many characters are a trace. */
const TRACE = 8;

/** Without case, and of the same length (which `toLowerCase` does not promise beyond ASCII). */
const fold = (text: string): string => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());

/** The parts of a secret's base64 that show in any text: three alignments, without what neighbours decide. */
const base64Forms = (secret: string): readonly string[] =>
  [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const own = bytes
      .toString('base64url')
      .slice(offset === 0 ? 0 : offset + 1, bytes.length % 3 === 0 ? undefined : -1);
    return [own, own.replaceAll('-', '+').replaceAll('_', '/')];
  });

/** `spelling` is how a secret stands in the texts that will be searched, where not as it is. */
export const formsOf = (secrets: readonly string[], spelling: (secret: string) => string): Forms => [
  ...new Set(
    secrets
      .flatMap((secret) => [secret, spelling(secret), ...base64Forms(secret)])
      .map(fold)
      .filter((form) => form.length >= SHORTEST_SECRET),
  ),
];

/** The runs of characters of a form by which it is known: each of eight, or the whole of a shorter one. */
export const runsOf = (form: string): readonly string[] =>
  Array.from({ length: Math.max(1, form.length - TRACE + 1) }, (_, at) => form.slice(at, at + TRACE));

const codesOf = (text: string): Uint16Array => {
  const codes = new Uint16Array(text.length);
  for (let at = 0; at < codes.length; at += 1) codes[at] = text.charCodeAt(at);
  return codes;
};

/** For each character of the text, 1 where it belongs to a trace. Linear in the text and in the forms. */
export const marks = (text: string, forms: Forms): Uint8Array => {
  const folded = fold(text);
  const marked = new Uint8Array(text.length);
  const windows = windowsOf(codesOf(folded), TRACE);
  const mark = (start: number): void => {
    marked.fill(1, start, start + TRACE);
  };
  for (const form of forms) {
    takeWindows(windows, codesOf(form), 1, mark);
    // A shorter one is found as a whole.
    if (form.length >= TRACE) continue;
    for (let at = folded.indexOf(form); at >= 0; at = folded.indexOf(form, at + 1)) {
      marked.fill(1, at, at + form.length);
    }
  }
  return marked;
};
