/** The target's base URL, in a form that a path can be appended to. */
import * as t from 'io-ts';

/** Stands for the upstream that comes with the proxy; whoever starts it knows its URL. */
export const DEMO = 'demo';

/** Ends of the endpoints' paths, which people copy from documentation along with the base. */
const KNOWN_SUFFIX = /(\/(chat\/completions|completions|messages|models))+$/;

const HOST = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?$/;

/** The flaw of a text that is no such URL. Each check relies on those before it. */
const flaw = (text: string): string | undefined => {
  const authority = /^https?:\/\/([^/?#]*)/i.exec(text)?.[1];
  if (authority === undefined) return `expected ${HttpUrl.name}`;
  if (authority.includes('@')) return 'expected a URL without a user name or password; the key belongs in api_key';
  if (/[^\x21-\x7e]|\\/.test(text)) return 'expected a URL of ASCII characters, without spaces and backslashes';
  if (/[?#]/.test(text)) return 'expected a URL that ends before any ? or #';
  if (!HOST.test(authority) || !URL.canParse(text))
    return 'expected a URL with a host name or IP address that can exist';
  return undefined;
};

const base = (text: string): string => {
  const { origin, pathname } = new URL(text);
  return (
    origin +
    pathname
      .replace(/\/{2,}/g, '/')
      .replace(/\/$/, '')
      .replace(KNOWN_SUFFIX, '')
  );
};

/** Without a slash or an endpoint's path at the end; or the word `demo`. */
export const HttpUrl = new t.Type<string, string, unknown>(
  'a URL such as https://api.example.com/v1, or the word demo',
  (u): u is string => t.string.is(u) && (u === DEMO || flaw(u) === undefined),
  (input, context) => {
    if (!t.string.is(input)) return t.failure(input, context);
    if (input === DEMO) return t.success(input);
    const message = flaw(input);
    return message === undefined ? t.success(base(input)) : t.failure(input, context, message);
  },
  (url) => url,
);
