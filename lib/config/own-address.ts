/** Finds out if a target's URL is the proxy's own address, under any name that can be known without asking. */
import type { ServerSettings } from '../core/settings.js';

const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost|.+\.localhost)$/;
const WILDCARD = /^(0\.0\.0\.0|\[::\])$/;
const MAPPED = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/;

const bytesOf = (hex: string): string => {
  const pair = Number.parseInt(hex, 16);
  return `${pair >> 8}.${pair & 255}`;
};

/** The host as a URL writes it, which knows the many spellings of an address. A mapped IPv4 address is that address. */
const plainHost = (host: string): string => {
  const written = host.includes(':') && !host.startsWith('[') ? `[${host.replace(/%.*/, '')}]` : host;
  const { hostname } = URL.canParse(`http://${written}`) ? new URL(`http://${written}`) : { hostname: written };
  const name = hostname.toLowerCase().replace(/\.$/, '');
  const mapped = MAPPED.exec(name);
  return mapped === null ? name : `${bytesOf(mapped[1] as string)}.${bytesOf(mapped[2] as string)}`;
};

const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === 'https:' ? 443 : 80);

/** `names`: the addresses and the name of this machine, which count where all of them are listened on. */
export const isOwnAddress = (
  url: string,
  { host, port }: Pick<ServerSettings, 'host' | 'port'>,
  names: readonly string[],
): boolean => {
  if (!URL.canParse(url)) return false;
  const target = new URL(url);
  if (portOf(target) !== port) return false;
  const [theirs, ours] = [plainHost(target.hostname), plainHost(host)];
  const isHere = LOOPBACK.test(theirs) || WILDCARD.test(theirs);
  if (WILDCARD.test(ours)) return isHere || names.map(plainHost).includes(theirs);
  // What listens on one address of the loopback is reached by its other names too, or nothing is.
  return theirs === ours || (LOOPBACK.test(ours) && isHere);
};
