/** The part of a hook's answer that takes effect. All else of it is left out: a stage changes no id and no clock. */
import * as E from 'fp-ts/lib/Either.js';
import type { Attempting, Failed } from '../core/custom-stage.js';
import type { ChatBody } from '../core/dialect.js';
import { type Body, bytes, type Call, type Decoded, type Reply, type Request, type Try } from '../core/exchange.js';
import { endToEnd } from '../core/headers.js';
import { plus } from '../core/plus.js';
import { isObject, isReply, isRequest } from '../core/well-formed.js';
import { readChat } from '../dialects/request.js';

type Given = Readonly<Record<string, unknown>>;

/** The new value; the left names what of it is nonsense. */
type Changed<A> = E.Either<string, A>;

/** Takes what a stage gave in place of a value: the same value, if nothing of it has changed. */
export type Change<A> = (before: A, given: Given) => Changed<A>;

/** A stream can only go on where it was. */
export const bodyIn = (given: unknown, before?: Body): Changed<Body> => {
  if (given === before && before !== undefined) return E.right(before);
  if (!isObject(given) || given._tag !== 'Bytes' || !(given.bytes instanceof Uint8Array)) {
    return E.left('a body that is neither bytes nor the one it was given');
  }
  return E.right(bytes(Buffer.from(given.bytes.buffer, given.bytes.byteOffset, given.bytes.byteLength)));
};

const requestIn = (before: Request, given: unknown): Changed<Request> => {
  if (given === before) return E.right(before);
  if (!isRequest(given)) return E.left('a request that cannot be sent');
  const { method, path, headers } = given;
  return E.map((body: Body): Request => ({ method, path, headers, body }))(bodyIn(given.body, before.body));
};

/** A reply, without the fields that belong to a connection. */
export const replyIn = (given: unknown, before?: Reply): Changed<Reply> => {
  if (!isReply(given, before?.status)) return E.left('a reply that cannot be sent');
  const headers = endToEnd(given.headers);
  return E.map((body: Body): Reply => ({ ...given, headers, body }))(bodyIn(given.body, before?.body));
};

type Chat = Extract<Call, { _tag: 'Chat' }>;

const chatIn = (before: Chat, read: E.Either<string, ChatBody>): Changed<Chat> =>
  E.bimap(
    () => 'a body that is no chat',
    (body: ChatBody): Chat => ({ ...before, body }),
  )(read);

/** A chat whose bytes a stage has replaced is read again. */
const readAgain = (before: Call, { body }: Request): Changed<Call> => {
  if (before._tag !== 'Chat' || body._tag !== 'Bytes') return E.right(before);
  return chatIn(before, readChat(before.dialect, body.bytes));
};

export const request: Change<Decoded> = (before, given) => {
  const made = requestIn(before.request, given.request);
  if (E.isLeft(made)) return made;
  const sent = made.right;
  const { call } = before;
  const body = isObject(given.call) ? given.call.body : undefined;
  if (call._tag === 'Chat' && body !== call.body) {
    const chat = chatIn(call, call.dialect.request.view(body));
    if (E.isLeft(chat)) return chat;
    const content = bytes(Buffer.from(JSON.stringify(chat.right.body)));
    return E.right(plus(before, { call: chat.right, request: { ...sent, body: content } }));
  }
  if (sent === before.request) return E.right(before);
  const seen = sent.body === before.request.body ? E.right(call) : readAgain(call, sent);
  return E.map((read: Call): Decoded => plus(before, { call: read, request: sent }))(seen);
};

/** There is one upstream. */
const isKnown = (given: unknown, { name }: Attempting['target']): boolean => isObject(given) && given.name === name;

export const attempt: Change<Try> = (before, given) => {
  if (!isKnown(given.target, before.target)) return E.left(`a target that is none; there is: ${before.target.name}`);
  return E.map((outgoing: Request): Try => (outgoing === before.outgoing ? before : plus(before, { outgoing })))(
    requestIn(before.outgoing, given.outgoing),
  );
};

/** At `reply` and at `response`. */
export const reply = <A extends { readonly reply: Reply }>(before: A, given: Given): Changed<A> =>
  given.reply === before.reply
    ? E.right(before)
    : E.map((made: Reply): A => plus(before, { reply: made }))(replyIn(given.reply, before.reply));

/** A failure can be replaced by a sentence or a reply, and not be changed into another. */
export const failure: Change<Failed> = (before, given) =>
  given.failure === before.failure ? E.right(before) : E.left('a failure of its own; refuse makes one');
