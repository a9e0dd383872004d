/** Plain values of the core's types, for specs to change what they are about. */

import * as O from 'fp-ts/lib/Option.js';
import {
  bytes,
  type Plan,
  type Planned,
  type Received,
  type Replied,
  type Reply,
  type Request,
  type Target,
  type Timeouts,
  type Try,
} from '../../lib/core/exchange.js';
import { always } from '../../lib/core/schedule.js';
import type { Settings } from '../../lib/core/settings.js';
import { dialects } from '../../lib/dialects/index.js';

export const timeouts: Timeouts = {
  connectMs: 2000,
  headersMs: 2000,
  headersWholeMs: 2000,
  firstContentMs: 2000,
  idleMs: 2000,
  totalMs: 5000,
};

export const target = (url: string, changes: Partial<Target> = {}): Target => ({
  name: 'target',
  url,
  apiKey: O.none,
  headers: {},
  verifyTls: true,
  timeouts,
  replyLimitBytes: 32 * 1024 * 1024,
  ...changes,
});

export const settings = (url: string, changes: Partial<Settings> = {}): Settings => ({
  server: {
    host: '127.0.0.1',
    port: 0,
    allowedHosts: ['localhost'],
    bodyLimitBytes: 100 * 1024 * 1024,
    heldBytes: 64 * 1024 * 1024,
    trustedProxies: [],
    cors: [],
    maxInFlight: 256,
    writeTimeoutMs: 120_000,
  },
  target: target(url),
  retry: {
    retryCodes: new Set(),
    failCodes: new Set(),
    maxRetries: 3,
    timeoutRetries: 1,
    baseMs: 1,
    factor: 2,
    maxDelayMs: 1000,
    deadlineMs: 10_000,
    jitter: false,
    retryFiltered: 0,
  },
  streaming: { commit: 'first_content', onBreak: 'error', maxContinues: 3, keepalive: 'off' },
  stages: [],
  models: { ttlMs: 60_000, fallback: [] },
  logging: { level: 'info', format: 'auto' },
  ...changes,
});

export const request = (changes: Partial<Request> = {}): Request => ({
  method: 'POST',
  path: '/v1/chat/completions',
  headers: {},
  body: bytes(Buffer.from('{}')),
  ...changes,
});

export const received = (changes: Partial<Received> = {}): Received => ({
  id: 'id-1',
  receivedAt: 0,
  signal: new AbortController().signal,
  request: request(),
  ...changes,
});

export const plan = (changes: Partial<Plan> = {}): Plan => ({
  inspected: true,
  stream: false,
  replayable: true,
  isContinuation: false,
  target: target('http://127.0.0.1:1'),
  schedule: always,
  outgoing: request(),
  ...changes,
});

export const planned = (changes: Partial<Planned> = {}): Planned => ({
  ...received(),
  call: { _tag: 'Chat', dialect: dialects.openai, stream: false, body: { model: 'm', messages: [{}] } },
  plan: plan(),
  ...changes,
});

export interface TryChanges {
  readonly target?: Partial<Target>;
  readonly request?: Partial<Request>;
  readonly plan?: Partial<Plan>;
  readonly signal?: AbortSignal;
}

export const attempt = (url: string, changes: TryChanges = {}): Try => {
  const to = target(url, changes.target);
  const outgoing = request(changes.request);
  return {
    ...planned({ plan: plan({ target: to, outgoing, ...changes.plan }) }),
    ...(changes.signal === undefined ? {} : { signal: changes.signal }),
    number: 1,
    target: to,
    outgoing,
  };
};

/** A good reply in memory, to the first try. */
export const replied = (reply: Partial<Reply> = {}, changes: Partial<Replied> = {}): Replied => ({
  ...attempt('http://127.0.0.1:1'),
  reply: { status: 200, headers: {}, body: bytes(Buffer.from('{}')), ...reply },
  reading: { _tag: 'Content' },
  ...changes,
});
