/** One connection: reads requests, answers them one at a time and in order, and reports how it ended. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Close } from './attempts.js';
import { type Line, play } from './play.js';
import { requestReader, type WireRequest } from './request.js';
import type { Script } from './script.js';
import { json } from './wire.js';

export interface Host {
  readonly answer: (request: WireRequest) => Script;
  readonly onClose: (how: Close) => void;
}

const NOT_A_REQUEST = { error: { message: 'This is no HTTP/1.1 request.', type: 'invalid_request_error', code: null } };

const wantsClose = ({ headers }: WireRequest): boolean => /(^|[\s,])close([\s,]|$)/i.test(headers.connection ?? '');

/** A reset is a TCP matter, which a TLS socket refuses: there it is a cut without a close_notify. */
const cut = (socket: Socket): Socket => (socket instanceof TLSSocket ? socket.destroy() : socket.resetAndDestroy());

export const serve = (socket: Socket, host: Host): void => {
  let how: Close | undefined;
  let resetsNext = false;
  let turn = Promise.resolve();

  const line: Line = {
    send: (bytes) => socket.write(bytes),
    finish: () => {
      how ??= 'demo-fin';
      socket.end();
    },
    reset: () => {
      how ??= 'demo-reset';
      cut(socket);
    },
    isClosed: () => !socket.writable,
    on: (event, listener) => {
      socket.on(event, listener);
      return () => socket.off(event, listener);
    },
  };

  const respond = async (request: WireRequest): Promise<void> => {
    if (line.isClosed()) return;
    const ending = await play(line, host.answer(request));
    resetsNext = ending === 'reset_next';
    if (ending !== 'closed' && wantsClose(request)) line.finish();
  };
  const refuse = async (): Promise<void> => {
    await play(line, json(NOT_A_REQUEST, 400, { connection: 'close' }));
    line.finish();
  };
  const read = requestReader(
    (request) => {
      turn = turn.then(() => respond(request));
    },
    () => {
      turn = turn.then(refuse);
    },
  );

  socket.setNoDelay(true);
  socket.on('data', (bytes) => (resetsNext ? line.reset() : read(bytes)));
  socket.on('end', () => {
    how ??= 'client-fin';
  });
  socket.on('error', () => {
    how ??= 'client-reset';
  });
  socket.on('close', () => host.onClose(how ?? 'demo-fin'));
};
