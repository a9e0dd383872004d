/** The proxy's own addresses, for people and for supervisors. */
import * as O from 'fp-ts/lib/Option.js';
import { bytes, type Head, type Reply } from '../core/exchange.js';
import { type Headers, value } from '../core/headers.js';
import { ownPlace } from '../core/own-path.js';
import { splitQuery } from '../core/route.js';
import { page } from './page.js';
import type { Status } from './status.js';

const reply = (status: number, content: string, headers: Headers): Reply => ({
  status,
  headers: { ...headers, 'cache-control': 'no-store' },
  body: bytes(Buffer.from(content)),
});

const json = (status: number, content: object, headers: Headers = {}): Reply =>
  reply(status, `${JSON.stringify(content, null, 2)}\n`, { 'content-type': 'application/json', ...headers });

const error = (status: number, message: string, headers: Headers = {}): Reply =>
  json(status, { error: { message, type: 'invalid_request_error', code: 'invalid_request', param: null } }, headers);

/** The page loads nothing and runs nothing, and no other page can show it as its own. */
const PAGE = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const IN_JSON: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/status']);

export interface OwnDeps {
  readonly report: () => Status;
  /** True if new requests are welcome. */
  readonly isReady: () => boolean;
}

/** Under the name by which the client has called. */
const baseUrl = (headers: Headers): string => {
  const scheme = value(headers, 'x-forwarded-proto') === 'https' ? 'https' : 'http';
  return `${scheme}://${value(headers, 'host')}/v1`;
};

/**
 * `/`: a page. `/healthz`: alive. `/readyz`: takes traffic. `/status`: what it has done. Also what browsers ask for by
 * themselves, which must not go out with the key of the config. None: not ours, but the target's.
 */
export const ownRoutes =
  ({ report, isReady }: OwnDeps) =>
  ({ method, path, headers }: Head): O.Option<Reply> => {
    const place = ownPlace(path);
    if (place === 'nothing') return O.some(error(404, 'There is nothing at this address.'));
    const [pathname] = splitQuery(path);
    if (place !== 'page' && !IN_JSON.has(pathname)) return O.none;
    if (method !== 'GET' && method !== 'HEAD')
      return O.some(error(405, 'This address takes only GET, HEAD.', { allow: 'GET, HEAD' }));
    if (place === 'page') return O.some(reply(200, page(baseUrl(headers), report(), isReady()), PAGE));
    if (pathname === '/healthz') return O.some(json(200, { alive: true }));
    if (pathname === '/readyz') return O.some(json(isReady() ? 200 : 503, { ready: isReady() }));
    return O.some(json(200, report()));
  };
