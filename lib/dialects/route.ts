/** The dialect and the operation that a request asks for. */
import type { Dialect, Operation } from '../core/dialect.js';
import type { Headers } from '../core/headers.js';
import { splitQuery } from '../core/route.js';
import { ALL_METHODS } from './common.js';
import { allDialects, defaultDialect } from './index.js';

const SUFFIX = allDialects.map(({ chatPath }) => chatPath).join('|');
const DOUBLED_SUFFIX = new RegExp(`(?:${SUFFIX})+((?:${SUFFIX}|/models)/?)$`);

/** With what front ends double taken once: slashes, and the suffix that a user typed and the front end appended. */
export const tidyPath = (path: string): string => {
  const [pathname, query] = splitQuery(path);
  return pathname.replace(/\/{2,}/g, '/').replace(DOUBLED_SUFFIX, '$1') + query;
};

export interface Routed {
  readonly dialect: Dialect;
  readonly operation: Operation;
  readonly methods: readonly string[];
  /** Whether a path or a header field names the dialect; else it is the default. */
  readonly isNamed: boolean;
}

/** The dialect and the operation of a request with this tidy path and these header fields. */
export const routed = (path: string, headers: Headers): Routed => {
  const [pathname] = splitQuery(path);
  const found = allDialects.flatMap((dialect) => {
    const route = dialect.routes.find(({ path: pattern }) => pattern.test(pathname));
    return route === undefined ? [] : [{ dialect, route }];
  });
  const { operation = 'other', methods = ALL_METHODS } = found[0]?.route ?? {};
  const only = found.length === 1 ? found[0]?.dialect : undefined;
  const named = only ?? allDialects.find((dialect) => dialect.isNamedIn(headers));
  return { dialect: named ?? defaultDialect, operation, methods, isNamed: named !== undefined };
};
