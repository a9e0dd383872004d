/** The proxy's own addresses, for people and for supervisors. */
import * as O from 'fp-ts/lib/Option.js';
import { bytes, type Head, type Reply } from '../core/exchange.js';
import { splitQuery } from '../core/route.js';
import type { Status } from './status.js';

const json = (status: number, content: object): Reply => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: bytes(Buffer.from(`${JSON.stringify(content, null, 2)}\n`)),
});

export interface OwnDeps {
  readonly report: () => Status;
  /** Whether new requests are welcome. */
  readonly isReady: () => boolean;
}

/** `/healthz`: alive. `/readyz`: takes traffic. `/status`: what it has done. None: not ours, but the target's. */
export const ownRoutes =
  ({ report, isReady }: OwnDeps) =>
  ({ method, path }: Head): O.Option<Reply> => {
    if (method !== 'GET' && method !== 'HEAD') return O.none;
    const [pathname] = splitQuery(path);
    if (pathname === '/healthz') return O.some(json(200, { alive: true }));
    if (pathname === '/readyz') return O.some(json(isReady() ? 200 : 503, { ready: isReady() }));
    return pathname === '/status' ? O.some(json(200, report())) : O.none;
  };
