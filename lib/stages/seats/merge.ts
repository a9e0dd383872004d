/** What of a stage's value takes effect, seat by seat. All else of it is left out: a stage changes no id and no clock. */
import * as E from 'fp-ts/lib/Either.js';
import { parse } from '../../bodies/json.js';
import { chatBody } from '../../bodies/request.js';
import type { Failed } from '../../core/custom-stage.js';
import {
  type Answered,
  type Body,
  bytes,
  type Call,
  type Decoded,
  type Planned,
  type Received,
  type Replied,
  type Reply,
  type Request,
  type Try,
} from '../../core/exchange.js';
import { endToEnd } from '../../core/headers.js';
import { combine } from '../../core/schedule.js';
import { isObject, isReply, isRequest } from '../../core/well-formed.js';
import type { Shown } from './shown.js';

/** The new value; the left names what of it is nonsense. */
type Merged<A> = E.Either<string, A>;

/** `before` is the value as it was, `shown` as the stage saw it. */
export type Merge<A> = (before: A, shown: Shown<A>, given: Readonly<Record<string, unknown>>) => Merged<A>;

type BodyOf = Shown<unknown>['bodyOf'];

/** A part of the value: as it was, where the stage gave the part that it saw; else what is made of it. */
const part = <P>(before: P, shown: P, given: unknown, made: () => Merged<P>): Merged<P> =>
  given === shown ? E.right(before) : made();

const requestOf = (given: unknown, bodyOf: BodyOf) => (): Merged<Request> => {
  if (!isRequest(given)) return E.left('a request that cannot be sent');
  const { method, path, headers } = given;
  const body = E.fromOption(() => 'a body that is neither bytes nor the one it was given')(bodyOf(given.body));
  return E.map((content: Body): Request => ({ method, path, headers, body: content }))(body);
};

const replyOf = (given: unknown, bodyOf: BodyOf) => (): Merged<Reply> => {
  if (!isReply(given)) return E.left('a reply that cannot be sent');
  const { status, reasonPhrase, headers } = given;
  const worded = reasonPhrase === undefined ? { status } : { status, reasonPhrase };
  const body = E.fromOption(() => 'a body that is neither bytes nor the one it was given')(bodyOf(given.body));
  return E.map((content: Body): Reply => ({ ...worded, headers: endToEnd(headers), body: content }))(body);
};

const callOf = (before: Call, given: unknown) => (): Merged<Call> => {
  if (!isObject(given) || before._tag !== 'Chat') return E.left('a call that is none');
  return E.bimap(
    () => 'a chat without a model or without messages',
    (body: (typeof before)['body']): Call => ({ ...before, body }),
  )(chatBody(given.body));
};

/** The view of bytes that a stage put in place of others. */
const viewed = (before: Call, body: Body): Merged<Call> => {
  if (before._tag !== 'Chat') return E.right(before);
  const value = body._tag === 'Bytes' ? parse(body.bytes) : E.left('not json');
  return E.isLeft(value) ? E.left('a body that is not JSON') : callOf(before, { body: value.right })();
};

/** The bytes of a chat that a stage changed; what JSON cannot say is nonsense. */
const encoded = (call: Call, request: Request): Merged<Request> => {
  if (call._tag !== 'Chat') return E.right(request);
  return E.tryCatch(
    () => ({ ...request, body: bytes(Buffer.from(JSON.stringify(call.body))) }),
    () => 'a body that JSON cannot express',
  );
};

export const received: Merge<Received> = (before, { value, bodyOf }, given) =>
  E.map((request: Request): Received => ({ ...before, request }))(
    part(before.request, value.request, given.request, requestOf(given.request, bodyOf)),
  );

export const decoded: Merge<Decoded> = (before, { value, bodyOf }, given) => {
  const request = part(before.request, value.request, given.request, requestOf(given.request, bodyOf));
  const call = part(before.call, value.call, given.call, callOf(before.call, given.call));
  if (E.isLeft(request)) return request;
  if (E.isLeft(call)) return call;
  if (call.right !== before.call) {
    const asked = encoded(call.right, request.right);
    return E.map((sent: Request): Decoded => ({ ...before, call: call.right, request: sent }))(asked);
  }
  const seen = request.right.body === before.request.body ? call : viewed(before.call, request.right.body);
  return E.map((view: Call): Decoded => ({ ...before, call: view, request: request.right }))(seen);
};

export const planned: Merge<Planned> = (before, { value, bodyOf }, { plan: given }) => {
  if (!isObject(given) || typeof given.schedule !== 'function') return E.left('a plan that is none');
  const { plan } = before;
  const schedule = given.schedule === plan.schedule ? plan.schedule : combine(plan.schedule, given.schedule as never);
  const outgoing = part(plan.outgoing, value.plan.outgoing, given.outgoing, requestOf(given.outgoing, bodyOf));
  return E.map((sent: Request): Planned => ({ ...before, plan: { ...plan, schedule, outgoing: sent } }))(outgoing);
};

/** `try` is a word of the language. */
export const trying: Merge<Try> = (before, { value, bodyOf }, given) =>
  E.map((outgoing: Request): Try => ({ ...before, outgoing }))(
    part(before.outgoing, value.outgoing, given.outgoing, requestOf(given.outgoing, bodyOf)),
  );

export const replying: Merge<Replied> = (before, { value, bodyOf }, given) =>
  E.map((reply: Reply): Replied => ({ ...before, reply }))(
    part(before.reply, value.reply, given.reply, replyOf(given.reply, bodyOf)),
  );

export const answered: Merge<Answered> = (before, { value, bodyOf }, given) =>
  E.map((reply: Reply): Answered => ({ ...before, reply }))(
    part(before.reply, value.reply, given.reply, replyOf(given.reply, bodyOf)),
  );

/** A failure can be replaced by an objection or a reply, and not be changed into another. */
export const failed: Merge<Failed> = (before, { value }, given) =>
  given.failure === value.failure ? E.right(before) : E.left('a failure of its own; refuse makes one');
