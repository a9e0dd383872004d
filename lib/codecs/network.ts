/** Codecs of what is said of the network: origins of pages, addresses and their ranges. */
import { leaf } from './leaf.js';

const OF_APP = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(?::\d{1,5})?$/;

/** The origin as a browser writes it: in lower case, without a default port and a final slash; undefined if it is none. */
const originIn = (text: string): string | undefined => {
  const bare = text.trim().replace(/\/$/, '');
  if (!/^https?:/i.test(bare)) return OF_APP.test(bare.toLowerCase()) ? bare.toLowerCase() : undefined;
  // `URL` mends what a browser never sends, and takes a star for a name.
  if (!/^https?:\/\/[^/*]+$/i.test(bare) || !URL.canParse(bare)) return undefined;
  const { origin, href } = new URL(bare);
  // Nothing but the origin: no path, no query, no user.
  return href === `${origin}/` && !/[?#@]/.test(bare) ? origin : undefined;
};

/** The origin of a page, as in the field `Origin`. */
export const Origin = leaf({
  name: 'an origin such as https://chat.example.com or http://192.168.1.5:8000, without a path (there is no * for all)',
  is: (u: unknown): u is string => typeof u === 'string' && originIn(u) === u,
  read: (input) => (typeof input === 'string' ? originIn(input) : input),
});

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** The number of bits of an address; 0 if it is none. */
const bitsOf = (address: string): number => {
  if (IPV4.test(address)) return 32;
  return /^[0-9a-f:.]+$/i.test(address) && address.includes(':') && URL.canParse(`http://[${address}]`) ? 128 : 0;
};

/** An IP address, or so many first bits of one: `10.0.0.0/8`. */
export const IpRange = leaf({
  name: 'an IP address, or a range of them such as 10.0.0.0/8 (in quotes, if it has a colon)',
  is: (u: unknown): u is string => {
    const [, address = '', prefix] = (typeof u === 'string' && /^([^/]+)(?:\/(\d{1,3}))?$/.exec(u)) || [];
    const bits = bitsOf(address);
    return bits > 0 && (prefix === undefined || Number(prefix) <= bits);
  },
});
