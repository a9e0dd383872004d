/** The last reply on a connection that Node has given up reading, which is then closed without a reset. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Reply } from '../core/exchange.js';
import { clientError, type Failure } from '../core/failure.js';

/** How long a refused request may go on sending: closing at once would reset, and the client would not read why. */
const LINGER_MS = 1000;

/** A socket that its owner closes goes on reading for a while, and what it reads is thrown away. */
export const lingerOnClose = (socket: Socket): void => {
  socket.destroySoon = () => {
    socket.end();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
};

/** A whole reply as bytes, for a connection on which no `ServerResponse` stands. */
export const rawReply = ({ status, reasonPhrase = STATUS_CODES[status], headers, body }: Reply): string => {
  const content = body._tag === 'Bytes' ? body.bytes.toString() : '';
  const fields = { ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(content)) };
  const lines = Object.entries(fields).map(([name, field]) => `${name}: ${field}\r\n`);
  return `HTTP/1.1 ${status} ${reasonPhrase}\r\n${lines.join('')}\r\n${content}`;
};

/** An error of Node's parser, as the client's mistake. */
export const parserFailure = (code: string | undefined): Failure => {
  if (code === 'HPE_HEADER_OVERFLOW') return clientError(431, 'The header fields of the request are too long.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return clientError(408, 'The request was not sent in time.');
  return clientError(400, 'The request is not valid HTTP.');
};
