/** Checks of what custom stages give: the types of a stage in JavaScript were never checked. */
import type { Reply, Request } from './exchange.js';

type Unknown = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Unknown => typeof value === 'object' && value !== null;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 §5.5: what can stand in a field, and cannot end it. */
const FIELD = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Clients do send bytes above ASCII. */
const TARGET = /^\/[\x21-\x7e\x80-\xff]*$/;

const isField = (value: unknown): boolean => typeof value === 'string' && FIELD.test(value);

const isFields = (value: unknown): boolean =>
  isObject(value) &&
  Object.entries(value).every(
    ([name, field]) =>
      TOKEN.test(name) && name === name.toLowerCase() && (Array.isArray(field) ? field.every(isField) : isField(field)),
  );

/** True if a request can be sent, whatever its body is. */
export const isRequest = (value: unknown): value is Request => {
  if (!isObject(value)) return false;
  const { method, path, headers } = value;
  // CONNECT asks for a tunnel, and not for a reply; Node sends names of methods in capitals.
  const isSent = typeof method === 'string' && TOKEN.test(method) && method.toUpperCase() !== 'CONNECT';
  return isSent && typeof path === 'string' && TARGET.test(path) && isFields(headers);
};

const isWithin = (value: unknown, least: number, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** True if a reply can be sent, whatever its body is. `came`: the status that the upstream sent, which may be any. */
export const isReply = (value: unknown, came?: number): value is Reply => {
  if (!isObject(value)) return false;
  const { status, reasonPhrase, headers } = value;
  // A status below 200 is no reply, but a promise of one.
  const hasStatus = status === came || isWithin(status, 200, 599);
  return hasStatus && (reasonPhrase === undefined || isField(reasonPhrase)) && isFields(headers);
};

const isLimit = (value: unknown): boolean =>
  isObject(value) && (value._tag === 'None' || isWithin(value.value, 0, Number.MAX_SAFE_INTEGER));

/** True if it is what `refuse` and `tryAgain` make of sensible arguments. */
export const isObjection = (value: unknown): boolean => {
  if (!isObject(value) || typeof value.says !== 'string' || value.says.trim() === '') return false;
  return value._tag === 'Refused'
    ? isWithin(value.status, 400, 599)
    : value._tag === 'Unwanted' && isLimit(value.atMost);
};
