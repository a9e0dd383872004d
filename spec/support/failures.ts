import * as O from 'fp-ts/lib/Option.js';
import { type Failure, shuttingDown } from '../../lib/core/failure.js';

type Examples = { readonly [T in Failure['_tag']]: Extract<Failure, { _tag: T }> };

const unreachable = { _tag: 'Unreachable', code: 'ECONNREFUSED' } as const;

/** One failure of every kind. */
export const failures: Examples = {
  Unreachable: unreachable,
  TlsFailed: { _tag: 'TlsFailed', code: 'CERT_HAS_EXPIRED' },
  TimedOut: { _tag: 'TimedOut', phase: 'headers', limitMs: 120_000, sent: true },
  Broken: { _tag: 'Broken', code: 'ECONNRESET', unused: false },
  Malformed: { _tag: 'Malformed', detail: 'the gzip stream is cut' },
  BadReply: { _tag: 'BadReply', reason: 'overloaded', status: 529, text: 'Overloaded', hintMs: O.none },
  BrokenOff: { _tag: 'BrokenOff', by: 'end' },
  ClientGone: { _tag: 'ClientGone' },
  ShuttingDown: shuttingDown,
  ClientError: { _tag: 'ClientError', status: 413, says: 'The request body is too large.' },
  HostNotAllowed: { _tag: 'HostNotAllowed' },
  Looped: { _tag: 'Looped' },
  OriginNotAllowed: { _tag: 'OriginNotAllowed' },
  Shedding: { _tag: 'Shedding', limit: 'server.held_bytes', retryAfterMs: 1000 },
  StageFault: { _tag: 'StageFault', stage: 'cap-tokens', why: 'threw a TypeError' },
  Unwanted: { _tag: 'Unwanted', stage: 'retry-when', says: 'it is too short', atMost: O.none },
  Refused: { _tag: 'Refused', stage: 'reject-when', status: 403, says: 'This model is not for you.' },
  GaveUp: { _tag: 'GaveUp', last: unreachable, attempts: [], elapsedMs: 9000, rejected: true },
};
