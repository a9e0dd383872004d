/** The places where a client carries its credential, and how a target's own replaces it. */
import * as O from 'fp-ts/lib/Option.js';
import * as RA from 'fp-ts/lib/ReadonlyArray.js';
import type { Request, Target, Try } from './exchange.js';
import { type Headers, set, values } from './headers.js';
import { dialectOf, routeOf, splitQuery } from './route.js';

const GEMINI =
  /^\/v\d+(?:alpha|beta)(?!\/openai\/)|\/publishers\/google\/|:(?:(?:stream)?generateContent|countTokens|(?:batch)?embedContents?)$/i;

/** Google's own API, which names its key differently. What it serves under `/openai` wants OpenAI's own field. */
const isGemini = (path: string): boolean => routeOf(path) !== 'chat' && GEMINI.test(splitQuery(path)[0]);

const FIELDS = ['authorization', 'x-api-key', 'x-goog-api-key'] as const;

const withoutKey = (path: string): string => {
  const [pathname, query] = splitQuery(path);
  const pairs = query.slice(1).split('&');
  const kept = pairs.filter((pair) => !/^key(=|$)/i.test(pair));
  if (kept.length === pairs.length) return path;
  return kept.length === 0 ? pathname : `${pathname}?${kept.join('&')}`;
};

export interface Addressed {
  readonly path: string;
  readonly headers: Headers;
}

/** The credential in the form that the route wants. */
const carrier = (apiKey: string, { path, headers }: Addressed): Readonly<Record<string, string>> => {
  if (dialectOf(path, headers) === 'anthropic') return { 'x-api-key': apiKey };
  return isGemini(path) ? { 'x-goog-api-key': apiKey } : { authorization: `Bearer ${apiKey}` };
};

/** All four carriers of a client's credential removed, and `apiKey` sent as the route wants it. */
export const withKey = (apiKey: string, { path, headers }: Addressed): Addressed => {
  const none = set(headers, Object.fromEntries(FIELDS.map((name) => [name, false])));
  return { path: withoutKey(path), headers: set(none, carrier(apiKey, { path, headers })) };
};

/** With its port, and without. */
export const targetHosts = ({ url }: Pick<Target, 'url'>): readonly string[] => [
  new URL(url).host,
  new URL(url).hostname,
];

/** The secrets of a target, which no client may see. */
export const targetSecrets = ({ url, apiKey, headers }: Target): readonly string[] => [
  ...targetHosts({ url }),
  ...(O.isSome(apiKey) ? [apiKey.value] : []),
  ...Object.values(headers),
];

const withoutScheme = (field: string): string => field.replace(/^Bearer */i, '');

/** The secrets of a request, which must not come back in an upstream's text. */
export const requestSecrets = ({ path, headers }: Pick<Request, 'path' | 'headers'>): readonly string[] => {
  const carried = FIELDS.flatMap((name) => values(headers, name)).map(withoutScheme);
  const query = [...new URLSearchParams(splitQuery(path)[1])];
  const keys = query.filter(([name]) => name.toLowerCase() === 'key').map(([, key]) => key);
  return [...carried, ...keys].filter((secret) => secret !== '');
};

/** A field that an upstream has for a credential, whatever it calls it; `x-author` and `x-max-tokens` are none. */
const CREDENTIAL = /(?:key|token|secret|auth|authorization|cookie|password)(?![a-z])/;

/** True if a header field is named as one for a credential. */
export const isCredential = (name: string): boolean => CREDENTIAL.test(name.toLowerCase());

/** True if requests bear a credential of the config. */
export const holdsCredential = ({ apiKey, headers }: Pick<Target, 'apiKey' | 'headers'>): boolean =>
  O.isSome(apiKey) || Object.keys(headers).some(isCredential);
/** The credentials that identify us to a target: its key, and header fields with the name of a credential. */
export const targetKeys = ({ apiKey, headers }: Pick<Target, 'apiKey' | 'headers'>): readonly string[] => {
  const named = Object.entries(headers).filter(([name]) => isCredential(name));
  return [...RA.fromOption(apiKey), ...named.map(([, field]) => withoutScheme(field))];
};

/**
 * The same of what a try has sent, which stages may have changed on its way: the carriers of a credential, and what was
 * set in a field with the name of one. Without what is the target's own.
 */
export const sentSecrets = ({
  request,
  outgoing,
  target,
}: Pick<Try, 'request' | 'outgoing' | 'target'>): readonly string[] => {
  const set = Object.keys(outgoing.headers)
    .filter((name) => CREDENTIAL.test(name) && outgoing.headers[name] !== request.headers[name])
    .flatMap((name) => values(outgoing.headers, name))
    .map(withoutScheme);
  const own = targetSecrets(target);
  return [...new Set([...requestSecrets(outgoing), ...set])].filter(
    (secret) => !own.some((its) => its.includes(secret)),
  );
};
