/** Replies whose content is as usual, and whose frame is not: unusual and good ones, and errors beside the frame. */
import { all, errorIn, eventsIn, stream, wholeIn } from '../answers/answer.js';
import * as anthropic from '../answers/anthropic.js';
import { goodMessage, goodText } from '../answers/message.js';
import { DONE } from '../answers/openai.js';
import type { Ask } from '../ask.js';
import { type Script, send } from '../script.js';
import { chunk, chunkedHead, head, JSON_TYPE, LAST_CHUNK, SSE_TYPE, TEXT_TYPE, whole } from '../wire.js';
import { CHATS, fault, type GoodReply, type Place, STREAMED } from './fault.js';

const good = (places: readonly Place[], says: string, script: (ask: Ask) => Script): GoodReply => ({
  kind: 'good',
  places,
  says,
  script,
  text: goodText,
});

const events = (ask: Ask) => eventsIn(ask, goodMessage(ask.prompt));
const wholeText = (ask: Ask): string => JSON.stringify(wholeIn(ask, goodMessage(ask.prompt)));

/** The good answer as events, whether or not a stream was asked for. */
const streamed = (says: string, change: (ask: Ask) => readonly string[]) =>
  good(CHATS, says, (ask) => stream(ask, change(ask)));

/** Before the text, and between its pieces. */
const among = (ask: Ask, noise: readonly string[]): readonly string[] => {
  const { opening, content, closing } = events(ask);
  return [
    ...noise,
    ...opening,
    ...content.flatMap((piece, at) => [...noise.slice(at % noise.length).slice(0, 1), piece]),
    ...closing,
  ];
};

/** Its events under a head that calls them something else, or nothing. */
const called = (says: string, type: string | undefined) =>
  good(STREAMED, says, (ask) => [
    send(type === undefined ? head(200, { 'transfer-encoding': 'chunked' }) : chunkedHead(type)),
    ...all(events(ask)).map((event) => send(chunk(event))),
    send(LAST_CHUNK),
  ]);

const MEBIBYTE = 1024 * 1024;
const BLANK_MEBIBYTES = 10;
const blanks = (character: string): readonly string[] =>
  Array.from({ length: BLANK_MEBIBYTES }, () => character.repeat(MEBIBYTE));

const WORDS = [
  'data: : keepalive\n\n',
  'data: ping\n\n',
  'data: heartbeat\n\n',
  '[DONE]\n\n',
  'event: ping\ndata: 12:01\n\n',
  'data: {"type":"heartbeat"}\n\n',
];

const withoutBlankLines = (ask: Ask): readonly string[] =>
  all(events(ask)).map((event) => event.replace(/\n\n$/, '\n'));

export const goodFraming = {
  'good-one-newline': streamed('One line end between its events.', (ask) => [...withoutBlankLines(ask), '\n']),
  'good-one-newline-mixed': streamed('Every second event lacks its blank line.', (ask) =>
    all(events(ask)).map((event, at, sent) =>
      at % 2 === 0 && at < sent.length - 1 ? event.replace(/\n\n$/, '\n') : event,
    ),
  ),
  'good-keepalive-data': streamed('Words as data that keep the connection open, before the text and in it.', (ask) =>
    among(ask, WORDS),
  ),
  'good-bare-done': good(['chat', 'chat-stream'], '[DONE] without its field for the only end.', (ask) => {
    const { opening, content } = eventsIn({ ...ask, dialect: 'openai' }, goodMessage(ask.prompt));
    return stream(ask, [...opening, ...content, '[DONE]\n']);
  }),
  'good-json-sse-tail': good(CHATS, 'One whole JSON reply, and the end of a stream behind it.', (ask) =>
    whole(200, JSON_TYPE, `${wholeText(ask)}\n${DONE}`),
  ),
  'good-json-own-tail': good(
    ['messages', 'messages-stream'],
    'One whole JSON reply, and message_stop behind it.',
    (ask) => whole(200, JSON_TYPE, `${wholeText(ask)}\n${anthropic.event('message_stop')}`),
  ),
  'good-json-as-stream': good(CHATS, 'One whole JSON reply that is called an event stream.', (ask) =>
    whole(200, SSE_TYPE, wholeText(ask)),
  ),
  'good-json-after-pings': good(CHATS, 'Comments, and then one whole JSON reply as an event of the stream.', (ask) =>
    stream(ask, [': working\n\n', ': working\n\n', `${wholeText(ask)}\n\n`, DONE]),
  ),
  'good-stream-called-json': called('A stream that is called JSON.', JSON_TYPE),
  'good-stream-called-text': called('A stream that is called plain text.', TEXT_TYPE),
  'good-stream-untyped': called('A stream without a content-type.', undefined),
  'good-blank-lines': streamed(
    `${BLANK_MEBIBYTES} MiB of blank lines before the text, and in the middle of it.`,
    (ask) => {
      const { opening, content, closing } = events(ask);
      return [...blanks('\n'), ...opening, ...content.slice(0, 3), ...blanks('\n'), ...content.slice(3), ...closing];
    },
  ),
  'good-blanks-first': good(CHATS, `${BLANK_MEBIBYTES} MiB of spaces before the reply.`, (ask) =>
    stream(ask, [...blanks(' '), ...(ask.stream ? all(events(ask)) : [wholeText(ask)])], [send(LAST_CHUNK)]),
  ),
};

const WORDING = {
  message: 'The prompt does not fit the context.',
  openai: 'invalid_request_error',
  anthropic: 'invalid_request_error',
  code: 400,
};
const MESSAGE = { code: 400, message: WORDING.message };

/** Placed first, so that it is the answer. */
const beside = (says: string, line: (ask: Ask) => string) =>
  fault('error_in_reply', CHATS, says, (ask) => stream(ask, [line(ask), DONE]), { status: 400, retried: false });

export const framing = {
  'error-field': beside(
    'An error under the field error, in the place of data.',
    () => `error: ${JSON.stringify(MESSAGE)}\n\n`,
  ),
  'error-other-field': beside('An error object under a field of no standard.', (ask) => {
    const error =
      ask.dialect === 'anthropic' ? anthropic.error(WORDING.message, 'invalid_request_error') : { error: MESSAGE };
    return `x-error: ${JSON.stringify(error)}\n\n`;
  }),
  'error-field-one-newline': beside(
    'An error under the field error, and one line end before the next event.',
    () => `error: ${JSON.stringify(MESSAGE)}\n`,
  ),
  'line-too-long': fault('malformed_reply', STREAMED, 'A first event of 10 MB in one line.', (ask) => {
    const { opening, closing } = events(ask);
    const pieces = Array.from({ length: BLANK_MEBIBYTES }, () => 'a'.repeat(MEBIBYTE));
    return stream(ask, [...opening, 'data: {"choices":[{"delta":{"content":"', ...pieces, '"}}]}\n\n', ...closing]);
  }),
  'broken-error-field': fault(
    'broken_off',
    STREAMED,
    'Sends an error under the field error in the middle of the content, and an end as usual.',
    (ask) => {
      const { opening, content, closing } = eventsIn(ask, goodMessage(ask.prompt, ask.prefill));
      const words = { message: 'Overloaded', openai: 'server_error', anthropic: 'overloaded_error' };
      const line = `error: ${JSON.stringify(errorIn(ask, words, 503))}\n\n`;
      return stream(ask, [...opening, ...content.slice(0, 12), line, ...closing.slice(-1)]);
    },
  ),
};
