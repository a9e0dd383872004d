/** Whose name a request may bear. A page on the web can make a browser call a loopback address, but not forge this. */

/** The host of `host[:port]`, lower-case, brackets of IPv6 kept; '' where it is none. */
const hostOf = (authority: string): string =>
  /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/.exec(authority.toLowerCase())?.[1] ?? '';

const IP_LITERAL = /^(\d{1,3}(\.\d{1,3}){3}|\[.*\])$/;

/** Whether `host[:port]` is an IP literal, a name under `.localhost`, or one of `allowed`. */
export const isOurs = (allowed: readonly string[], authority: string): boolean => {
  const host = hostOf(authority);
  return host !== '' && (IP_LITERAL.test(host) || host.endsWith('.localhost') || allowed.includes(host));
};

/** Whether it can be an authority at all. */
export const isAuthority = (authority: string): boolean => hostOf(authority) !== '';
