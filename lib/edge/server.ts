/** The side that clients see: makes a `Received` of each request, and delivers what the rooms make of it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { storyOf, type Tell, toItsEnd } from '../core/event.js';
import type { Head, Received, Reply, Request } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { fromRaw } from '../core/headers.js';
import type { Handled, Pipeline } from '../core/pipeline.js';
import type { ServerSettings } from '../core/settings.js';
import { type Account, clientBody, declaresTooMuch, type Ledger, openAccount } from './client-body.js';
import { deliver, reset } from './deliver.js';
import { lingerOnClose, parserFailure, rawReply } from './dismissal.js';
import { exchanges, type Signals } from './exchanges.js';
import { freshId, now, within } from './ports.js';

/** What the server asks of the house. */
export interface Handler extends Pipeline {
  /** The addresses of the proxy itself. */
  readonly own: (head: Head) => O.Option<Reply>;
}

export interface Server {
  /** Starts to listen. Left: the system's reason why not (`EADDRINUSE`). */
  readonly listen: () => Promise<E.Either<string, AddressInfo>>;
  /** Takes no more connections, lets what is in flight end within the limit, then ends the rest with an error. */
  readonly close: (limitMs: number) => Promise<void>;
  readonly inFlight: () => number;
}

/** How long a client may take to read the error that ends its request. */
const LAST_WORDS_MS = 1000;

/** Stands for a request whose head could not be read. */
const UNREAD: Head = { method: '', path: '/', headers: {} };

const NO_TUNNELS: Failure = {
  _tag: 'ClientError',
  status: 405,
  says: 'CONNECT is not served here.',
  allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
};

/** The rooms promise to turn whatever fails into a reply. Where they do not, the end of the request is told all the same. */
const BROKEN_PROMISE: Failure = { _tag: 'StageFault', stage: 'the pipeline', why: 'failed without a reply' };

const headOf = (request: IncomingMessage): Head => ({
  method: request.method as string,
  path: request.url as string,
  headers: fromRaw(request.rawHeaders),
});

/** What answers requests, until another takes its place. */
export interface Served extends Handler {
  readonly limits: ServerSettings;
}

/** `current` is asked once for each request, which goes on with it to its end. */
export const edge = (
  { host, port }: Pick<ServerSettings, 'host' | 'port'>,
  current: () => Served,
  tell: Tell,
): Server => {
  const ledger: Ledger = { heldBytes: 0 };
  const inFlight = exchanges();

  const receive = async (
    limits: ServerSettings,
    { id, receivedAt, signal }: Omit<Received, 'request'>,
    head: Head,
    request: IncomingMessage,
    account: Account,
    goOn: () => void,
  ): Promise<E.Either<Failure, Received>> => {
    const tooMuch = declaresTooMuch(request, limits);
    if (O.isSome(tooMuch)) return E.left(tooMuch.value);
    goOn();
    const body = await clientBody(request, head.path, limits, account, signal);
    return E.map((content: Request['body']) => ({ id, receivedAt, signal, request: { ...head, body: content } }))(body);
  };

  const serve = async (
    handler: Served,
    request: IncomingMessage,
    response: ServerResponse,
    { work, reader }: Signals,
    account: Account,
    goOn: () => void,
  ): Promise<void> => {
    const [id, receivedAt] = [freshId(), now()];
    const came = headOf(request);
    const client = O.fromNullable(request.socket.remoteAddress);
    const admitted = handler.admit(came);
    const own = O.chain(handler.own)(O.fromEither(admitted));
    if (O.isSome(own)) {
      await deliver(response, own.value, reader);
      return;
    }
    const failed = (failure: Failure) => storyOf({ id, request: came }, E.left(failure), E.left(failure));
    const refused = (failure: Failure) => ({ reply: handler.refuse(id, came, failure), story: failed(failure) });
    const respond = async () => {
      // Waiting even for a refusal lets Node parse the rest of what came, so that a request may turn out to be complete.
      const received = await (E.isLeft(admitted)
        ? admitted
        : receive(handler.limits, { id, receivedAt, signal: work }, admitted.right, request, account, goOn));
      const handled: Handled = E.isLeft(received) ? refused(received.left) : await handler.handle(received.right)();
      const { reply, story, finished } = handled;
      if (!request.complete || !server.listening) response.setHeader('connection', 'close');
      if (!request.complete) lingerOnClose(request.socket);
      // What may be asked again is kept until the end; any other body is not needed once its reply goes out.
      if (reply.body._tag === 'Bytes' || O.isNone(reply.body.resume)) account.giveBack();
      const delivered = await deliver(response, reply, reader);
      return { story: toItsEnd(story, delivered), status: reply.status, finished };
    };
    tell({ _tag: 'RequestStarted', id });
    const ended = await respond().catch(() => {
      reset(response);
      return { story: failed(BROKEN_PROMISE), status: 500, finished: undefined };
    });
    const { story, status, finished } = ended;
    const durationMs = now() - receivedAt;
    tell({ _tag: 'RequestFinished', story, status, client, durationMs });
    await finished?.({ status, reason: story.reason, attempts: story.attempts, durationMs });
  };

  const begin = (goOn: (response: ServerResponse) => void) => (request: IncomingMessage, response: ServerResponse) => {
    const handler = current();
    const account = openAccount(ledger, handler.limits.heldBytes);
    inFlight.begin(request, (signals) =>
      serve(handler, request, response, signals, account, () => goOn(response))
        .catch(() => reset(response))
        .finally(account.giveBack),
    );
  };

  /** Answers a connection that Node has given up reading, after the requests on it that were whole. */
  const dismiss = async (socket: Duplex, failure: Failure) => {
    const whole = inFlight.on(socket).filter(({ request }) => request.complete);
    await Promise.all(whole.map(({ done }) => done));
    if (!socket.writable) return;
    lingerOnClose(socket as Socket);
    socket.write(rawReply(current().refuse(freshId(), UNREAD, failure)));
    (socket as Socket).destroySoon();
  };

  const server = createServer({ requireHostHeader: false, keepAliveTimeout: 75_000, noDelay: true });
  server.maxHeadersCount = 0; // Node would drop fields past its own limit in silence; ours refuses the request.
  server.on('connection', (socket) => {
    // The socket, not the request: a request that waits behind another on its connection never closes by itself.
    socket.once('close', () => inFlight.leave(socket));
  });
  server.on(
    'request',
    begin(() => {}),
  );
  server.on(
    'checkContinue',
    begin((response) => response.writeContinue()),
  );
  server.on(
    'checkExpectation',
    begin(() => {}),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => dismiss(socket, parserFailure(error.code)));
  server.on('connect', (_request, socket) => {
    // Node lets go of such a socket: a reset would be an error that nobody listens to, and end the process.
    socket.on('error', () => {}).resume();
    return dismiss(socket, NO_TUNNELS);
  });

  return {
    listen: () =>
      new Promise((resolve) => {
        server.once('error', (error: NodeJS.ErrnoException) => resolve(E.left(String(error.code))));
        server.listen(port, host, () => resolve(E.right(server.address() as AddressInfo)));
      }),
    close: async (limitMs) => {
      server.close();
      server.closeIdleConnections();
      await within(limitMs, inFlight.idle());
      inFlight.shutDown();
      await within(LAST_WORDS_MS, inFlight.idle());
      inFlight.abandonReaders();
      server.closeAllConnections();
      // Their ends are told before the end of all is.
      await within(LAST_WORDS_MS, inFlight.idle());
    },
    inFlight: inFlight.size,
  };
};
