/** The side that clients see: makes a `Received` of each request, and writes what the pipeline makes of it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { type Emit, summaryOf, withDelivery } from '../core/event.js';
import type { Head, Received, Reply, Request } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { fromRaw, type Headers } from '../core/headers.js';
import { forPage } from '../core/origin.js';
import type { Handled, Pipeline } from '../core/pipeline.js';
import type { ServerSettings } from '../core/settings.js';
import { type Account, type Ledger, openAccountOf } from '../stream/ledger.js';
import { admission } from './admission.js';
import { clientBody, declaresTooMuch } from './client-body.js';
import { freshId, now, within } from './clock.js';
import { asksForUpgrade, checkFraming, skipRest } from './framing.js';
import { halfClosed } from './half-close.js';
import { requestsInFlight, type Signals } from './in-flight.js';
import { lingerOnClose, parserFailure, rawReply } from './reject-connection.js';
import { reset, writeResponse } from './write-response.js';

/** The functions that answer requests. */
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

/** The pipeline promises a reply, whatever fails. Where it breaks that promise, the request is logged all the same. */
const BROKEN_PROMISE: Failure = { _tag: 'StageFault', stage: 'the pipeline', why: 'failed without a reply' };

const headOf = (request: IncomingMessage): Head => ({
  method: request.method as string,
  path: request.url as string,
  headers: fromRaw(request.rawHeaders),
});

/** A handler with its settings, until a reload puts another in its place. */
export interface Served extends Handler {
  readonly limits: ServerSettings;
  /** The address of the client, from the one of its connection. */
  readonly clientOf: (remote: string, headers: Headers) => string;
}

/** `current` is asked once for each request, which goes on with it to its end. */
export const edge = (
  { host, port }: Pick<ServerSettings, 'host' | 'port'>,
  current: () => Served,
  emit: Emit,
): Server => {
  const ledger: Ledger = { heldBytes: 0 };
  const inFlight = requestsInFlight();
  /** The last request of a connection on which nothing behind it is read. */
  const lastOn = new WeakMap<Duplex, IncomingMessage>();
  const places = admission();

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

  const skip = async (request: IncomingMessage) => {
    if (lastOn.get(request.socket) !== request) await skipRest(request);
  };

  /** Tells the client where nothing behind its request is read. */
  const endConnection = (request: IncomingMessage, response: ServerResponse) => {
    const isContinuation = request.complete && lastOn.get(request.socket) !== request;
    if (!isContinuation || !server.listening) response.setHeader('connection', 'close');
    if (!isContinuation) lingerOnClose(request.socket);
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
    const client = O.map((remote: string) => handler.clientOf(remote, came.headers))(
      O.fromNullable(request.socket.remoteAddress),
    );
    const recipient = { signal: reader, writeTimeoutMs: handler.limits.writeTimeoutMs };
    const send = (reply: Reply) => writeResponse(response, forPage(handler.limits, came, reply), recipient);
    const framing = checkFraming(request);
    if (E.isLeft(framing) || asksForUpgrade(request)) lastOn.set(request.socket, request);
    const allowed = E.chain(() => handler.admit(came))(framing);
    const own = O.chain(handler.own)(O.fromEither(allowed));
    if (O.isSome(own)) {
      await skip(request);
      endConnection(request, response);
      await send(own.value);
      return;
    }
    const admitted = E.chain((head: Head) => places.enter(head, handler.limits))(allowed);
    const failed = (failure: Failure) => ({
      ...summaryOf({ id, request: came }, E.left(failure), E.left(failure)),
      ...handler.logRefused(came, failure),
    });
    const refused = (failure: Failure): Handled => ({
      reply: handler.refuse(id, came, failure),
      summary: failed(failure),
      logCut: failed,
    });
    const respond = async () => {
      // Waiting even for a refusal lets Node parse the rest of what came, so that a request may turn out to be complete.
      const received = await (E.isLeft(admitted)
        ? admitted
        : receive(handler.limits, { id, receivedAt, signal: work }, admitted.right, request, account, goOn));
      if (E.isLeft(received)) await skip(request);
      const handled: Handled = E.isLeft(received) ? refused(received.left) : await handler.handle(received.right)();
      const { reply, finished } = handled;
      endConnection(request, response);
      emit({ _tag: 'Committed', id, status: reply.status });
      const delivered = await send(reply);
      const cut = O.isSome(delivered.cut) ? handled.logCut(delivered.cut.value) : {};
      return { summary: { ...withDelivery(handled.summary, delivered), ...cut }, status: reply.status, finished };
    };
    emit({ _tag: 'RequestStarted', id });
    const ended = await respond().catch(() => {
      reset(response);
      return { summary: failed(BROKEN_PROMISE), status: 500, finished: undefined };
    });
    if (E.isRight(admitted)) places.leave();
    const { summary, status, finished } = ended;
    const durationMs = now() - receivedAt;
    emit({ _tag: 'RequestFinished', summary, status, client, durationMs });
    await finished?.({ status, reason: summary.reason, attempts: summary.attempts, durationMs });
  };

  const begin = (goOn: (response: ServerResponse) => void) => (request: IncomingMessage, response: ServerResponse) => {
    if (lastOn.has(request.socket)) {
      request.resume();
      return;
    }
    const handler = current();
    if (places.isTurnedAway(request.socket)) return;
    inFlight.begin(request, response, (signals) => {
      const account = openAccountOf(signals.work, ledger, handler.limits.heldBytes);
      return serve(handler, request, response, signals, account, () => goOn(response))
        .catch(() => reset(response))
        .finally(account.giveBack);
    });
  };

  /** Answers a connection that Node has given up reading, after the requests on it that were whole. */
  const dismiss = async (socket: Duplex, failure: Failure) => {
    const last = lastOn.get(socket);
    // The answer to that ends the connection.
    if (last !== undefined && (last.complete || E.isLeft(checkFraming(last)))) return;
    const whole = inFlight.on(socket).filter(({ request }) => request.complete);
    await Promise.all(whole.map(({ done }) => done));
    if (!socket.writable) return;
    lingerOnClose(socket as Socket);
    socket.write(rawReply(current().refuse(freshId(), UNREAD, failure)));
    (socket as Socket).destroySoon();
  };

  const server = createServer({ requireHostHeader: false, keepAliveTimeout: 75_000, noDelay: true });
  // What Node has for this is not in its documentation; without it, a client that half-closes gets no reply.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxHeadersCount = 0; // Node would drop fields past its own limit in silence; ours refuses the request.
  server.on('connection', (socket) => {
    // The socket, not the request: a request that waits behind another on its connection never closes by itself.
    socket.once('close', () => inFlight.leave(socket));
    socket.once('end', () => halfClosed(socket, inFlight));
    const refused = places.connect(socket, () => server.closeIdleConnections());
    if (O.isSome(refused)) dismiss(socket, refused.value);
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
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Bytes behind a request that asks to close are no request: the answer to that one is the last.
    if (error.code !== 'HPE_CLOSED_CONNECTION') dismiss(socket, parserFailure(error.code));
  });
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
      // They are logged before the stop is.
      await within(LAST_WORDS_MS, inFlight.idle());
    },
    inFlight: inFlight.size,
  };
};
