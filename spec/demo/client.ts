/** A client that knows no HTTP: it writes bytes, and keeps what comes and how it ends. */
import { connect, type Socket } from 'node:net';
import type { Place } from '../../lib/demo/faults/fault.js';

export interface Heard {
  /** Everything so far, one character a byte. */
  readonly text: () => string;
  readonly bytes: () => Buffer;
  readonly isOpen: () => boolean;
  readonly closed: Promise<'fin' | 'reset'>;
  /** Resolves as soon as what came so far is enough, and rejects if the connection ends before it is. */
  readonly until: (isEnough: RegExp | ((text: string) => boolean)) => Promise<void>;
  readonly write: (bytes: string | Buffer) => void;
  readonly socket: Socket;
}

export const open = (url: string): Heard => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  let reset = false;
  let isOpen = true;
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {
    reset = true;
  });
  const bytes = () => Buffer.concat(chunks);
  const text = () => bytes().toString('latin1');
  const closed = new Promise<'fin' | 'reset'>((resolve) => {
    socket.on('close', () => {
      isOpen = false;
      resolve(reset ? 'reset' : 'fin');
    });
  });
  const until = (isEnough: RegExp | ((text: string) => boolean)) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (isEnough instanceof RegExp ? isEnough.test(text()) : isEnough(text())) resolve();
      };
      look();
      socket.on('data', look);
      socket.on('close', () => reject(new Error(`ended before ${isEnough}: ${text().slice(0, 500)}`)));
    });
  return { text, bytes, isOpen: () => isOpen, closed, until, write: (more) => void socket.write(more), socket };
};

export const post = (path: string, body: unknown, fields = ''): string => {
  const content = JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\nHost: demo\r\n${fields}Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`;
};

export const get = (path: string, fields = ''): string => `GET ${path} HTTP/1.1\r\nHost: demo\r\n${fields}\r\n`;

const chat = (path: string, stream: boolean) => (model: string, prompt: string) =>
  post(path, { model, stream, messages: [{ role: 'user', content: prompt }] });

/** A request of each kind, that asks for a fault or a good reply by its name. */
export const requestAt: { readonly [P in Place]: (model: string, prompt: string) => string } = {
  chat: chat('/v1/chat/completions', false),
  'chat-stream': chat('/v1/chat/completions', true),
  messages: chat('/v1/messages', false),
  'messages-stream': chat('/v1/messages', true),
  models: (model) => get('/v1/models', `x-demo-fault: ${model}\r\n`),
  other: (model) => get('/other', `x-demo-fault: ${model}\r\n`),
};

/** Sends it all, and waits for the end of the connection. */
export const converse = async (url: string, bytes: string | Buffer): Promise<Heard> => {
  const heard = open(url);
  heard.write(bytes);
  await heard.closed;
  return heard;
};
