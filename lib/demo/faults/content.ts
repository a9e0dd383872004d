/** Replies that have the right form, and nothing in it. */
import { eventsIn, say, stream } from '../answers/answer.js';
import { PING } from '../answers/anthropic.js';
import type { Message } from '../answers/message.js';
import { pieces } from '../answers/message.js';
import { chunk, completion, DONE, data, usage } from '../answers/openai.js';
import type { Ask } from '../ask.js';
import { type Script, send } from '../script.js';
import { chunkedHead, json, LAST_CHUNK, SSE_TYPE } from '../wire.js';
import { CHATS, fault, STREAMED, WHOLE } from './fault.js';

const THOUGHT = pieces('The user greets me. I should think about that at length, and then say nothing.');

const empty = (says: string, message: Message) =>
  fault('empty_reply', CHATS, `${says}, and a finish as usual.`, (ask) => say(ask, message));

const filtered = (finish: string, says: string) =>
  fault('content_filtered', CHATS, `No content, and ${says}.`, (ask) => say(ask, { text: null, finish }), {
    status: 200,
  });

const bare = (says: string, events: (ask: Ask) => readonly string[]) =>
  fault('empty_reply', STREAMED, says, (ask) => stream(ask, events(ask)));

const nothing: Message = { text: null, finish: 'stop' };

/** OpenAI's whole replies alone have these shapes. */
const odd = (says: string, choices: readonly unknown[]) =>
  fault('empty_reply', ['chat'], says, (ask) => json(completion(ask, choices)));

const emptyChoices = (ask: Ask): Script =>
  ask.stream ? stream(ask, [chunk(ask, []), usage(ask), DONE]) : json(completion(ask, []));

export const content = {
  'content-null': empty('Content null, or no content blocks', nothing),
  'content-empty': empty('Content ""', { text: [''], finish: 'stop' }),
  'content-blank': empty('Content of white space only', { text: [' \n', '\n\t '], finish: 'stop' }),
  'content-empty-length': empty('Content "", cut by max_tokens', { text: [''], finish: 'length' }),
  'content-missing': odd('A message without content.', [
    { index: 0, message: { role: 'assistant' }, finish_reason: 'stop' },
  ]),
  'choices-empty': fault('empty_reply', ['chat', 'chat-stream'], 'An empty list of choices.', emptyChoices),
  'tool-calls-empty': odd('Content null, and an empty list of tool calls.', [
    { index: 0, message: { role: 'assistant', content: null, tool_calls: [] }, finish_reason: 'stop' },
  ]),
  'reasoning-only': fault('empty_reply', WHOLE, 'Reasoning, a finish as usual, and no text.', (ask) =>
    say(ask, { text: null, reasoning: THOUGHT, finish: 'stop' }),
  ),
  // Reasoning commits a stream, so the client can only be told at its end.
  'stream-reasoning-only': fault(
    'empty_reply',
    STREAMED,
    'A stream of reasoning, a finish as usual, and no text.',
    (ask) => say(ask, { text: null, reasoning: THOUGHT, finish: 'stop' }),
    { retried: false },
  ),

  filtered: filtered('content_filter', 'content_filter, or refusal, for a finish'),
  'filtered-safety': filtered('SAFETY', 'SAFETY for a finish'),
  'filtered-prohibited': filtered('PROHIBITED_CONTENT', 'PROHIBITED_CONTENT for a finish'),

  'stream-empty': fault('empty_reply', STREAMED, 'A stream without a byte.', () => [
    send(chunkedHead(SSE_TYPE)),
    send(LAST_CHUNK),
  ]),
  'stream-role-only': bare('A stream with its opening only.', (ask) => eventsIn(ask, nothing).opening),
  'stream-comments-only': bare('A stream with comments only.', () => [': connected\n\n', ': working\n\n']),
  'stream-pings-only': bare('A stream with pings only.', () => [PING, PING]),
  'stream-done-only': bare('A stream with its last event only.', (ask) => eventsIn(ask, nothing).closing.slice(-1)),
  'stream-usage-only': fault('empty_reply', ['chat-stream'], 'A stream with usage only.', (ask) =>
    stream(ask, [usage(ask), DONE]),
  ),
  'stream-nulls': fault('empty_reply', ['chat-stream'], 'A stream with null for every event.', (ask) =>
    stream(ask, [data(null), data(null), DONE]),
  ),
};
