/** Anthropic's messages and the events of their streams. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { combine, noSigns, type Signs } from '../core/reading.js';
import { endSigns, nothing, partSigns, textOf, type View } from './content.js';

const Message = t.intersection([t.type({ content: t.array(t.unknown) }), t.partial({ stop_reason: t.unknown })]);

/** Each event has the field that its type names, and no other. */
const Event = t.intersection([
  t.type({ type: t.string }),
  t.partial({ message: t.unknown, content_block: t.unknown, delta: t.unknown }),
]);
const Delta = t.partial({ stop_reason: t.unknown });

/** Where a message begins, as where it is whole, its `stop_reason` does not say that a stream has ended. */
const stopSigns = (reason: unknown): Signs => ({ ...endSigns(reason), finished: false });

const said = (signs: Signs, text: string): View => ({
  signs,
  texts: text === '' ? [] : [{ choice: 0, text }],
  closes: false,
});

/** None: it has no list of `content`, so it is no message. */
export const replyView = (value: unknown): O.Option<View> => {
  if (!Message.is(value)) return O.none;
  const signs = value.content.map(partSigns).reduce(combine, stopSigns(value.stop_reason));
  return O.some(said(signs, textOf(value.content)));
};

/** What one event says; an event of an unknown type says nothing. None: it is no event, or an error. */
export const eventView = (value: unknown): O.Option<View> => {
  if (!Event.is(value) || value.type === 'error') return O.none;
  const { type, message, content_block: block, delta } = value;
  if (type === 'message_start') return O.alt(() => O.some(nothing))(replyView(message));
  if (type === 'content_block_start') return O.some(said(partSigns(block), textOf(block)));
  if (type === 'content_block_delta') return O.some(said(partSigns(delta), textOf(delta)));
  if (type === 'content_block_stop') return O.some({ ...nothing, closes: true });
  if (type === 'message_delta') return O.some(said(Delta.is(delta) ? endSigns(delta.stop_reason) : noSigns, ''));
  return O.some(type === 'message_stop' ? said({ ...noSigns, done: true }, '') : nothing);
};
