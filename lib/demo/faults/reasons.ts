/** Reasons to stop that say failure, ends that are none, words of filters. */
import { eventsIn, say, stream } from '../answers/answer.js';
import { event } from '../answers/anthropic.js';
import { goodMessage, goodText, pieces } from '../answers/message.js';
import { delta } from '../answers/openai.js';
import type { Ask } from '../ask.js';
import { json } from '../wire.js';
import { CHATS, fault, STREAMED, WHOLE } from './fault.js';

/** The number of content events that are sent before it breaks. */
const SENT_EVENTS = 12;

const finish = (ask: Ask, reason: string): string =>
  ask.dialect === 'anthropic'
    ? event('message_delta', {
        delta: { stop_reason: reason === 'stop' ? 'end_turn' : reason, stop_sequence: null },
        usage: { output_tokens: 12 },
      })
    : delta(ask, {}, reason);

const half = (ask: Ask) => {
  const { opening, content, closing } = eventsIn(ask, goodMessage(ask.prompt, ask.prefill));
  return { opening, content: content.slice(0, SENT_EVENTS), last: closing.slice(-1) };
};

const failedWhole = (reason: string) =>
  fault('error_in_reply', WHOLE, `Half a reply, and ${reason} for its finish.`, (ask) =>
    say(ask, { text: pieces(goodText(ask.prompt)).slice(0, SENT_EVENTS), finish: reason }),
  );

const failedSilent = (reason: string) =>
  fault('error_in_reply', CHATS, `No text, and ${reason} for its finish.`, (ask) =>
    say(ask, { text: null, finish: reason }),
  );

const failedLate = (reason: string) =>
  fault('broken_off', STREAMED, `Half a reply, ${reason} for its finish, and an end as usual.`, (ask) => {
    const { opening, content, last } = half(ask);
    return stream(ask, [...opening, ...content, finish(ask, reason), ...last]);
  });

const filtered = (reason: string) =>
  fault(
    'content_filtered',
    CHATS,
    `No text, and ${reason} for its finish.`,
    (ask) => say(ask, { text: null, finish: reason }),
    {
      status: 200,
    },
  );

const filteredError = (code: string) =>
  fault(
    'content_filtered',
    CHATS,
    `200 with an error whose code is ${code}.`,
    () => json({ error: { message: 'The text was not let through.', type: 'upstream', code } }),
    { status: 200 },
  );

export const reasons = {
  'reason-error': failedWhole('error'),
  'reason-network-error': failedWhole('network_error'),
  'reason-no-resource': failedSilent('insufficient_system_resource'),
  'reason-malformed-call': failedSilent('function_call_filter: MALFORMED_FUNCTION_CALL'),
  'reason-aborted': failedSilent('Aborted'),
  'broken-network-error': failedLate('network-error'),
  'broken-abort': failedLate('abort'),

  'broken-behind-finish': fault(
    'broken_off',
    STREAMED,
    'A finish, half a reply behind it, and an end without another.',
    (ask) => {
      const { opening, content } = half(ask);
      return stream(ask, [...opening, finish(ask, 'stop'), ...content]);
    },
  ),
  'broken-null-reason': fault(
    'broken_off',
    ['chat-stream'],
    'The word null for each finish, and half a reply.',
    (ask) => {
      const { opening, content } = half(ask);
      const events = [...opening, ...content];
      return stream(
        ask,
        events.map((one) => one.replace('"finish_reason":null', '"finish_reason":"null"')),
      );
    },
  ),

  'filtered-image-safety': filtered('IMAGE_SAFETY'),
  'filtered-sensitive': filtered('sensitive'),
  'filtered-why': filtered('content_filter: PROHIBITED_CONTENT'),
  'error-filter-sensitive': filteredError('sensitive_words_detected'),
  'error-filter-policy': filteredError('ContentPolicyViolation'),
};
