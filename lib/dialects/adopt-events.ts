/** Makes the events of a second reply part of the first one's stream: its ids, its block, and text alone. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Dialect } from '../core/exchange.js';
import { isFilled } from './content.js';
import { isSaidIn } from './openai/view.js';
import { isReason } from './reasons.js';

export type Adopted =
  /** Text, maybe none. `render` gives the event with other text in its place; none where nothing is left of it. */
  | { readonly _tag: 'Text'; readonly text: string; readonly render: (text: string) => O.Option<Buffer> }
  /** Goes to the client as it is given here. */
  | { readonly _tag: 'Pass'; readonly raw: Buffer }
  /** The first reply has said it already. */
  | { readonly _tag: 'Drop' }
  /** It cannot be joined to plain text, such as a tool call. */
  | { readonly _tag: 'Foreign' };

const drop: Adopted = { _tag: 'Drop' };
const foreign: Adopted = { _tag: 'Foreign' };

/** A function of each event's parsed data. */
export type AdoptEvent = (value: unknown) => Adopted;

const Delta = t.record(t.string, t.unknown);
const Choice = t.intersection([t.type({ delta: Delta }), t.partial({ finish_reason: t.unknown })]);
const Chunk = t.type({ choices: t.array(t.unknown) });
const Fields = t.record(t.string, t.unknown);

/** What of a delta is not content; anything else that is filled cannot be joined. */
const NEUTRAL = new Set(['role', 'content', 'reasoning', 'reasoning_content', 'reasoning_details', 'thinking']);

const dataEvent = (value: unknown): Buffer => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);

const adoptOpenai = (last: unknown): AdoptEvent => {
  const { id, model, created } = Fields.is(last) ? last : {};
  return (value) => {
    if (!Chunk.is(value)) return drop;
    const own = { ...value, id, model, created };
    const [choice, ...others] = value.choices;
    if (choice === undefined) return { _tag: 'Pass', raw: dataEvent(own) };
    if (others.length > 0 || !Choice.is(choice)) return foreign;
    const { content } = choice.delta;
    if (isFilled(content) && typeof content !== 'string') return foreign;
    if (Object.entries(choice.delta).some(([key, field]) => !NEUTRAL.has(key) && isSaidIn(key, field))) return foreign;
    const render = (text: string): O.Option<Buffer> => {
      if (text === '' && !isReason(choice.finish_reason)) return O.none;
      return O.some(dataEvent({ ...own, choices: [{ ...choice, delta: text === '' ? {} : { content: text } }] }));
    };
    return { _tag: 'Text', text: typeof content === 'string' ? content : '', render };
  };
};

const Block = t.type({ type: t.string });
const Message = t.intersection([
  Block,
  t.partial({
    index: t.unknown,
    content_block: Block,
    delta: t.partial({ type: t.unknown, text: t.unknown }),
  }),
]);

const THOUGHTS: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking', 'thinking_delta', 'signature_delta']);

const namedEvent = (value: t.TypeOf<typeof Message>): Buffer =>
  Buffer.from(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`);

const adoptAnthropic = (last: unknown): AdoptEvent => {
  const index = Fields.is(last) ? last.index : undefined;
  let textBlock: unknown;
  return (value) => {
    if (!Message.is(value)) return drop;
    const { type, content_block: block, delta } = value;
    if (type === 'message_delta' || type === 'message_stop') return { _tag: 'Pass', raw: namedEvent(value) };
    if (type === 'content_block_start' && block !== undefined) {
      if (block.type !== 'text') return THOUGHTS.has(block.type) ? drop : foreign;
      // A second block of text would be joined to the first without the break that is between them.
      if (textBlock !== undefined) return foreign;
      textBlock = value.index;
      return drop;
    }
    if (type === 'content_block_stop' && value.index === textBlock) {
      return { _tag: 'Pass', raw: namedEvent({ ...value, index }) };
    }
    if (type !== 'content_block_delta' || delta === undefined) return drop;
    if (delta.type !== 'text_delta') return THOUGHTS.has(delta.type) ? drop : foreign;
    const render = (text: string): O.Option<Buffer> =>
      text === '' ? O.none : O.some(namedEvent({ ...value, index, delta: { ...delta, text } }));
    return { _tag: 'Text', text: typeof delta.text === 'string' ? delta.text : '', render };
  };
};

/** A graft onto the stream whose last event with text had this data. Keeps state: one for each second reply. */
export const adoptEvents = (dialect: Dialect, last: unknown): AdoptEvent =>
  dialect === 'anthropic' ? adoptAnthropic(last) : adoptOpenai(last);
