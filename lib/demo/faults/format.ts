/** Replies of 200 that cannot be read, or are no reply of this API. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { stream, wholeIn } from '../answers/answer.js';
import { goodMessage } from '../answers/message.js';
import type { Ask } from '../ask.js';
import { finish, type Script, send } from '../script.js';
import { chunk, chunkedHead, type Fields, HTML_TYPE, head, JSON_TYPE, LAST_CHUNK, TEXT_TYPE, whole } from '../wire.js';
import { CHATS, EVERYWHERE, fault, JUDGED, STREAMED, WHOLE } from './fault.js';

const body = (ask: Ask): string => JSON.stringify(wholeIn(ask, goodMessage(ask.prompt)));
const encoded = (coding: string, content: Buffer): Script =>
  whole(200, JSON_TYPE, content, { 'content-encoding': coding });
const page =
  '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Welcome to the Wi-Fi</h1></body></html>\n';

const unexpected = (says: string, type: string, content: string) =>
  fault('unexpected_format', JUDGED, `200 with ${says}.`, () => whole(200, type, content));

const malformed = (says: string, script: (ask: Ask) => Script) => fault('malformed_reply', JUDGED, says, script);

/** A body under a head that no client should believe. */
const under = (ask: Ask, fields: string): Script => [
  send(`HTTP/1.1 200 OK\r\ncontent-type: ${JSON_TYPE}\r\n${fields}\r\n${body(ask)}`),
];

const MEBIBYTE = 1024 * 1024;
const BOMB_MEBIBYTES = 200;

/** Gzip members follow one another freely (RFC 1952 §2.2): a long text costs one member, many times over. */
const bomb = (ask: Ask): Buffer => {
  const [start, end] = JSON.stringify(wholeIn(ask, { text: ['@'], finish: 'stop' })).split('@') as [string, string];
  const member = gzipSync(Buffer.alloc(MEBIBYTE, 'a'));
  return Buffer.concat([gzipSync(start), ...Array.from({ length: BOMB_MEBIBYTES }, () => member), gzipSync(end)]);
};

const HEAD_BYTES = 128 * 1024;
const longField: Fields = { 'x-long': 'a'.repeat(HEAD_BYTES) };

export const format = {
  'empty-body': fault('empty_reply', JUDGED, '200 with an empty body.', () => whole(200, JSON_TYPE, '')),
  'empty-until-close': fault('empty_reply', JUDGED, '200 without a length, closed at once.', () => [
    send(head(200, { 'content-type': JSON_TYPE })),
    finish,
  ]),
  'http-204': fault('empty_reply', JUDGED, '204: there is no content.', () => [send(head(204, {}))], { status: 204 }),

  'html-200': unexpected('an HTML page', HTML_TYPE, page),
  'text-200': unexpected('plain text', TEXT_TYPE, 'The service will be back soon.'),
  'empty-object': unexpected('{}', JSON_TYPE, '{}'),
  'null-200': unexpected('null', JSON_TYPE, 'null'),
  'string-200': unexpected('a JSON string', JSON_TYPE, '"ok"'),
  'array-200': fault('unexpected_format', CHATS, '200 with an array.', () => whole(200, JSON_TYPE, '[{"ok":true}]')),
  'no-choices': unexpected(
    'an object that has neither choices nor content',
    JSON_TYPE,
    '{"id":"x","object":"chat.completion","usage":{"total_tokens":0}}',
  ),

  'json-cut': malformed('200 with JSON that is cut, and a length that fits.', (ask) =>
    whole(200, JSON_TYPE, body(ask).slice(0, -30)),
  ),
  'json-wrong': malformed("200 with what is nearly JSON: Python's way to print it.", () =>
    whole(200, JSON_TYPE, "{'choices': [{'message': {'content': None}}]}"),
  ),
  'json-twice': malformed('200 with two JSON documents, one behind the other.', (ask) =>
    whole(200, JSON_TYPE, body(ask) + body(ask)),
  ),
  'gzip-wrong': malformed('Called gzip, and is not.', (ask) => encoded('gzip', Buffer.from(body(ask)))),
  'gzip-cut': malformed('Gzip that is cut, and a length that fits.', (ask) =>
    encoded('gzip', gzipSync(body(ask)).subarray(0, -20)),
  ),
  'gzip-bomb': fault('malformed_reply', WHOLE, '200 KB of gzip that hold 200 MiB.', (ask) =>
    encoded('gzip', bomb(ask)),
  ),
  'brotli-cut': malformed('Brotli that is cut, and a length that fits.', (ask) =>
    encoded('br', brotliCompressSync(body(ask)).subarray(0, -20)),
  ),
  'coding-unknown': malformed('A content coding that is not known.', (ask) =>
    encoded('x-rot13', Buffer.from(Buffer.from(body(ask)).map((byte) => byte ^ 0xff))),
  ),
  'chunk-size-wrong': fault('malformed_reply', JUDGED, 'A chunk size that is no number.', () => [
    send(chunkedHead(JSON_TYPE)),
    send('zz\r\n{}\r\n0\r\n\r\n'),
  ]),
  'chunk-too-long': fault('malformed_reply', JUDGED, 'A chunk that is longer than its size.', () => [
    send(chunkedHead(JSON_TYPE)),
    send('2\r\n{"choices":[]}\r\n0\r\n\r\n'),
  ]),
  'length-twice': fault('malformed_reply', EVERYWHERE, 'Two content-lengths that differ.', (ask) =>
    under(ask, 'content-length: 5\r\ncontent-length: 7\r\n'),
  ),
  'length-and-chunked': fault('malformed_reply', EVERYWHERE, 'Both a content-length and chunks.', (ask) => [
    send(chunkedHead(JSON_TYPE, { 'content-length': 5 })),
    send(chunk(body(ask))),
    send(LAST_CHUNK),
  ]),
  'header-wrong': fault('malformed_reply', EVERYWHERE, 'A header field with NUL and a bare CR in it.', (ask) =>
    under(ask, `x-demo: a\0b\rc\r\ncontent-length: ${Buffer.byteLength(body(ask))}\r\n`),
  ),
  'headers-too-long': fault('malformed_reply', EVERYWHERE, 'A head of 128 KiB.', (ask) =>
    whole(200, JSON_TYPE, body(ask), longField),
  ),
  'not-http': fault('malformed_reply', EVERYWHERE, 'Speaks another protocol.', () => [
    send('SSH-2.0-OpenSSH_9.6p1 Debian-4\r\n'),
    finish,
  ]),
  'first-event-cut': fault('malformed_reply', STREAMED, 'A stream whose first event does not parse.', (ask) =>
    stream(ask, ['data: {"id":"chatcmpl-demo","object":"chat.comp\n\n', 'data: [DONE]\n\n']),
  ),
  'first-event-text': fault('malformed_reply', STREAMED, 'A stream whose first event is plain text.', (ask) =>
    stream(ask, ['data: upstream is busy\n\n', 'data: [DONE]\n\n']),
  ),
};
