/** Who the client is, where proxies stand in front of this one. */
import { BlockList, isIP } from 'node:net';
import { type Headers, value } from '../core/headers.js';

/** A line of a log need not follow more of them. */
const MAX_HOPS = 32;

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const listOf = (ranges: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    if (prefix === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(prefix), family(address));
  }
  return list;
};

/** Without a port, which some proxies add, and the brackets that IPv6 then has. */
const addressIn = (hop: string): string => {
  const text = hop.trim();
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
};

/**
 * The address of the client, from the address of its connection: the nearest one that is not of a trusted proxy. What
 * stands before that in `x-forwarded-for` anybody may have written.
 */
export const clientAddress = (trusted: readonly string[]): ((remote: string, headers: Headers) => string) => {
  if (trusted.length === 0) return (remote) => remote;
  const list = listOf(trusted);
  return (remote, headers) => {
    let client = remote;
    for (const hop of value(headers, 'x-forwarded-for').split(',').slice(-MAX_HOPS).reverse()) {
      const before = addressIn(hop);
      if (!list.check(client, family(client)) || isIP(before) === 0) return client;
      client = before;
    }
    return client;
  };
};
