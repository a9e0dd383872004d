/** OpenAI's chat replies and chunks, and the extensions that other upstreams add to them. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { View } from '../../core/dialect.js';
import { combine, noFacts, type StreamFacts } from '../../core/reading.js';
import { holds, isFilled, MAX_CHOICES, OF_CALLS, OF_MEDIA, partFacts, parts, textOf } from '../content.js';
import { endFacts, saysFailure } from '../reasons.js';

const nullable = <C extends t.Mixed>(codec: C) => t.union([codec, t.null, t.undefined]);

/** The `message` of a reply, or the `delta` of a chunk. Only what makes the whole a reply is checked. */
const Message = t.partial({
  content: t.unknown,
  refusal: t.unknown,
  tool_calls: t.unknown,
  function_call: t.unknown,
  audio: t.unknown,
  images: t.unknown,
  reasoning: t.unknown,
  reasoning_content: t.unknown,
  reasoning_details: t.unknown,
  thinking: t.unknown,
});
type Message = t.TypeOf<typeof Message>;

const Choice = t.partial({
  index: t.unknown,
  message: nullable(Message),
  delta: nullable(Message),
  text: t.unknown,
  finish_reason: t.unknown,
});
type Choice = t.TypeOf<typeof Choice>;

/** A reply or a chunk. */
const Completion = t.type({ choices: t.array(Choice) });

/** The fields that are content besides `content`, each with what only describes it. */
const CONTENT: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['refusal', OF_CALLS],
  ['tool_calls', OF_CALLS],
  ['function_call', OF_CALLS],
  ['audio', OF_MEDIA],
  ['images', OF_MEDIA],
]);
export const THINKING = ['reasoning', 'reasoning_content', 'reasoning_details', 'thinking'] as const;

/** The fields of a message in which something is said. */
export const SAID: readonly string[] = ['content', ...THINKING, ...CONTENT.keys()];

/** Whether a field of a message or a delta says anything; of one that is not known here, whether it is filled. */
export const isSaidIn = (field: string, value: unknown): boolean => {
  const describing = CONTENT.get(field);
  return describing === undefined ? isFilled(value) : holds(value, describing);
};

const hasContent = (message: Readonly<Record<string, unknown>>): boolean => {
  for (const [field, describing] of CONTENT) if (holds(message[field], describing)) return true;
  return false;
};

const messageFacts = (message: Message): StreamFacts => {
  const facts = parts(message.content).map(partFacts).reduce(combine, noFacts);
  return {
    ...facts,
    content: facts.content || hasContent(message),
    thinking: facts.thinking || THINKING.some((field) => isFilled(message[field])),
  };
};

/** Whether a message or a delta says anything: a piece of text may be blank. */
export const saysAnything = (message: Message): boolean => {
  const { content, thinking } = messageFacts(message);
  return content || thinking || textOf(message.content) !== '';
};

export const indexOf = ({ index }: Choice, place: number): number => (typeof index === 'number' ? index : place);

/** The message of a choice. As for readers, the `text` of an older completion is its content if no message has any. */
const messageOf = ({ delta, message, text }: Choice): Message => {
  const own = delta ?? message ?? {};
  return (own.content ?? text ?? null) === (own.content ?? null) ? own : { ...own, content: text };
};

const choiceFacts = (choice: Choice, place: number): StreamFacts => {
  const facts = combine(messageFacts(messageOf(choice)), endFacts(choice.finish_reason));
  const index = indexOf(choice, place);
  const own = Number.isInteger(index) && index >= 0 && index < MAX_CHOICES ? new Set([index]) : noFacts.begun;
  return {
    ...facts,
    begun: facts.content || facts.thinking ? own : noFacts.begun,
    said: facts.content ? own : noFacts.said,
    ended: facts.finished ? own : noFacts.ended,
  };
};

const view = ({ choices }: t.TypeOf<typeof Completion>): View => ({
  facts: choices.map(choiceFacts).reduce(combine, noFacts),
  texts: choices
    .map((choice, place) => ({
      choice: indexOf(choice, place),
      text: textOf(messageOf(choice).content),
    }))
    .filter(({ text }) => text !== ''),
  closes: false,
  failed: choices.map((choice) => choice.finish_reason).find(saysFailure),
});

/** The view of a reply or a chunk, which are read alike. None: it has no `choices`, or more than any reply has. */
export const replyView = (value: unknown): O.Option<View> =>
  Completion.is(value) && value.choices.length <= MAX_CHOICES ? O.some(view(value)) : O.none;

export const eventView = replyView;
