/** The pages from which a browser may call the proxy, and what they may read of its replies (CORS of the Fetch standard). */
import * as O from 'fp-ts/lib/Option.js';
import { hostOf, isAddress, isLoopback, isOurs } from './authority.js';
import { bytes, type Head, type Reply } from './exchange.js';
import { type Headers, set, value, values } from './headers.js';
import type { ServerSettings } from './settings.js';

type Cors = Pick<ServerSettings, 'cors'>;

/** The origin of the page that a request comes from, where the config lists it. */
const listedOrigin = ({ cors }: Cors, headers: Headers): O.Option<string> => {
  if (cors.length === 0) return O.none;
  const origin = value(headers, 'origin');
  return cors.includes(origin.toLowerCase()) ? O.some(origin) : O.none;
};

/** True if a browser asks if a page may send a request that is not a simple one. */
const isPreflight = ({ method, headers }: Head): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

/** True for origins of this machine, of an allowed name, or of the host that is called. An address is as foreign as a name. */
const isNear = (allowedHosts: readonly string[], authority: string, origin: string): boolean => {
  const [, from = ''] = /^https?:\/\/(.*)$/i.exec(origin) ?? [];
  if (isLoopback(from) || (from !== '' && hostOf(from) === hostOf(authority))) return true;
  return !isAddress(from) && isOurs(allowedHosts, from);
};

/** `authority`: the host that the request was sent to. */
export const isWelcome = (
  { allowedHosts, cors }: Pick<ServerSettings, 'allowedHosts' | 'cors'>,
  head: Head,
  authority: string,
): boolean => {
  if (O.isSome(listedOrigin({ cors }, head.headers))) return true;
  // A picture or a form of a page bears no Origin, but this.
  const isCrossSite = value(head.headers, 'sec-fetch-site').toLowerCase() === 'cross-site';
  if (isCrossSite || isPreflight(head)) return false;
  return values(head.headers, 'origin').every((origin) => isNear(allowedHosts, authority, origin));
};

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** The answer to the preflight of a page that is welcome. The upstream is not asked: whether it may be is decided here. */
export const preflight = (head: Head): O.Option<Reply> => {
  if (!isPreflight(head)) return O.none;
  const asked = value(head.headers, 'access-control-request-headers');
  const isPrivate = value(head.headers, 'access-control-request-private-network') === 'true';
  return O.some({
    status: 204,
    headers: {
      'access-control-allow-methods': METHODS,
      ...(asked === '' ? {} : { 'access-control-allow-headers': asked }),
      ...(isPrivate ? { 'access-control-allow-private-network': 'true' } : {}),
      'access-control-max-age': '600',
    },
    body: bytes(Buffer.alloc(0)),
  });
};

const withVary = (headers: Headers): string => {
  const vary = value(headers, 'vary');
  if (vary === '') return 'Origin';
  return /(?:^|,)\s*(?:origin|\*)\s*(?:,|$)/i.test(vary) ? vary : `${vary}, Origin`;
};

/** A reply, for the page to read where it is listed, and for no other. What the upstream lets pages read counts for nothing. */
export const forPage = ({ cors }: Cors, head: Head, reply: Reply): Reply => {
  const { headers } = reply;
  if (cors.length === 0 && headers['access-control-allow-origin'] === undefined) return reply;
  const listed = listedOrigin({ cors }, head.headers);
  const readable = O.isSome(listed);
  return {
    ...reply,
    headers: set(headers, {
      'access-control-allow-origin': readable ? listed.value : false,
      'access-control-allow-credentials': false,
      'access-control-expose-headers': readable ? '*' : false,
      ...(cors.length > 0 ? { vary: withVary(headers) } : {}),
    }),
  };
};
