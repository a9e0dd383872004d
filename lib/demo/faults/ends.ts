/** Good replies whose end is unusual: finished but not closed, or in a coding or under a head that few have. */
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib';
import { all, eventsIn, stream, wholeIn } from '../answers/answer.js';
import { goodMessage, goodText } from '../answers/message.js';
import type { Ask } from '../ask.js';
import { finish, hang, pause, reset, type Script, type Step, send, settle } from '../script.js';
import { chunk, chunkedHead, head, JSON_TYPE, LAST_CHUNK, SSE_TYPE, whole } from '../wire.js';
import { CHATS, type GoodReply, type Place, STREAMED, WHOLE } from './fault.js';

const good = (places: readonly Place[], says: string, script: (ask: Ask) => Script): GoodReply => ({
  kind: 'good',
  places,
  says,
  script,
  text: goodText,
});

const events = (ask: Ask): readonly string[] => all(eventsIn(ask, goodMessage(ask.prompt)));
/** Up to its reason to stop, without the event that ends the stream. */
const finished = (ask: Ask): readonly string[] => events(ask).slice(0, -1);
const wholeText = (ask: Ask): string => JSON.stringify(wholeIn(ask, goodMessage(ask.prompt)));

/** The reason to stop was told, and then the connection does this. */
const stopped = (says: string, ...ending: readonly Step[]) =>
  good(STREAMED, says, (ask) => stream(ask, finished(ask), ending));

/** All of the JSON was sent, and then the connection does this. */
const unended = (says: string, places: readonly Place[], ...ending: readonly Step[]) =>
  good(places, says, (ask) => [send(chunkedHead(JSON_TYPE)), send(chunk(wholeText(ask))), ...ending]);

const COMMENT_MS = 100;
const comments: Script = {
  *[Symbol.iterator]() {
    for (;;) {
      yield send(chunk(': still here\n\n'));
      yield pause(COMMENT_MS);
    }
  },
};

const inCoding = (coding: string, says: string, encode: (content: Buffer) => Buffer) =>
  good(CHATS, says, (ask) => {
    const content = Buffer.from(ask.stream ? events(ask).join('') : wholeText(ask));
    return whole(200, ask.stream ? SSE_TYPE : JSON_TYPE, encode(content), { 'content-encoding': coding });
  });

const same = (content: Buffer): Buffer => content;

const LONG_HEAD_BYTES = 48 * 1024;

export const ends = {
  'good-stop-fin': stopped('Tells its reason to stop, and closes without the last chunk.', finish),
  'good-stop-reset': stopped('Tells its reason to stop, and resets.', settle, reset),
  'good-stop-end': stopped(
    'Tells its reason to stop, and ends without the event that ends a stream.',
    send(LAST_CHUNK),
  ),
  'good-stop-cut': stopped(
    'Tells its reason to stop, and closes in the middle of the next event.',
    send(chunk('data: {"usage":{"tot')),
    finish,
  ),
  'good-stop-silence': stopped('Tells its reason to stop, and then neither ends nor closes.', hang),
  'good-stop-comments': good(STREAMED, 'Tells its reason to stop, and then sends comments for ever.', (ask) =>
    stream({ delayMs: 0 }, finished(ask), comments),
  ),
  'good-stop-no-blank-line': good(STREAMED, 'Resets right behind its reason to stop, without a blank line.', (ask) => {
    const sent = finished(ask);
    return stream(ask, [...sent.slice(0, -1), sent.slice(-1).join('').trimEnd()], [settle, reset]);
  }),
  'good-stop-for-json': good(
    WHOLE,
    'A stream where a whole reply was asked for, reset behind its reason to stop.',
    (ask) => stream(ask, finished(ask), [send(chunk('data: {"us')), settle, reset]),
  ),
  'good-silence-for-json': good(WHOLE, 'A stream where a whole reply was asked for, which does not end.', (ask) =>
    stream(ask, finished(ask), [hang]),
  ),
  'good-json-fin': unended('All of the JSON, closed without the last chunk.', WHOLE, finish),
  'good-json-reset': unended('All of the JSON, and then a reset.', WHOLE, settle, reset),
  'good-json-silence': unended('All of the JSON, and then neither an end nor a close.', WHOLE, hang),
  'good-json-chunk-size': unended('All of the JSON, and then a wrong size of a chunk.', WHOLE, send('zz\r\n')),
  'good-json-long-length': good(WHOLE, 'All of the JSON, closed short of a content-length that is too long.', (ask) => {
    const content = Buffer.from(wholeText(ask));
    return [
      send(head(200, { 'content-type': JSON_TYPE, 'content-length': content.length + 99 })),
      send(content),
      finish,
    ];
  }),
  'good-json-fin-for-stream': unended(
    'All of the JSON where a stream was asked for, without the last chunk.',
    STREAMED,
    finish,
  ),
  'good-models-fin': {
    ...good(['models'], 'All of a list of models, closed without the last chunk.', () => [
      send(chunkedHead(JSON_TYPE)),
      send(chunk(JSON.stringify({ object: 'list', data: [{ id: 'seaking-demo' }] }))),
      finish,
    ]),
    text: () => '',
  },

  'good-coding-none': inCoding('none', 'A content coding that is called none.', same),
  'good-coding-utf-8': inCoding('utf-8', 'A character set for a content coding.', same),
  'good-coding-identity': inCoding('gzip, identity', 'Gzip, and no coding on top of it.', gzipSync),
  'good-coding-stacked': inCoding('gzip, br', 'Gzip in Brotli.', (content) => brotliCompressSync(gzipSync(content))),
  'good-deflate-raw': inCoding('deflate', 'Deflate without the head that zlib gives it.', deflateRawSync),
  'good-long-head': good(CHATS, 'A head of 48 KiB.', (ask) =>
    whole(200, ask.stream ? SSE_TYPE : JSON_TYPE, ask.stream ? events(ask).join('') : wholeText(ask), {
      'x-long': 'a'.repeat(LONG_HEAD_BYTES),
    }),
  ),
};
