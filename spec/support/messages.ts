/** HTTP messages as text: requests to be sent by hand, and what came back taken apart. Bodies are latin1. */
import { type Peer, rawClient } from './raw.js';

export interface Asked {
  /** Header lines, each with its CRLF. */
  readonly fields?: string;
  readonly body?: string;
  readonly host?: string;
  /** Whether the connection is to be closed behind the reply. */
  readonly close?: boolean;
}

/** A request with a length where it has a body. */
export const ask = (method: string, path: string, asked: Asked = {}): string => {
  const { fields = '', body = '', host = 'localhost', close = true } = asked;
  const length = body === '' ? '' : `content-length: ${Buffer.byteLength(body, 'latin1')}\r\n`;
  const connection = close ? 'connection: close\r\n' : '';
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${connection}${length}${fields}\r\n${body}`;
};

export const CHAT = '{"model":"m","messages":[{"role":"user","content":"hi"}]}';
export const STREAM = '{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}';

export const chat = (asked: Asked = {}): string => ask('POST', '/v1/chat/completions', { body: CHAT, ...asked });
export const stream = (asked: Asked = {}): string => ask('POST', '/v1/chat/completions', { body: STREAM, ...asked });

export interface Message {
  readonly status: number;
  readonly phrase: string;
  /** Several lines of one field are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the end that the framing promises has come. A body that ends with the connection never is. */
  readonly whole: boolean;
}

interface Parted {
  readonly body: string;
  readonly whole: boolean;
  readonly rest: string;
}

const unchunk = (text: string): Parted => {
  let body = '';
  let at = 0;
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/i.exec(text.slice(at, at + 16));
    if (size === null) return { body, whole: false, rest: '' };
    const length = Number.parseInt(size[1] as string, 16);
    at += size[0].length;
    const piece = text.slice(at, at + length);
    body += piece;
    at += length + 2;
    if (length === 0) return { body, whole: at <= text.length, rest: text.slice(at) };
    if (at > text.length) return { body, whole: false, rest: '' };
  }
};

const bodyOf = (text: string, status: number, headers: Readonly<Record<string, string>>, head: boolean): Parted => {
  if (head || status < 200 || status === 204 || status === 304) return { body: '', whole: true, rest: text };
  if (headers['transfer-encoding'] === 'chunked') return unchunk(text);
  const length = headers['content-length'];
  if (length === undefined) return { body: text, whole: false, rest: '' };
  const body = text.slice(0, Number(length));
  return { body, whole: body.length === Number(length), rest: text.slice(Number(length)) };
};

/** All replies in what came. `head`: they answer HEAD and so have no bodies. */
export const repliesIn = (text: string, head = false): readonly Message[] => {
  const at = text.indexOf('\r\n\r\n');
  if (at < 0) return [];
  const [line = '', ...fields] = text.slice(0, at).split('\r\n');
  const [, status = '0', phrase = ''] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(line) ?? [];
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const name = field.slice(0, field.indexOf(':')).toLowerCase();
    const value = field.slice(name.length + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const { body, whole, rest } = bodyOf(text.slice(at + 4), Number(status), headers, head);
  return [{ status: Number(status), phrase, headers, body, whole }, ...repliesIn(rest, head)];
};

/** The only reply in what came. */
export const replyIn = (text: string, head = false): Message => {
  const [first, ...more] = repliesIn(text, head);
  if (first === undefined || more.length > 0) throw new Error(`one reply was expected in: ${text.slice(0, 500)}`);
  return first;
};

/** All that comes back for these bytes until the server closes the connection. */
export const replies = async (port: number, ...pieces: readonly (string | Buffer)[]): Promise<string> => {
  const client: Peer = await rawClient(port);
  for (const piece of pieces) client.send(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
  await client.closed;
  client.socket.destroy();
  return client.text();
};

/** The only reply to a request that lets its connection be closed. */
export const replyTo = async (port: number, ...pieces: readonly (string | Buffer)[]): Promise<Message> =>
  replyIn(await replies(port, ...pieces), pieces[0]?.toString().startsWith('HEAD '));
