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
import { freeze } from '../../core/freeze.js';
import { endToEnd } from '../../core/headers.js';
import { narrowed, type Schedule, type Status } from '../../core/schedule.js';
import { isObject, ownReply, ownRequest } from '../../core/well-formed.js';
import type { Shown } from './shown.js';

/** The new value; the left names what of it is nonsense. */
type Merged<A> = E.Either<string, A>;

/** `before` is the value as it was, `shown` as the stage saw it. */
export type Merge<A> = (before: A, shown: Shown<A>, given: Readonly<Record<string, unknown>>) => Merged<A>;

/** A part of the value: as it was, where the stage gave the part that it saw; else what is made of it. */
const part = <P>(before: P, shown: P, given: unknown, made: () => Merged<P>): Merged<P> =>
  given === shown ? E.right(before) : made();

const bodyOf = (given: unknown, { body }: { readonly body: Body }, shown: Shown<unknown>): Merged<Body> =>
  E.fromOption(() => 'a body that is neither bytes nor the one it was given')(shown.bodyIn(given, body));

const requestOf = (before: Request, given: unknown, shown: Shown<unknown>) => (): Merged<Request> => {
  const own = ownRequest(given);
  if (O.isNone(own)) return E.left('a request that cannot be sent');
  return E.map((body: Body): Request => ({ ...own.value, body }))(bodyOf(own.value.body, before, shown));
};

const replyOf = (before: Reply, given: unknown, shown: Shown<unknown>) => (): Merged<Reply> => {
  const own = ownReply(given, before.status);
  if (O.isNone(own)) return E.left('a reply that cannot be sent');
  const headers = endToEnd(own.value.headers);
  return E.map((body: Body): Reply => ({ ...own.value, headers, body }))(bodyOf(own.value.body, before, shown));
};

type Chat = Extract<Call, { _tag: 'Chat' }>;

const chatOf = (before: Chat, given: unknown): Merged<Chat> =>
  E.bimap(
    () => 'a chat without messages',
    (body: ChatBody): Chat => ({ ...before, body }),
  )(chatBody(given));

/** The view of bytes that a stage put in place of others. */
const viewed = (before: Call, body: Body): Merged<Call> => {
  if (before._tag !== 'Chat') return E.right(before);
  // A chat is read into memory whole, and a stage has no other way to put something in its place.
  const value = parse((body as Bytes).bytes);
  return E.isLeft(value) ? E.left('a body that is not JSON') : chatOf(before, value.right);
};

/** A chat that a stage changed, as JSON; none: JSON cannot say it. */
const encoded = (chat: unknown): Merged<Body> =>
  E.tryCatch(
    () => bytes(Buffer.from(JSON.stringify(chat))),
    () => 'a body that JSON cannot express',
  );

/** The value with another part; the same value, if the part is the same. */
const withPart = <A, K extends keyof A>(before: A, key: K, made: Merged<A[K]>): Merged<A> =>
  E.map((now: A[K]): A => (now === before[key] ? before : { ...before, [key]: now }))(made);

export const received: Merge<Received> = (before, shown, { request }) =>
  withPart(
    before,
    'request',
    part(before.request, shown.value.request, request, requestOf(before.request, request, shown)),
  );

const chatIn = (call: Call): unknown => (call._tag === 'Chat' ? call.body : undefined);

export const decoded: Merge<Decoded> = (before, shown, given) => {
  const made = part(
    before.request,
    shown.value.request,
    given.request,
    requestOf(before.request, given.request, shown),
  );
  if (E.isLeft(made)) return made;
  const request = made.right;
  // The same chat in another wrapping is no change: the bytes stay what they are.
  if (given.call === shown.value.call || (isObject(given.call) && given.call.body === chatIn(shown.value.call))) {
    if (request === before.request) return E.right(before);
    const seen = request.body === before.request.body ? E.right(before.call) : viewed(before.call, request.body);
    return E.map((call: Call): Decoded => ({ ...before, call, request }))(seen);
  }
  if (before.call._tag !== 'Chat' || !isObject(given.call)) return E.left('a call that is none');
  const body = encoded(given.call.body);
  if (E.isLeft(body)) return body;
  // The bytes are what is sent, and so what the view is of: an object can say one thing here, and another to JSON.
  return E.map((call: Call): Decoded => ({ ...before, call, request: { ...request, body: body.right } }))(
    viewed(before.call, body.right),
  );
};

/** What no timer can wait, it does not wait at all. */
const MAX_WAIT_MS = 2 ** 31 - 1;

const delayIn = (given: unknown): O.Option<number> => {
  if (!isObject(given)) return O.none;
  const { _tag, value } = given;
  return _tag === 'Some' && typeof value === 'number' && value >= 0 && value <= MAX_WAIT_MS ? O.some(value) : O.none;
};

/** A schedule of a stage's, which may throw, or give what is no delay: then there is no further try. */
const tamed =
  (given: (status: Status) => unknown): Schedule =>
  (status) =>
    O.flatten(O.tryCatch(() => delayIn(given(freeze({ ...status })))));

export const planned: Merge<Planned> = (before, shown, { plan: given }) => {
  if (given === shown.value.plan) return E.right(before);
  if (!isObject(given) || typeof given.schedule !== 'function') return E.left('a plan that is none');
  const { plan } = before;
  const schedule =
    given.schedule === plan.schedule
      ? plan.schedule
      : narrowed(plan.schedule, tamed(given.schedule as (status: Status) => unknown));
  const outgoing = part(
    plan.outgoing,
    shown.value.plan.outgoing,
    given.outgoing,
    requestOf(plan.outgoing, given.outgoing, shown),
  );
  return E.map((sent: Request): Planned => ({ ...before, plan: { ...plan, schedule, outgoing: sent } }))(outgoing);
};

/** `try` is a word of the language. */
export const trying: Merge<Try> = (before, shown, { outgoing }) =>
  withPart(
    before,
    'outgoing',
    part(before.outgoing, shown.value.outgoing, outgoing, requestOf(before.outgoing, outgoing, shown)),
  );

const replyIn = <A extends { readonly reply: Reply }>(
  before: A,
  shown: Shown<A>,
  { reply }: Readonly<Record<string, unknown>>,
): Merged<A> =>
  withPart(before, 'reply', part(before.reply, shown.value.reply, reply, replyOf(before.reply, reply, shown)));

export const replying: Merge<Replied> = replyIn;

export const answered: Merge<Answered> = replyIn;

/** A failure can be replaced by an objection or a reply, and not be changed into another. */
export const failed: Merge<Failed> = (before, { value }, given) =>
  given.failure === value.failure ? E.right(before) : E.left('a failure of its own; refuse makes one');
