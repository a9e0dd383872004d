/** What a stage gives, as data of ours, if it is well-formed: its types may never have been checked. */
import { Buffer } from 'node:buffer';
import * as O from 'fp-ts/lib/Option.js';
import type { Objection } from './custom-stage.js';
import type { Reply, Request } from './exchange.js';
import type { Headers } from './headers.js';
import { plus } from './plus.js';

type Unknown = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Unknown => typeof value === 'object' && value !== null;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 §5.5: what can stand in a field, and cannot end it. */
const FIELD = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Clients do send bytes above ASCII. */
const TARGET = /^\/[\x21-\x7e\x80-\xff]*$/;

const isField = (value: unknown): value is string => typeof value === 'string' && FIELD.test(value);

const isFields = (value: unknown): value is string | readonly string[] =>
  isField(value) || (Array.isArray(value) && value.every(isField));

const isName = (name: string): boolean => TOKEN.test(name) && name === name.toLowerCase();

const ownHeaders = (value: unknown): O.Option<Headers> => {
  if (!isObject(value)) return O.none;
  const own: Record<string, string | readonly string[]> = Object.create(null);
  for (const name of Object.keys(value)) {
    const came = value[name];
    const field: unknown = Array.isArray(came) ? [...came] : came;
    if (!isName(name) || !isFields(field)) return O.none;
    own[name] = field;
  }
  return O.some(own);
};

/** A copy of what a body in memory holds, so that nobody can write into it any more; none: it is no such body. */
export const ownBytes = (value: unknown): O.Option<Buffer> => {
  if (!isObject(value)) return O.none;
  const { _tag, bytes } = value;
  // By what it is: its prototype, and what its own properties say of it, can be made up.
  return _tag === 'Bytes' && ArrayBuffer.isView(bytes) && bytes instanceof Uint8Array
    ? O.some(Buffer.from(new Uint8Array(bytes).buffer))
    : O.none;
};

/** A message of which the body was not looked at yet. */
export type Own<M> = Omit<M, 'body'> & { readonly body: unknown };

/** A copy of a request, each part of which was looked at once; none: it cannot be sent. */
export const ownRequest = (value: unknown): O.Option<Own<Request>> => {
  if (!isObject(value)) return O.none;
  const { method, path, headers, body } = value;
  // It asks for a tunnel, and not for a reply; Node sends names of methods in capitals.
  const isSent = typeof method === 'string' && TOKEN.test(method) && method.toUpperCase() !== 'CONNECT';
  if (!isSent || typeof path !== 'string' || !TARGET.test(path)) return O.none;
  return O.map((own: Headers): Own<Request> => ({ method, path, headers: own, body }))(ownHeaders(headers));
};

/** A status below 200 is no reply, but a promise of one. What an upstream has sent may be any. */
const isReplyStatus = (status: unknown, came?: number): status is number =>
  status === came || (Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599);

/** The same for a reply. `came`: the status that the upstream has sent. */
export const ownReply = (value: unknown, came?: number): O.Option<Own<Reply>> => {
  if (!isObject(value)) return O.none;
  const { status, reasonPhrase, headers, body } = value;
  if (!isReplyStatus(status, came)) return O.none;
  if (reasonPhrase !== undefined && !isField(reasonPhrase)) return O.none;
  const worded = reasonPhrase === undefined ? { status } : { status, reasonPhrase };
  return O.map((own: Headers): Own<Reply> => plus(worded, { headers: own, body }))(ownHeaders(headers));
};

const isStatus = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 599;

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** How many, if anything is said; the outer none: nonsense. */
const ownLimit = (option: unknown): O.Option<O.Option<number>> => {
  if (!isObject(option)) return O.none;
  const { _tag, value } = option;
  if (_tag === 'None') return O.some(O.none);
  return _tag === 'Some' && isCount(value) ? O.some(O.some(value)) : O.none;
};

/** The same for what `refuse` and `tryAgain` make of sensible arguments, as an objection of this stage's. */
export const ownObjection = (value: unknown, stage: string): O.Option<Objection> => {
  if (!isObject(value)) return O.none;
  const { _tag, says, status, atMost } = value;
  if (typeof says !== 'string' || says.trim() === '') return O.none;
  if (_tag === 'Refused') return isStatus(status) ? O.some({ _tag, stage, status, says }) : O.none;
  if (_tag !== 'Unwanted') return O.none;
  return O.map((most: O.Option<number>): Objection => ({ _tag, stage, says, atMost: most }))(ownLimit(atMost));
};
