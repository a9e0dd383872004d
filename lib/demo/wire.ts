/** HTTP/1.1 messages as bytes. */
import { STATUS_CODES } from 'node:http';
import { isIPv6 } from 'node:net';
import { type Script, send } from './script.js';

export type Fields = Readonly<Record<string, string | number>>;

export const JSON_TYPE = 'application/json';
export const HTML_TYPE = 'text/html; charset=UTF-8';
export const TEXT_TYPE = 'text/plain; charset=utf-8';
export const SSE_TYPE = 'text/event-stream; charset=utf-8';

/** A status line, header fields, and the empty line. */
export const head = (status: number, fields: Fields): string => {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n${lines.join('')}\r\n`;
};

/** A reply with its length, in one write. */
export const whole = (status: number, type: string, content: string | Buffer, fields: Fields = {}): Script => {
  const body = Buffer.from(content);
  const start = head(status, { 'content-type': type, 'content-length': body.length, ...fields });
  return [send(Buffer.concat([Buffer.from(start), body]))];
};

export const json = (value: unknown, status = 200, fields: Fields = {}): Script =>
  whole(status, JSON_TYPE, JSON.stringify(value), fields);

/** One chunk (RFC 9112 §7.1). */
export const chunk = (content: string | Buffer): Buffer => {
  const body = Buffer.from(content);
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
};

export const LAST_CHUNK = '0\r\n\r\n';

export const chunkedHead = (type: string, fields: Fields = {}): string =>
  head(200, { 'content-type': type, 'transfer-encoding': 'chunked', 'cache-control': 'no-cache', ...fields });

export const origin = (scheme: 'http' | 'https', host: string, port: number): string =>
  `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
