/**
 * One attempt at an upstream, by http-proxy.
 *
 * http-proxy never gets the client's request and response: each attempt gets a facade, a stream of the body with the
 * few members that http-proxy touches, and a stub that it never writes to. So an attempt can be repeated, and every way
 * to its end goes through `end`, which tells first and cuts second: what http-proxy then reports is too late to matter.
 */
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import httpProxy from 'http-proxy';
import { type Body, held, type Reply, type Request, type Target, type Try } from '../core/exchange.js';
import { causeOf, type Failure, type Phase } from '../core/failure.js';
import { endToEnd, fromRaw, type Headers, set, value } from '../core/headers.js';
import type { Stage } from '../core/stage.js';
import type { Warn } from '../core/warning.js';
import { type Pool, poolFor, type Use } from './agents.js';
import { undoCoding } from './coding.js';
import { type Breakable, type Coded, explainConnect, explainReply, readableOf, sourceOf } from './node-source.js';

export interface Transport {
  /** Up to the head of the reply; its body is still to come. Aborting the signal ends it in every phase. */
  readonly send: Stage<Try, Reply>;
  /** Destroys all connections. */
  readonly close: () => void;
}

/** The fields of this hop. Framing is made anew: an inherited one can be smuggled past. */
const fields = ({ method, headers, body }: Request): Headers => {
  const length = body._tag === 'Bytes' ? body.bytes.length : O.getOrElse(() => 0)(body.length);
  const bodiless = length === 0 && (method === 'GET' || method === 'HEAD');
  return bodiless ? endToEnd(headers) : set(endToEnd(headers), { 'content-length': String(length) });
};

const bodyStream = (body: Body): Readable => {
  if (body._tag === 'Held') return readableOf(body.source, body.prefix);
  return new Readable({
    read() {
      this.push(body.bytes);
      this.push(null);
    },
  });
};

/** Stands for the client's request where http-proxy wants one. Its socket is never destroyed, or an error would go unreported. */
const facade = (request: Request): IncomingMessage =>
  Object.assign(bodyStream(request.body), {
    method: request.method,
    url: request.path,
    headers: { ...fields(request) },
    socket: { destroyed: false },
    // http-proxy touches no other member of the many that a real request has.
  }) as unknown as IncomingMessage;

/** Stands for the client's response where http-proxy wants one. It only looks whether it is still to be written. */
const stub = { headersSent: false, finished: false } as ServerResponse;

const lengthOf = (headers: Headers): O.Option<number> => {
  const length = value(headers, 'content-length');
  return /^\d+$/.test(length) ? O.some(Number(length)) : O.none;
};

/** Whether a reply has a body that could bear a coding (RFC 9110 §6.4.1). */
const hasBody = (method: string, status: number): boolean => method !== 'HEAD' && status !== 204 && status !== 304;

/** Node's own limit is that of the heads that clients send. */
const REPLY_HEAD_BYTES = 64 * 1024;

