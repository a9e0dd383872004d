/** The request to go on with a reply that broke off: the text so far is the assistant's last message. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Adopted } from '../core/dialect.js';
import { parse } from './json.js';

export const drop: Adopted = { _tag: 'Drop' };
export const foreign: Adopted = { _tag: 'Foreign' };

/** The fields that can rule out that two replies become one. */
const Options = t.partial({ n: t.unknown, logprobs: t.unknown, response_format: t.unknown });
type Options = t.TypeOf<typeof Options>;
const Request = t.intersection([
  t.type({ messages: t.array(t.type({ role: t.unknown, content: t.unknown })) }),
  Options,
]);
const TextFormat = t.type({ type: t.literal('text') });

const isPlain = ({ n, logprobs, response_format: format }: Options): boolean =>
  (n ?? 1) === 1 && !logprobs && ((format ?? null) === null || TextFormat.is(format));

/** Whether a request of these fields is one for plain text of one choice, whose reply can be gone on with. */
const canGoOn = (body: unknown): boolean => Options.is(body) && isPlain(body);

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** The text without half a character (UTF-16) at its end, which JSON cannot say. */
const wholeCharacters = (text: string): string => text.replace(/[\uD800-\uDBFF]$/, '');

/**
 * The same request with `partial` as the assistant's last message, so that the model goes on from there. None: the
 * request is not one for plain text of one choice, so nothing can be joined.
 */
const request = (body: Buffer, partial: string): O.Option<Buffer> => {
  const parsed = parse(body);
  if (E.isLeft(parsed) || !Request.is(parsed.right) || !isPlain(parsed.right)) return O.none;
  // Some upstreams refuse a last message that ends in white space.
  const said = wholeCharacters(partial).trimEnd();
  if (said === '') return O.some(body);
  const { messages } = parsed.right;
  const last = messages.at(-1);
  if (last?.role !== 'assistant') {
    return O.some(encode({ ...parsed.right, messages: [...messages, { role: 'assistant', content: said }] }));
  }
  // The user's own beginning of the reply, which the model went on from the first time.
  if (typeof last.content !== 'string') return O.none;
  const merged = { ...last, content: last.content + said };
  return O.some(encode({ ...parsed.right, messages: [...messages.slice(0, -1), merged] }));
};

export const prefill = { canGoOn, request } as const;
