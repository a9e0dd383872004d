/** Header fields that the user adds to messages, or takes away from them. */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { HIDDEN, leaf } from '../codecs/leaf.js';
import { endToEnd } from '../core/headers.js';

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** A value that Node can send. */
const HeaderValue = leaf({
  name: 'text without line breaks and control characters, in quotes if it looks like a number',
  is: (u): u is string => t.string.is(u) && /^[\t\x20-\x7e\xa0-\xff]*$/.test(u),
});

/** The proxy itself makes the fields that frame a message, and those that belong to one connection. */
const isOurs = (name: string): boolean => name === 'host' || !Object.hasOwn(endToEnd({ [name]: '' }), name);

/** The fields of a reply that the proxy makes too: those about the exchange, and the coding that it has undone. */
const REPLY_OURS: ReadonlySet<string> = new Set(['x-request-id', 'x-seaking-attempts', 'content-encoding']);

const isOursInReply = (name: string): boolean => isOurs(name) || REPLY_OURS.has(name);

type IsOurs = (name: string) => boolean;

const nameFlaw = (isOursHere: IsOurs, name: string): string | undefined => {
  if (!TOKEN.test(name)) return 'expected the name of a header field';
  if (isOursHere(name)) return 'expected another header field; the proxy itself sets this one';
  return undefined;
};

const headerName = (isOursHere: IsOurs) =>
  new t.Type<string, unknown, unknown>(
    'the name of a header field',
    t.string.is,
    (input, context) => {
      const name = typeof input === 'string' ? input.toLowerCase() : '';
      const message = nameFlaw(isOursHere, name);
      return message === undefined ? t.success(name) : t.failure(input, context, message);
    },
    t.identity,
  );

const headerFields = (isOursHere: IsOurs) =>
  new t.Type<Readonly<Record<string, string>>, unknown, unknown>(
    'a map of header fields',
    t.record(t.string, t.string).is,
    (input, context) => {
      if (!t.UnknownRecord.is(input)) return t.failure(input, context);
      const errors: t.Errors = [];
      const headers = new Map<string, string>();
      for (const [key, value] of Object.entries(input)) {
        const name = key.toLowerCase();
        const message =
          nameFlaw(isOursHere, name) ??
          (headers.has(name) ? 'expected each header field once, in whatever case' : undefined);
        if (message !== undefined) errors.push({ value, context: t.appendContext(context, key, t.never), message });
        const result = HeaderValue.validate(value, t.appendContext(context, key, HeaderValue));
        if (E.isLeft(result)) errors.push(...result.left);
        else headers.set(name, result.right);
      }
      return errors.length > 0 ? t.failures(errors) : t.success(Object.fromEntries(headers));
    },
    (headers) => Object.fromEntries(Object.keys(headers).map((name) => [name, HIDDEN])),
  );

/** The name of one, in lower case. */
export const HeaderName = headerName(isOurs);
/** Header fields by lower-case name. Values may be secrets, so encoding hides them. */
export const HeaderFields = headerFields(isOurs);

/** The name of a header field of the client's reply, in lower case. */
export const ReplyHeaderName = headerName(isOursInReply);
export const ReplyHeaderFields = headerFields(isOursInReply);
