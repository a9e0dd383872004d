/** Whether what a stage gives can be sent: its types may never have been checked. */
import { Buffer } from 'node:buffer';
import * as O from 'fp-ts/lib/Option.js';
import type { Objection } from './custom-stage.js';
import type { Bytes, Reply, Request } from './exchange.js';
import type { Headers } from './headers.js';

type Unknown = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Unknown => typeof value === 'object' && value !== null;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 §5.5: what can stand in a field, and cannot end it. */
const FIELD = /^[\t\x20-\x7e\x80-\xff]*$/;
const TARGET = /^\/[\x21-\x7e]*$/;

const isField = (value: unknown): boolean => typeof value === 'string' && FIELD.test(value);

export const isHeaders = (value: unknown): value is Headers =>
  isObject(value) &&
  Object.entries(value).every(
    ([name, field]) =>
      TOKEN.test(name) &&
      name === name.toLowerCase() &&
      (isField(field) || (Array.isArray(field) && field.every(isField))),
  );

export const isBytes = (value: unknown): value is Bytes =>
  isObject(value) && value._tag === 'Bytes' && Buffer.isBuffer(value.bytes);

/** But for its body. */
export const isRequest = (value: unknown): value is Request =>
  isObject(value) &&
  typeof value.method === 'string' &&
  TOKEN.test(value.method) &&
  // It asks for a tunnel, and not for a reply.
  value.method !== 'CONNECT' &&
  typeof value.path === 'string' &&
  TARGET.test(value.path) &&
  isHeaders(value.headers);

/** But for its body. A status below 200 is no reply, but a promise of one. */
export const isReply = (value: unknown): value is Reply =>
  isObject(value) &&
  Number.isInteger(value.status) &&
  (value.status as number) >= 200 &&
  (value.status as number) <= 599 &&
  (value.reasonPhrase === undefined || isField(value.reasonPhrase)) &&
  isHeaders(value.headers);

const isStatus = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 599;

const isOption = (value: unknown): value is O.Option<unknown> =>
  isObject(value) && (value._tag === 'None' || value._tag === 'Some');

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

/** What `refuse` and `tryAgain` make of sensible arguments. */
export const isObjection = (value: unknown): value is Objection => {
  if (!isObject(value) || typeof value.says !== 'string' || value.says === '') return false;
  if (value._tag === 'Refused') return isStatus(value.status);
  const { atMost } = value;
  return value._tag === 'Unwanted' && isOption(atMost) && (O.isNone(atMost) || isCount(atMost.value));
};
