/** Where a client carries its credential, and how a target's own takes its place. */
import * as O from 'fp-ts/lib/Option.js';
import type { Request, Target } from './exchange.js';
import { type Headers, set, values } from './headers.js';
import { type RouteName, splitQuery } from './route.js';

/** Whether a path is one of Google's Gemini API, which names its key differently. */
const isGemini = (path: string): boolean => /:(stream)?generateContent|^\/v\d+(alpha|beta)/i.test(splitQuery(path)[0]);

const FIELDS = ['authorization', 'x-api-key', 'x-goog-api-key'] as const;

const withoutKey = (path: string): string => {
  const [pathname, query] = splitQuery(path);
  const pairs = query.slice(1).split('&');
  const kept = pairs.filter((pair) => !/^key(=|$)/i.test(pair));
  if (kept.length === pairs.length) return path;
  return kept.length === 0 ? pathname : `${pathname}?${kept.join('&')}`;
};

/** As the route wants it. Google takes a chat in OpenAI's format, under `/v1beta/openai`, with OpenAI's own field. */
const carrier = (apiKey: string, route: RouteName, path: string): Readonly<Record<string, string>> => {
  if (route === 'messages') return { 'x-api-key': apiKey };
  return route !== 'chat' && isGemini(path) ? { 'x-goog-api-key': apiKey } : { authorization: `Bearer ${apiKey}` };
};

export interface Addressed {
  readonly path: string;
  readonly headers: Headers;
}

/** All four carriers of a client's credential removed, and `apiKey` sent as the route wants it. */
export const withKey = (apiKey: string, route: RouteName, { path, headers }: Addressed): Addressed => {
  const none = set(headers, Object.fromEntries(FIELDS.map((name) => [name, false])));
  return { path: withoutKey(path), headers: set(none, carrier(apiKey, route, path)) };
};

/** What of a target must never be seen by a client. */
export const targetSecrets = ({ url, apiKey, headers }: Target): readonly string[] => [
  new URL(url).host,
  new URL(url).hostname,
  ...(O.isSome(apiKey) ? [apiKey.value] : []),
  ...Object.values(headers),
];

/** What of a request must not come back in an upstream's text. */
export const requestSecrets = ({ path, headers }: Pick<Request, 'path' | 'headers'>): readonly string[] => {
  const carried = FIELDS.flatMap((name) => values(headers, name)).map((field) => field.replace(/^Bearer */i, ''));
  const query = [...new URLSearchParams(splitQuery(path)[1])];
  const keys = query.filter(([name]) => name.toLowerCase() === 'key').map(([, key]) => key);
  return [...carried, ...keys].filter((secret) => secret !== '');
};
