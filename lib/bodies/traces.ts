/** Finding a secret in a text by any few characters of it, so that a part of it gives it away as well as the whole. */

/** By their length, the runs of characters that must not be seen. */
export type Traces = ReadonlyMap<number, ReadonlySet<string>>;

/** Shorter ones would cut words out of every text. */
const SHORTEST_SECRET = 4;
/** Of a key or a host, any so many characters are a trace. */
const TRACE = 8;
/** Longer secrets are prose, which shares any eight characters with any other: longer runs, at steps of their length. */
const LONGEST_KEY = 256;
const PROSE_TRACE = 16;

/** Without case, and of the same length (which `toLowerCase` does not promise beyond ASCII). */
const fold = (text: string): string => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());

/** What of the base64 of any text shows that the secret is in it: three alignments, without what neighbours decide. */
const base64Forms = (secret: string): readonly string[] =>
  [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const own = bytes
      .toString('base64url')
      .slice(offset === 0 ? 0 : offset + 1, bytes.length % 3 === 0 ? undefined : -1);
    return [own, own.replaceAll('-', '+').replaceAll('_', '/')];
  });

const add = (traces: Map<number, Set<string>>, form: string, length: number, step: number): void => {
  const set = traces.get(length) ?? new Set();
  for (let at = 0; at + length <= form.length; at += step) set.add(form.slice(at, at + length));
  traces.set(length, set);
};

/** The traces of secrets; `spelling` is how a secret stands in the texts that will be searched, where not as it is. */
export const traces = (secrets: readonly string[], spelling: (secret: string) => string): Traces => {
  const found = new Map<number, Set<string>>();
  for (const secret of secrets) {
    const spelled = [secret, spelling(secret)];
    const isProse = secret.length > LONGEST_KEY;
    for (const form of (isProse ? spelled : [...spelled, ...base64Forms(secret)]).map(fold)) {
      if (isProse) add(found, form, PROSE_TRACE, PROSE_TRACE);
      else if (form.length >= SHORTEST_SECRET) add(found, form, Math.min(TRACE, form.length), 1);
    }
  }
  return found;
};

/** For each character of the text, 1 where it belongs to a trace. */
export const marks = (text: string, secret: Traces): Uint8Array => {
  const folded = fold(text);
  const marked = new Uint8Array(text.length);
  for (const [length, set] of secret) {
    for (let at = 0; at + length <= folded.length; at += 1) {
      if (set.has(folded.slice(at, at + length))) marked.fill(1, at, at + length);
    }
  }
  return marked;
};
