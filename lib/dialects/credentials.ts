/** Where a client carries its credential, and how a target's own takes its place. */
import { isCredential, targetSecrets, withoutScheme } from '../core/credentials.js';
import type { Request, Try } from '../core/exchange.js';
import { type Headers, set, values } from '../core/headers.js';
import { splitQuery } from '../core/route.js';
import { allDialects } from './index.js';
import { routed } from './route.js';

/** Google's own API, which is passed through. What it serves under `/openai` is OpenAI's format. */
const GEMINI =
  /^\/v\d+(?:alpha|beta)(?!\/openai\/)|\/publishers\/google\/|:(?:(?:stream)?generateContent|countTokens|(?:batch)?embedContents?)$/i;
const gemini = { credential: (apiKey: string) => ({ 'x-goog-api-key': apiKey }) };

/** The header fields that carry a credential in any format. */
const FIELDS = [...allDialects, gemini].flatMap(({ credential }) => Object.keys(credential('')));

const NO_FIELDS = Object.fromEntries(FIELDS.map((name) => [name, false] as const));

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

/** All carriers of a client's credential removed, and `apiKey` sent as the route wants it. */
export const withKey = (apiKey: string, { path, headers }: Addressed): Addressed => {
  const { dialect, isNamed } = routed(path, headers);
  const { credential } = !isNamed && GEMINI.test(splitQuery(path)[0]) ? gemini : dialect;
  return { path: withoutKey(path), headers: set(set(headers, NO_FIELDS), credential(apiKey)) };
};

/** The secrets of a request, which must not come back in an upstream's text. */
export const requestSecrets = ({ path, headers }: Pick<Request, 'path' | 'headers'>): readonly string[] => {
  const carried = FIELDS.flatMap((name) => values(headers, name)).map(withoutScheme);
  const query = [...new URLSearchParams(splitQuery(path)[1])];
  const keys = query.filter(([name]) => name.toLowerCase() === 'key').map(([, key]) => key);
  return [...carried, ...keys].filter((secret) => secret !== '');
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
    .filter((name) => isCredential(name) && outgoing.headers[name] !== request.headers[name])
    .flatMap((name) => values(outgoing.headers, name))
    .map(withoutScheme);
  const own = targetSecrets(target);
  return [...new Set([...requestSecrets(outgoing), ...set])].filter(
    (secret) => !own.some((its) => its.includes(secret)),
  );
};
