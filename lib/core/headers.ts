/** Header fields as data, and which of them may cross a proxy. */

/** Lower-case names; a field that came more than once is a list. */
export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Without a prototype, so that a field named `__proto__` is only a name. */
const empty = (): Record<string, string | readonly string[]> => Object.create(null);

/** From Node's flat list of names and values, with nothing joined, dropped or invented. */
export const fromRaw = (raw: readonly string[]): Headers => {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (typeof before === 'string') headers[name] = [before, value];
    // Not a new list for each: thousands of lines of one name would hold up everything.
    else before.push(value);
  }
  return headers;
};

/** All values of a field, in the order they came. */
export const values = (headers: Headers, name: string): readonly string[] => [headers[name] ?? []].flat();

/** The value of a field, several joined as RFC 9110 §5.3 allows; `''` where it is missing. */
export const value = (headers: Headers, name: string): string => values(headers, name).join(', ');

/** Fields added or replaced, their names in any case; `false` removes one. */
export const set = (headers: Headers, changes: Readonly<Record<string, string | false>>): Headers => {
  const changed = Object.assign(empty(), headers);
  for (const [anyCase, change] of Object.entries(changes)) {
    const name = anyCase.toLowerCase();
    if (change === false) delete changed[name];
    else changed[name] = change;
  }
  return changed;
};

/** Fields of one connection (RFC 9110 §7.6.1), and the framing of one message, which each side makes anew. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'content-length',
  'upgrade',
  'expect',
]);

/** The name as some servers read it (`Content_Length`), a known way to smuggle requests. Most names are so already. */
const plainName = (name: string): string => (/[^a-z0-9-]|--/.test(name) ? name.replace(/[^a-z0-9]+/g, '-') : name);

/**
 * The fields that may be forwarded, in either direction: hop-by-hop fields are gone, and those that `Connection`
 * names, and names that some servers read as a framing field.
 */
export const endToEnd = (headers: Headers): Headers => {
  const lines = values(headers, 'connection');
  const named = new Set(lines.flatMap((line) => line.toLowerCase().split(',')).map((name) => name.trim()));
  const kept = empty();
  for (const [name, field] of Object.entries(headers)) {
    const plain = plainName(name);
    if (!HOP_BY_HOP.has(plain) && !named.has(plain) && !named.has(name)) kept[name] = field;
  }
  return kept;
};
