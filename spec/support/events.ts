/** Events for views to tell. */
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../../lib/core/attempt.js';
import type { Event, RequestSummary } from '../../lib/core/event.js';
import type { Reason } from '../../lib/core/reason.js';

type Finished = Extract<Event, { _tag: 'RequestFinished' }>;

export const good = (number: number): Attempt => ({
  number,
  target: 'target',
  reason: O.none,
  status: O.some(200),
  hintMs: O.none,
  durationMs: 1200,
  waitMs: O.none,
});

export const bad = (number: number, reason: Reason, status?: number, changes: Partial<Attempt> = {}): Attempt => ({
  ...good(number),
  reason: O.some(reason),
  status: O.fromNullable(status),
  ...changes,
});

/** A good chat, at the first try. */
export const finished = (
  summary: Partial<RequestSummary> = {},
  changes: Partial<Omit<Finished, 'summary'>> = {},
): Finished => ({
  _tag: 'RequestFinished',
  client: O.some('127.0.0.1'),
  status: 200,
  durationMs: 1234.5,
  summary: {
    id: 'id-1',
    method: 'POST',
    path: '/v1/chat/completions',
    model: O.some('gpt-4o'),
    attempts: [good(1)],
    reason: O.none,
    ...summary,
  },
  ...changes,
});

export const started: Event = {
  _tag: 'Started',
  version: '1.2.3',
  pid: 4321,
  address: '0.0.0.0:8484',
  url: 'http://127.0.0.1:8484/v1',
  maxRetries: 3,
  retryCodes: [429, 503],
  isDemo: false,
  warnings: [],
  upstream: 'api.example.com',
  config: O.some('/etc/seaking-proxy/proxy.config.yaml'),
};
