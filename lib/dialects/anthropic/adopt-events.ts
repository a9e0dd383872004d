/** Makes the events of a second message part of the first one's stream: its block, and text alone. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { AdoptEvent, Adopted } from '../../core/dialect.js';
import { drop, foreign } from '../continuation.js';
import { Fields } from '../merge.js';
import { namedEvent } from './convert.js';

const Block = t.type({ type: t.string });
const Message = t.intersection([
  Block,
  t.partial({
    index: t.unknown,
    content_block: Block,
    delta: t.partial({ type: t.unknown, text: t.unknown }),
  }),
]);

const REASONING: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking', 'thinking_delta', 'signature_delta']);

const bytesOf = (event: t.TypeOf<typeof Message>): Buffer => Buffer.from(namedEvent(event));

export const adoptEvents = (last: unknown): AdoptEvent => {
  const index = Fields.is(last) ? last.index : undefined;
  let textBlock: unknown;
  return (value): Adopted => {
    if (!Message.is(value)) return drop;
    const { type, content_block: block, delta } = value;
    if (type === 'message_delta' || type === 'message_stop') return { _tag: 'Pass', raw: bytesOf(value) };
    if (type === 'content_block_start' && block !== undefined) {
      if (block.type !== 'text') return REASONING.has(block.type) ? drop : foreign;
      // A second block of text would be joined to the first without the break that is between them.
      if (textBlock !== undefined) return foreign;
      textBlock = value.index;
      return drop;
    }
    if (type === 'content_block_stop' && value.index === textBlock) {
      return { _tag: 'Pass', raw: bytesOf({ ...value, index }) };
    }
    if (type !== 'content_block_delta' || delta === undefined) return drop;
    if (delta.type !== 'text_delta') return REASONING.has(delta.type) ? drop : foreign;
    const render = (text: string): O.Option<Buffer> =>
      text === '' ? O.none : O.some(bytesOf({ ...value, index, delta: { ...delta, text } }));
    return { _tag: 'Text', text: typeof delta.text === 'string' ? delta.text : '', render };
  };
};
