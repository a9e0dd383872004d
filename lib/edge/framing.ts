/** Where a request ends: what Node's parser lets pass and must not, and when nothing behind it is to be read. */
import type { IncomingMessage } from 'node:http';
import * as E from 'fp-ts/lib/Either.js';
import { clientError, type Failure } from '../core/failure.js';
import { fromRaw, value } from '../core/headers.js';
import { within } from './clock.js';

const refused = (says: string): E.Either<Failure, never> => E.left(clientError(400, says));

/**
 * Refuses a framing that another server may read otherwise (RFC 9112 §6.1): then both would not agree on where the next
 * request begins. The only coding is `chunked`, once, on HTTP/1.1, without a length.
 */
export const checkFraming = (request: IncomingMessage): E.Either<Failure, void> => {
  const { httpVersion } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return refused('Only HTTP/1.1 and HTTP/1.0 are spoken here.');
  if (request.headers['transfer-encoding'] === undefined) return E.right(undefined);
  const headers = fromRaw(request.rawHeaders);
  // Several lines are joined, and so are not this.
  const isChunked = value(headers, 'transfer-encoding').toLowerCase() === 'chunked';
  return isChunked && httpVersion === '1.1' && headers['content-length'] === undefined
    ? E.right(undefined)
    : refused('The Transfer-Encoding of the request must be chunked alone.');
};

/** Whether Node's parser takes what follows for another protocol: it drops the rest of a read, and reads the next one. */
export const asksForUpgrade = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade !== undefined && /upgrade/i.test(headers.connection ?? '');

/** How long a refused request may take to end, so that its connection can go on. */
const REST_MS = 50;

/** A refused request that declares more than this is not read to its end. */
const REST_BYTES = 1024 * 1024;

/** Throws away what is left of a refused request, as far as that is soon done. */
export const skipRest = async (request: IncomingMessage): Promise<void> => {
  const { expect, 'content-length': length } = request.headers;
  // Who waits to be asked for the body may send another request in its place.
  if (request.complete || expect !== undefined || Number(length) > REST_BYTES) return;
  await within(REST_MS, new Promise((resolve) => request.once('end', resolve).once('close', resolve).resume()));
};
