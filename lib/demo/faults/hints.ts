/** Every way in which an upstream says how long to wait. */
import { errorIn } from '../answers/answer.js';
import { type Fields, json } from '../wire.js';
import { EVERYWHERE, type Expectation, fault } from './fault.js';

const WORDS = {
  message: 'Rate limit reached.',
  openai: 'rate_limit_error',
  anthropic: 'rate_limit_error',
  code: 'rate_limit_exceeded',
};

/** Fields are made when they are sent, since some are dates. */
const limited = (says: string, fields: () => Fields, more: Expectation = {}) =>
  fault('rate_limited', EVERYWHERE, `429, with ${says}.`, (ask) => json(errorIn(ask, WORDS, 429), 429, fields()), {
    status: 429,
    ...more,
  });

const fixed = (fields: Fields, hintMs?: number) =>
  limited(
    Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}`)
      .join(' and '),
    () => fields,
    hintMs === undefined ? {} : { hintMs },
  );

const DATE_AHEAD_MS = 2000;
const ahead = (): Date => new Date(Date.now() + DATE_AHEAD_MS);

export const hints = {
  'retry-after-0': fixed({ 'retry-after': 0 }, 0),
  'retry-after-1': fixed({ 'retry-after': 1 }, 1000),
  'retry-after-3': fixed({ 'retry-after': 3 }, 3000),
  'retry-after-fraction': fixed({ 'retry-after': '0.4' }, 400),
  'retry-after-hour': fixed({ 'retry-after': 3600 }, 3_600_000),
  'retry-after-huge': fixed({ 'retry-after': 1_000_000_000 }, 1_000_000_000_000),
  'retry-after-negative': fixed({ 'retry-after': -1 }),
  'retry-after-garbage': fixed({ 'retry-after': 'soon' }),
  'retry-after-date': limited(
    'Retry-After as a date two seconds ahead',
    () => ({ 'retry-after': ahead().toUTCString() }),
    // A date has whole seconds only, so up to one of the two is lost.
    { hintMs: DATE_AHEAD_MS - 1000 },
  ),
  'retry-after-past': fixed({ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0),
  'retry-after-ms': fixed({ 'retry-after-ms': 250 }, 250),
  'retry-after-both': fixed({ 'retry-after': 30, 'retry-after-ms': 150 }, 150),
  'retry-after-503': fault(
    'overloaded',
    EVERYWHERE,
    '503, with retry-after: 1.',
    (ask) => json(errorIn(ask, { ...WORDS, anthropic: 'overloaded_error' }, 503), 503, { 'retry-after': 1 }),
    { status: 503, hintMs: 1000 },
  ),
  'retry-info': fault(
    'rate_limited',
    EVERYWHERE,
    "429, with Google's RetryInfo in the body: 0.3s.",
    () =>
      json(
        {
          error: {
            code: 429,
            message: 'Resource has been exhausted (e.g. check quota).',
            status: 'RESOURCE_EXHAUSTED',
            details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.3s' }],
          },
        },
        429,
      ),
    { status: 429, hintMs: 300 },
  ),
  'ratelimit-requests': fixed({ 'x-ratelimit-remaining-requests': 0, 'x-ratelimit-reset-requests': '350ms' }, 350),
  'ratelimit-tokens': fixed({ 'x-ratelimit-remaining-tokens': 0, 'x-ratelimit-reset-tokens': '6m0s' }, 360_000),
  'ratelimit-remaining': fixed({ 'x-ratelimit-remaining-requests': 5, 'x-ratelimit-reset-requests': '6m0s' }),
  'ratelimit-anthropic': limited(
    "Anthropic's reset two seconds ahead, and nothing remaining",
    () => ({
      'anthropic-ratelimit-requests-remaining': 0,
      'anthropic-ratelimit-requests-reset': ahead().toISOString(),
    }),
    { hintMs: DATE_AHEAD_MS },
  ),
};
