/** What of a stage's value takes effect, seat by seat. All else of it is left out: a stage changes no id and no clock. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { parse } from '../../bodies/json.js';
import { chatBody } from '../../bodies/request.js';
import type { Failed } from '../../core/custom-stage.js';
import {
  type Answered,
  type Body,
  type Bytes,
  bytes,
  type Call,
  type ChatBody,
  type Decoded,
  type Planned,
  type Received,
  type Replied,
  type Reply,
  type Request,
  type Try,
} from '../../core/exchange.js';
import { endToEnd } from '../../core/headers.js';
import { combine, type Schedule, type Status } from '../../core/schedule.js';
import { isObject, isReply, isRequest } from '../../core/well-formed.js';
import type { Shown } from './shown.js';

/** The new value; the left names what of it is nonsense. */
type Merged<A> = E.Either<string, A>;

/** `before` is the value as it was, `shown` as the stage saw it. */
export type Merge<A> = (before: A, shown: Shown<A>, given: Readonly<Record<string, unknown>>) => Merged<A>;

/** A message as it is now: what gives another value at each look can deceive nobody then. */
const copied = (message: unknown): Readonly<Record<string, unknown>> => {
  const { headers, ...rest } = { ...(message as object) } as Readonly<Record<string, unknown>>;
  const fields = Object.entries({ ...(headers as object) });
  return {
    ...rest,
    headers: Object.fromEntries(fields.map(([name, field]) => [name, Array.isArray(field) ? [...field] : field])),
  };
};

type BodyOf = Shown<unknown>['bodyOf'];

/** A part of the value: as it was, where the stage gave the part that it saw; else what is made of it. */
const part = <P>(before: P, shown: P, given: unknown, made: () => Merged<P>): Merged<P> =>
  given === shown ? E.right(before) : made();

const requestOf = (came: unknown, bodyOf: BodyOf) => (): Merged<Request> => {
  const given = copied(came);
  if (!isRequest(given)) return E.left('a request that cannot be sent');
  const { method, path, headers } = given;
  const body = E.fromOption(() => 'a body that is neither bytes nor the one it was given')(bodyOf(given.body));
  return E.map((content: Body): Request => ({ method, path, headers, body: content }))(body);
};

const replyOf = (came: unknown, bodyOf: BodyOf) => (): Merged<Reply> => {
  const given = copied(came);
  if (!isReply(given)) return E.left('a reply that cannot be sent');
  const { status, reasonPhrase, headers } = given;
  const worded = reasonPhrase === undefined ? { status } : { status, reasonPhrase };
  const body = E.fromOption(() => 'a body that is neither bytes nor the one it was given')(bodyOf(given.body));
  return E.map((content: Body): Reply => ({ ...worded, headers: endToEnd(headers), body: content }))(body);
};

type Chat = Extract<Call, { _tag: 'Chat' }>;

const chatOf = (before: Chat, given: unknown): Merged<Chat> =>
  E.bimap(
    () => 'a chat without a model or without messages',
    (body: ChatBody): Chat => ({ ...before, body }),
  )(chatBody(given));

/** The view of bytes that a stage put in place of others. */
const viewed = (before: Call, body: Body): Merged<Call> => {
  if (before._tag !== 'Chat') return E.right(before);
  // A chat is read into memory whole, and a stage has no other way to put something in its place.
  const value = parse((body as Bytes).bytes);
  return E.isLeft(value) ? E.left('a body that is not JSON') : chatOf(before, value.right);
};

/** The bytes of a chat that a stage changed; what JSON cannot say is nonsense. */
const encoded = (body: ChatBody, request: Request): Merged<Request> =>
  E.tryCatch(
    () => ({ ...request, body: bytes(Buffer.from(JSON.stringify(body))) }),
    () => 'a body that JSON cannot express',
  );

export const received: Merge<Received> = (before, { value, bodyOf }, given) =>
  E.map((request: Request): Received => ({ ...before, request }))(
    part(before.request, value.request, given.request, requestOf(given.request, bodyOf)),
  );

const bodyIn = (call: Call): unknown => (call._tag === 'Chat' ? call.body : undefined);

export const decoded: Merge<Decoded> = (before, { value, bodyOf }, given) => {
  const request = part(before.request, value.request, given.request, requestOf(given.request, bodyOf));
  if (E.isLeft(request)) return request;
  // The same body in another wrapping is no change: the bytes stay what they are.
  if (given.call === value.call || (isObject(given.call) && given.call.body === bodyIn(value.call))) {
    const { body } = request.right;
    const seen = body === before.request.body ? E.right(before.call) : viewed(before.call, body);
    return E.map((call: Call): Decoded => ({ ...before, call, request: request.right }))(seen);
  }
  if (before.call._tag !== 'Chat' || !isObject(given.call)) return E.left('a call that is none');
  const chat = chatOf(before.call, given.call.body);
  if (E.isLeft(chat)) return chat;
  const asked = encoded(chat.right.body, request.right);
  return E.map((sent: Request): Decoded => ({ ...before, call: chat.right, request: sent }))(asked);
};

/** A schedule of a stage's, which may throw, or give what is no delay: then there is no further try. */
const tamed =
  (given: (status: Status) => unknown): Schedule =>
  (status) => {
    const delay = E.toUnion(
      E.tryCatch(
        (): unknown => given(status),
        () => O.none,
      ),
    );
    const isDelay = isObject(delay) && delay._tag === 'Some' && Number(delay.value) >= 0;
    return isDelay ? O.some(Number(delay.value)) : O.none;
  };

export const planned: Merge<Planned> = (before, { value, bodyOf }, { plan: given }) => {
  if (!isObject(given) || typeof given.schedule !== 'function') return E.left('a plan that is none');
  const { plan } = before;
  const schedule =
    given.schedule === plan.schedule
      ? plan.schedule
      : combine(plan.schedule, tamed(given.schedule as (status: Status) => unknown));
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
