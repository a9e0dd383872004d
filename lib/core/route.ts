/** The route of a path, and the URL that joins it to a target's base. */
import type { Dialect } from './exchange.js';
import { type Headers, values } from './headers.js';

export type RouteName = 'chat' | 'messages' | 'models' | 'other';

const SUFFIXES = '(?:/chat/completions|/messages|/models)';
const VERSION = /^v\d+[a-z0-9]*$/;
/** Google and others serve OpenAI's format under `/openai` behind a version of their own. */
const VERSION_AT_END = /\/v\d+[a-z0-9]*(?:\/openai)?$/;

const [CHAT, MESSAGES, MODELS] = [
  /\/chat\/completions\/?$/,
  /^(?:\/v\d+)?\/messages\/?$/,
  /^(?:\/v\d+(?:[a-z0-9]*\/openai)?)?\/models\/?$/,
] as const;
/** Anthropic counts tokens, and takes batches, below its messages. */
const BELOW_MESSAGES = /^(?:\/v\d+)?\/messages\//;
const DOUBLED_SUFFIX = new RegExp(`(?:/chat/completions|/messages)+(${SUFFIXES}/?)$`);

/** Path and query; the query keeps its question mark and is '' where there is none. */
export const splitQuery = (path: string): readonly [path: string, query: string] => {
  const at = path.indexOf('?');
  return at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at)];
};

/** With what front ends double taken once: slashes, and the suffix that a user typed and the front end appended. */
export const tidyPath = (path: string): string => {
  const [pathname, query] = splitQuery(path);
  return pathname.replace(/\/{2,}/g, '/').replace(DOUBLED_SUFFIX, '$1') + query;
};

/** The route of a tidy path. */
export const routeOf = (path: string): RouteName => {
  const [pathname] = splitQuery(path);
  if (CHAT.test(pathname)) return 'chat';
  if (MESSAGES.test(pathname)) return 'messages';
  return MODELS.test(pathname) ? 'models' : 'other';
};

/** The dialect of the errors that a client reads. */
export const dialectOf = (path: string, headers: Headers): Dialect => {
  const route = routeOf(path);
  if (route === 'chat') return 'openai';
  if (route === 'messages' || BELOW_MESSAGES.test(path)) return 'anthropic';
  return values(headers, 'anthropic-version').length > 0 ? 'anthropic' : 'openai';
};

/**
 * The URL's path for a client's tidy path. A client's `/v1` gives way to the version that the base ends in, `/openai`
 * behind it included; any other version replaces them.
 */
export const join = (base: string, path: string): string => {
  const clientVersion = splitQuery(path)[0].slice(1).replace(/\/.*/, '');
  const at = base.search(VERSION_AT_END);
  if (!VERSION.test(clientVersion) || at < 0) return base + path;
  return clientVersion === 'v1' ? base + path.slice('/v1'.length) : base.slice(0, at) + path;
};
