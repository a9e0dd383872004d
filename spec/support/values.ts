/** The values of the testing kit with what matters to specs of the inside: an address, short limits, each part apart. */
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
import type { Settings } from '../../lib/core/settings.js';
import * as kit from '../../lib/testing/index.js';

/** Longer than a busy machine takes; a spec of a limit sets its own. */
export const timeouts: Timeouts = {
  connectMs: 8000,
  headersMs: 8000,
  headersWholeMs: 8000,
  firstContentMs: 8000,
  idleMs: 8000,
  totalMs: 30_000,
};

export const target = (url: string, changes: Partial<Target> = {}): Target => ({
  ...kit.attempt().target,
  url,
  timeouts,
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
    deadlineMs: 30_000,
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
  ...kit.request().request,
  headers: {},
  body: bytes(Buffer.from('{}')),
  ...changes,
});

export const received = (changes: Partial<Received> = {}): Received => {
  const { call: _, ...ordinary } = kit.request();
  return { ...ordinary, id: 'id-1', request: request(), ...changes };
};

export const plan = (changes: Partial<Plan> = {}): Plan => ({
  ...kit.response().plan,
  target: target('http://127.0.0.1:1'),
  outgoing: request(),
  ...changes,
});

export const planned = (changes: Partial<Planned> = {}): Planned => ({
  ...received(),
  call: kit.request({ body: { model: 'm' } }).call,
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
