/** The names that a request may bear. A page on the web can make a browser call a loopback address, but not forge this. */

/** The host of `host[:port]`, lower-case, brackets of IPv6 kept; '' where it is none. */
export const hostOf = (authority: string): string =>
  /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/.exec(authority.toLowerCase())?.[1] ?? '';

const IP_LITERAL = /^(\d{1,3}(\.\d{1,3}){3}|\[.*\])$/;

/** True if `host[:port]` is an IP literal, a name under `.localhost`, or one of `allowed`. */
export const isOurs = (allowed: readonly string[], authority: string): boolean => {
  const host = hostOf(authority);
  return host !== '' && (IP_LITERAL.test(host) || host.endsWith('.localhost') || allowed.includes(host));
};

/** True if the host of `host[:port]` is an IP literal. */
export const isAddress = (authority: string): boolean => IP_LITERAL.test(hostOf(authority));

const LOOPBACK =
  /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[(?:::1|::ffff:(?:127(?:\.\d{1,3}){3}|7f[0-9a-f]{2}:[0-9a-f]{1,4}))\])$/;

/** True if `host[:port]` can be this machine alone. */
export const isLoopback = (authority: string): boolean => LOOPBACK.test(hostOf(authority));

/** True if it can be an authority at all. */
export const isAuthority = (authority: string): boolean => hostOf(authority) !== '';
