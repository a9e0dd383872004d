/** Paths: where the query begins, and how a client's path is put behind a target's base. */
const VERSION = /^v\d+[a-z0-9]*$/;
/** Google and others serve OpenAI's format under `/openai` behind a version of their own. */
const VERSION_AT_END = /\/v\d+[a-z0-9]*(?:\/openai)?$/;

/** Path and query; the query keeps its question mark and is '' where there is none. */
export const splitQuery = (path: string): readonly [path: string, query: string] => {
  const at = path.indexOf('?');
  return at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at)];
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
