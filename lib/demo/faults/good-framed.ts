/** Good replies whose events or bytes are framed in an unusual way. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { say, stream, wholeIn } from '../answers/answer.js';
import { goodMessage, goodText, pieces } from '../answers/message.js';
import { DONE } from '../answers/openai.js';
import { finish, pause, resetNext, send } from '../script.js';
import { chunk, chunkedHead, head, JSON_TYPE, json, LAST_CHUNK, whole } from '../wire.js';
import { CHATS, STREAMED, WHOLE } from './fault.js';
import { allEvents, body, events, good, MANY, many, type, wholeText } from './good-reply.js';

/** The good answer, with its events changed. */
const restreamed = (says: string, change: (event: string) => string) =>
  good(STREAMED, says, (ask) => stream(ask, allEvents(ask).map(change)));

const PART_BYTES = 100;

const encoded = (coding: string, encode: (content: Buffer) => Buffer) =>
  good(CHATS, `${coding} that nobody asked for.`, (ask) => {
    const content = encode(body(ask));
    const parts = Array.from({ length: Math.ceil(content.length / PART_BYTES) }, (_, i) =>
      send(chunk(content.subarray(i * PART_BYTES, (i + 1) * PART_BYTES))),
    );
    return [send(chunkedHead(type(ask), { 'content-encoding': coding })), ...parts, send(LAST_CHUNK)];
  });

const BIG = '"seed":12345678901234567890,"error":null,';
const SECOND_REPLY_MS = 20;

export const framedReplies = {
  'good-json-for-stream': good(STREAMED, 'A whole reply where a stream was asked for.', (ask) =>
    json(wholeIn(ask, goodMessage(ask.prompt))),
  ),
  'good-stream-for-json': good(WHOLE, 'A stream where a whole reply was asked for.', (ask) =>
    stream(ask, allEvents(ask)),
  ),
  'good-neutral': good(STREAMED, `Its last event without content ${MANY} times, and then the text.`, (ask) => {
    const { opening, content, closing } = events(ask);
    return stream({ delayMs: 0 }, [...opening, ...many(opening.slice(-1).join('')), ...content, ...closing]);
  }),
  'good-empty-deltas': good(CHATS, `${MANY} empty pieces, and then the text.`, (ask) =>
    say(ask, { text: [...many(''), ...pieces(goodText(ask.prompt))], finish: 'stop' }),
  ),
  'good-comments': good(STREAMED, `${MANY} comments, and then the text.`, (ask) =>
    stream({ delayMs: 0 }, [...many(': working\n\n'), ...allEvents(ask)]),
  ),
  'good-crlf': restreamed('Lines that end in CR LF.', (event) => event.replaceAll('\n', '\r\n')),
  'good-cr': restreamed('Lines that end in CR.', (event) => event.replaceAll('\n', '\r')),
  'good-no-space': restreamed('No space behind the colon of data.', (event) => event.replace(/^data: /gm, 'data:')),
  'good-data-lines': restreamed('Events of two data lines.', (event) => event.replace(',"', ',\ndata: "')),
  'good-big-integers': good(CHATS, 'Integers beyond 2^53, and "error": null.', (ask) => {
    const change = (text: string): string => text.replace('{"', `{${BIG}"`);
    return ask.stream ? stream(ask, allEvents(ask).map(change)) : whole(200, JSON_TYPE, change(wholeText(ask)));
  }),
  'good-bom': good(STREAMED, 'A byte order mark before the first event.', (ask) =>
    stream(ask, ['\uFEFF', ...allEvents(ask)]),
  ),
  'good-odd-events': good(STREAMED, 'Empty, null and cut events in the middle of the text.', (ask) => {
    const { opening, content, closing } = events(ask);
    const odd = ['data:\n\n', 'data: null\n\n', 'data: {"id":\n\n'];
    return stream(ask, [...opening, ...content.slice(0, 3), ...odd, ...content.slice(3), ...closing]);
  }),
  'good-no-last-blank-line': good(STREAMED, 'A last event without its blank line.', (ask) => {
    const sent = allEvents(ask);
    return stream(ask, [...sent.slice(0, -1), sent.slice(-1).join('').trimEnd()]);
  }),
  'good-done-without-finish': good(['chat-stream'], '[DONE], and no finish_reason before it.', (ask) =>
    stream(ask, [...events(ask).opening, ...events(ask).content, DONE]),
  ),
  'good-finish-without-done': good(['chat-stream'], 'A finish_reason, and no [DONE] after it.', (ask) =>
    stream(ask, allEvents(ask).slice(0, -1)),
  ),

  'good-gzip': encoded('gzip', gzipSync),
  'good-deflate': encoded('deflate', deflateSync),
  'good-br': encoded('br', brotliCompressSync),
  'good-until-close': good(CHATS, 'No length and no chunks: it ends where the connection does.', (ask) => [
    send(head(200, { 'content-type': type(ask), connection: 'close' })),
    send(body(ask)),
    finish,
  ]),
  'good-leading-blanks': good(WHOLE, 'Blank lines before the JSON, to keep the connection open.', (ask) =>
    whole(200, JSON_TYPE, `\n\n  \n${wholeText(ask)}\n`),
  ),
  'good-informational': good(CHATS, 'Fifty 102 and one 103 before the head.', (ask) => [
    send(head(102, {}).repeat(50)),
    send(head(103, { link: '</style.css>; rel=preload' })),
    ...say(ask, goodMessage(ask.prompt)),
  ]),
  'good-extra-bytes': good(WHOLE, 'Bytes after the end that content-length tells.', (ask) => [
    ...say(ask, goodMessage(ask.prompt)),
    send('surplus'),
  ]),
  'good-second-reply': good(WHOLE, 'A second reply, for which nobody asked.', (ask) => [
    ...say(ask, goodMessage(ask.prompt)),
    pause(SECOND_REPLY_MS),
    ...json({ error: { message: 'This reply belongs to no request.' } }, 400),
  ]),
  'good-reset-kept': good(WHOLE, 'Resets the kept connection when the next request comes in on it.', (ask) => [
    ...say(ask, goodMessage(ask.prompt)),
    resetNext,
  ]),
};
