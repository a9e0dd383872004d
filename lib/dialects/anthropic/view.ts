/** Anthropic's messages and the events of their streams. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { View } from '../../core/dialect.js';
import { combine, noFacts, type StreamFacts } from '../../core/reading.js';
import { nothing, partFacts, textOf } from '../content.js';
import { endFacts, saysFailure } from '../reasons.js';

const Message = t.intersection([t.type({ content: t.array(t.unknown) }), t.partial({ stop_reason: t.unknown })]);

/** Each event has the field that its type names, and no other. */
const Event = t.intersection([
  t.type({ type: t.string }),
  t.partial({ message: t.unknown, content_block: t.unknown, delta: t.unknown }),
]);
const Delta = t.partial({ stop_reason: t.unknown });

/** The facts of a message's own `stop_reason`, which does not say that a stream has ended. */
const stopFacts = (reason: unknown): StreamFacts => ({ ...endFacts(reason), finished: false });

/** The only choice. */
const ONLY: ReadonlySet<number> = new Set([0]);

const ofOnly = (facts: StreamFacts): StreamFacts => ({
  ...facts,
  begun: facts.content || facts.thinking ? ONLY : facts.begun,
  said: facts.content ? ONLY : facts.said,
  ended: facts.stopped ? ONLY : facts.ended,
});

const said = (facts: StreamFacts, text: string, reason: unknown = null): View => ({
  facts: ofOnly(facts),
  texts: text === '' ? [] : [{ choice: 0, text }],
  closes: false,
  failed: saysFailure(reason) ? reason : undefined,
});

/** Far more than any message has. As events, a block takes many times its bytes. */
const MAX_BLOCKS = 10_000;

/** The view of a message. None: it has no list of `content`, or a longer one than any message, so it is none. */
export const replyView = (value: unknown): O.Option<View> => {
  if (!Message.is(value) || value.content.length > MAX_BLOCKS) return O.none;
  const facts = combine(value.content.map(partFacts).reduce(combine, noFacts), stopFacts(value.stop_reason));
  return O.some(said(facts, textOf(value.content), value.stop_reason));
};

/** The view of one event; an event of an unknown type says nothing. None: it is no event, or an error. */
export const eventView = (value: unknown): O.Option<View> => {
  if (!Event.is(value) || value.type === 'error') return O.none;
  const { type, message, content_block: block, delta } = value;
  if (type === 'message_start') return O.alt(() => O.some(nothing))(replyView(message));
  if (type === 'content_block_start') return O.some(said(partFacts(block), textOf(block)));
  if (type === 'content_block_delta') return O.some(said(partFacts(delta), textOf(delta)));
  if (type === 'content_block_stop') return O.some({ ...nothing, closes: true });
  if (type === 'message_delta') {
    const reason = Delta.is(delta) ? delta.stop_reason : null;
    return O.some(said(endFacts(reason), '', reason));
  }
  return O.some(type === 'message_stop' ? said({ ...noFacts, done: true }, '') : nothing);
};
