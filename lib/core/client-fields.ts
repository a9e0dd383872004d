/** Header fields that say who the client is and how its request came: an upstream need not know. */
import { type Headers, value } from './headers.js';

/** The fields that other proxies and their hosts add. `x-forwarded-…` and `cf-…` are known by their beginning. */
const ADDED_ON_THE_WAY: ReadonlySet<string> = new Set([
  'forwarded',
  'forwarded-for',
  'via',
  'cdn-loop',
  'client-ip',
  'true-client-ip',
  'fastly-client-ip',
  'fly-client-ip',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-remote-ip',
  'x-remote-addr',
  'x-originating-ip',
  'x-original-forwarded-for',
  'x-original-host',
  'x-original-url',
  'x-envoy-external-address',
  'x-appengine-user-ip',
  'x-azure-clientip',
  'x-azure-socketip',
  'x-proxyuser-ip',
]);
const BEGINNINGS = /^(?:x-forwarded|cf-(?:connecting|pseudo|ipcountry|ray|visitor|worker|ew-via|warp))/;

/** The fields that browsers add: the page, and the cookies of other programs on the same host. */
const OF_BROWSERS: ReadonlySet<string> = new Set(['origin', 'referer', 'cookie']);
const HINTS = /^sec-/;

/** Programs send neither of the first two; a browser leaves them out where the proxy is called by an address of the LAN. */
const isBrowser = (headers: Headers): boolean =>
  headers['sec-fetch-site'] !== undefined ||
  headers.origin !== undefined ||
  /^mozilla\//i.test(value(headers, 'user-agent'));

/** The fields that may be sent on. */
export const withoutClient = (headers: Headers): Headers => {
  const fromBrowser = isBrowser(headers);
  // Without a prototype, so that a field named `__proto__` is only a name.
  const kept: Record<string, string | readonly string[]> = Object.create(null);
  for (const [name, field] of Object.entries(headers)) {
    // Some servers read `x_real_ip` as the same.
    const plain = name.replace(/[_.]/g, '-');
    if (ADDED_ON_THE_WAY.has(plain) || BEGINNINGS.test(plain)) continue;
    if (fromBrowser && (OF_BROWSERS.has(plain) || HINTS.test(plain))) continue;
    kept[name] = field;
  }
  return kept;
};