const exchange = (
  attempt: Try,
  pool: Pool,
  onSurplus: () => void,
  resolve: (outcome: E.Either<Failure, Reply>) => void,
): void => {
  const { target, outgoing, plan, signal } = attempt;
  const { connectMs, headersMs, headersWholeMs, idleMs, totalMs } = target.timeouts;
  const proxy = httpProxy.createProxyServer();
  const request = facade(outgoing);
  let connected = false;
  let explain: (error: Coded) => Failure = explainConnect;
  let isWhole = () => false;
  let use: Use | undefined;

  // Where an end goes: to the caller until the head came, to the reader of the body after it.
  let source: Breakable | undefined;
  const end = (failure: Failure) => {
    release();
    use?.carries(undefined);
    if (source === undefined) resolve(E.left(failure));
    else source.breakOff(failure);
    request.emit('aborted');
    request.destroy();
  };
  const timed = (phase: Phase, limitMs: number) =>
    setTimeout(() => end({ _tag: 'TimedOut', phase, limitMs, sent: connected }), limitMs);
  const total = timed('total', totalMs);
  let head = timed('connect', connectMs);
  const release = () => {
    clearTimeout(total);
    clearTimeout(head);
    signal.removeEventListener('abort', leave);
  };
  const leave = () => end(causeOf(signal));
  const awaitHead = () => {
    clearTimeout(head);
    head = plan.stream ? timed('headers', headersMs) : timed('headers_whole', headersWholeMs);
  };

  proxy.on('proxyReq', (sent: ClientRequest) => {
    const socket = sent.socket as Socket;
    use = pool.use(socket, onSurplus);
    const readBefore = socket.bytesRead;
    const isUnused = () => sent.reusedSocket && socket.bytesRead === readBefore;
    const connect = () => {
      connected = true;
      explain = (error) => explainReply(error, isUnused());
      awaitHead();
    };
    if (sent.reusedSocket) connect();
    else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', connect);
    // The wait for the head begins when the whole request is out: a long one may take a slow line a while.
    sent.once('finish', () => {
      if (connected && source === undefined) awaitHead();
    });
    sent.once('close', () => {
      if (source === undefined) end(explain({ code: 'ECONNRESET' }));
    });
  });

  proxy.on('proxyRes', (incoming) => {
    const headers = fromRaw(incoming.rawHeaders);
    const status = incoming.statusCode as number;
    if (status < 200) return end({ _tag: 'Malformed', detail: 'no status of a reply' });
    const isRead = (plan.inspected || status >= 300) && hasBody(outgoing.method, status);
    const plain = isRead ? undoCoding(incoming, headers) : E.right({ stream: incoming, headers });
    if (E.isLeft(plain)) return end(plain.left);
    clearTimeout(head);
    incoming.once('close', release);
    isWhole = () => incoming.complete;
    use?.carries(incoming);
    source = sourceOf(plain.right.stream, {
      idleMs,
      explain: (error) => explainReply(error, false),
      stop: () => request.emit('aborted'),
    });
    const length = lengthOf(plain.right.headers);
    const body = held(source, length);
    resolve(E.right({ status, headers: endToEnd(plain.right.headers), body }));
  });

  signal.addEventListener('abort', leave);
  const { origin } = new URL(target.url);
  const agent = pool.agent();
  // What is given as `ssl` becomes the options of Node's request.
  const ssl = { maxHeaderSize: REPLY_HEAD_BYTES };
  const options = {
    target: origin,
    agent,
    ssl,
    secure: target.verifyTls,
    selfHandleResponse: true,
    changeOrigin: true,
  };
  // `toProxy` and no `prependPath`: the path goes out as we made it, not parsed and put together once more.
  const report = (error: NodeJS.ErrnoException) => {
    // Bytes behind a whole body are no failure of this try.
    if (!isWhole()) end(explain(error));
  };
  try {
    proxy.web(request, stub, { ...options, toProxy: true, prependPath: false }, report);
  } catch {
    // Node throws where a field has a character that cannot be sent.
    end({ _tag: 'StageFault', stage: 'forward', why: '' });
  }
};

/** `warn` takes word of an upstream whose connections cannot be kept. */
export const httpProxyTransport = (warn: Warn): Transport => {
  const pools = new Map<string, Pool>();
  const poolOf = ({ url, verifyTls }: Target): Pool => {
    const { origin } = new URL(url);
    const pool = pools.get(`${origin} ${verifyTls}`) ?? poolFor(origin);
    pools.set(`${origin} ${verifyTls}`, pool);
    return pool;
  };
  return {
    send: (attempt) => () =>
      new Promise((resolve) => {
        if (attempt.signal.aborted) return resolve(E.left(causeOf(attempt.signal)));
        exchange(attempt, poolOf(attempt.target), () => warn(attempt.id, 'surplus_bytes'), resolve);
      }),
    close: () => {
      for (const pool of pools.values()) pool.close();
      pools.clear();
    },
  };
};
