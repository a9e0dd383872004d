/** Chat requests: what one must be for the proxy to send it on. All else is the upstream's to judge. */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import type { ChatBody, Dialect } from '../core/dialect.js';
import { textOf } from './content.js';
import { parse } from './json.js';

/** A codec whose name says what to send, for the client's error. */
const expected = <A>(name: string, is: t.Is<A>): t.Type<A, A, unknown> =>
  new t.Type(name, is, (value, context) => (is(value) ? t.success(value) : t.failure(value, context)), t.identity);

const isFilledList = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0;
const isSwitch = (value: unknown): value is boolean | null | undefined =>
  typeof value === 'boolean' || value === null || value === undefined;

const isName = (value: unknown): value is string | null | undefined =>
  typeof value === 'string' || value === null || value === undefined;

/**
 * The fields that the proxy reads, on which dialects agree; all others are kept as they are. A server of one model needs
 * no name of it.
 */
const Chat = t.intersection([
  t.type({ messages: expected('a list of at least one message', isFilledList) }),
  t.partial({ model: expected('a string', isName), stream: expected('true, false or null', isSwitch) }),
]);

/** The complaint about one field, or about the body. The members of an intersection have places for keys. */
const complaint = ({ context }: t.ValidationError): string => {
  const fields = context.filter(({ key }) => !/^\d*$/.test(key));
  return fields.map(({ key, type }) => `\`${key}\` must be ${type.name}`)[0] ?? 'the body must be a JSON object';
};

/** The shortest prompt that is known again: a shorter one may be any word. */
const LEAST_PROMPT = 16;

/** The fields where a message has its texts; parts have parts, such as the result of a tool. */
const TEXTS = [
  'content',
  'text',
  'thinking',
  'reasoning_content',
  'input',
  'arguments',
  'function',
  'tool_calls',
] as const;

/** Adds the texts of a value to those that were found. A chat may have very many parts without any. */
const addTexts = (found: string[], value: unknown): void => {
  if (typeof value === 'string') {
    if (value.length >= LEAST_PROMPT) found.push(value);
  } else if (Array.isArray(value)) {
    for (const item of value) addTexts(found, item);
  } else if (t.UnknownRecord.is(value)) {
    for (const field of TEXTS) addTexts(found, value[field]);
  }
};

/** The texts of the messages, and of the system prompt beside them. */
const prompts = ({ messages, system }: ChatBody): readonly string[] => {
  const found: string[] = [];
  addTexts(found, system);
  addTexts(found, messages);
  return found;
};

/**
 * The body of a chat request, as a view of the parsed value. Left: one sentence for the client, which names each field
 * that is wrong and what was expected; it never holds a value, since those are prompts.
 */
export const chatBody = (value: unknown): E.Either<string, ChatBody> =>
  E.mapLeft((errors: t.Errors) => {
    const sentence = [...new Set(errors.map(complaint))].join('; ');
    return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
  })(Chat.decode(value));

const NOT_JSON = {
  'too deep': 'The body is nested too deeply.',
  'too many parts': 'The body has too many arrays and objects.',
  'not json': 'The body is not valid JSON.',
} as const;

/** The same of the bytes of a body, in a dialect. */
export const readChat = ({ request }: Dialect, content: Buffer): E.Either<string, ChatBody> => {
  const parsed = parse(content);
  return E.isLeft(parsed) ? E.left(NOT_JSON[parsed.left]) : request.view(parsed.right);
};

const UserMessage = t.type({ role: t.literal('user'), content: t.unknown });

/** The text of the user's last message; `''` where there is none. Clients put instructions of their own behind it. */
const lastUserText = ({ messages }: ChatBody): string => {
  const last = messages.findLast(UserMessage.is);
  return UserMessage.is(last) ? textOf(last.content) : '';
};

/** The requests of dialects whose chats are a list of messages. */
export const messages: Dialect['request'] = {
  view: chatBody,
  asksForStream: ({ stream }) => stream === true,
  prompts,
  lastUserText,
};
