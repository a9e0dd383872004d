/** Errors whose words are their upstream's own: another name for the same thing, or a place where few look for it. */
import { eventsIn, stream, wholeIn } from '../answers/answer.js';
import { goodMessage, goodText } from '../answers/message.js';
import { chunk, DONE, data, delta } from '../answers/openai.js';
import { type Fields, json } from '../wire.js';
import { EVERYWHERE, type Expectation, fault, type GoodReply, JUDGED, STREAMED } from './fault.js';

const base = (code: number, message: string): object => ({ base_resp: { status_code: code, status_msg: message } });

/** The name of an error with this status. */
const NAMES = {
  401: 'authentication_failed',
  429: 'rate_limited',
  527: 'upstream_error',
  530: 'upstream_error',
} as const;

const sent = (status: keyof typeof NAMES, says: string, body: unknown, more: Expectation = {}, fields = () => ({})) =>
  fault(NAMES[status], EVERYWHERE, `${status}, ${says}.`, () => json(body, status, fields()), { status, ...more });

const quota = (status: number, says: string, body: unknown) =>
  fault('payment_required', EVERYWHERE, `${status}, ${says}.`, () => json(body, status), { status });

const whole = (says: string, body: unknown, more: Expectation) =>
  fault('error_in_reply', JUDGED, `200 with ${says}.`, () => json(body), more);

const streamed = (says: string, body: unknown, more: Expectation) =>
  fault(
    'error_in_reply',
    STREAMED,
    `A stream whose first event is ${says}.`,
    (ask) => stream(ask, [data(body), DONE]),
    {
      ...more,
    },
  );

const error = (fields: object): object => ({ error: { message: 'The request was not served.', ...fields } });

/** The error of a gateway about a provider's error: the cause stands only in the provider's words. */
const wrapped = (code: number, raw: string): object =>
  error({
    message: 'Provider returned error',
    code,
    metadata: { raw, provider_name: 'Demo' },
  });

const FINAL_401 = { status: 401, retried: false } as const;
const LIMITED = { status: 429 } as const;

const AHEAD_MS = 2000;
const aheadMs = (): number => Date.now() + AHEAD_MS;

const limited = (says: string, fields: () => Fields, hintMs: number) =>
  sent(429, `with ${says}`, error({ type: 'rate_limit_error', code: 'rate_limit_exceeded' }), { hintMs }, fields);

const SUSPENDED = 'Your account is suspended due to insufficient balance, please check your plan and billing details.';

export const words = {
  'quota-429-exceeded': quota(
    429,
    'exceeded_current_quota_error',
    error({ message: SUSPENDED, type: 'exceeded_current_quota_error' }),
  ),
  'quota-403-user': quota(
    403,
    'insufficient_user_quota',
    error({ message: 'The quota is used up.', type: 'new_api_error', code: 'insufficient_user_quota' }),
  ),
  'quota-400-limit': quota(
    400,
    'billing_hard_limit_reached',
    error({ type: 'invalid_request_error', code: 'billing_hard_limit_reached' }),
  ),
  'quota-500-balance': quota(
    500,
    'in whose words alone the balance is insufficient',
    error({ type: 'api_error', message: 'insufficient balance (1008)' }),
  ),
  'quota-400-arrears': quota(400, 'with a code for arrears', { code: 'Arrearage', message: 'Access denied.' }),
  'quota-429-chinese': quota(429, 'in Chinese', error({ code: '1113', message: '余额不足或无可用资源包,请充值。' })),
  'quota-429-raw': quota(
    429,
    'with what a provider says of the account, within what a gateway says',
    wrapped(429, JSON.stringify({ error: { message: SUSPENDED, type: 'exceeded_current_quota_error' } })),
  ),
  'quota-base-resp': fault('payment_required', JUDGED, '200 with base_resp, whose code is 1008.', () =>
    json({ choices: null, ...base(1008, 'insufficient balance') }),
  ),
  'quota-base-resp-event': fault(
    'payment_required',
    STREAMED,
    'A stream whose first event has base_resp 1008.',
    (ask) => stream(ask, [data({ choices: null, ...base(1008, 'insufficient balance') }), DONE]),
  ),

  'error-code-msg': whole('{"code": 401, "msg": "…"}', { code: 401, msg: 'The token is not valid.' }, FINAL_401),
  'error-base-resp': whole('base_resp, whose code is 1002', base(1002, 'rate limit'), LIMITED),
  'error-base-resp-401': whole(
    'base_resp, whose code is 1004',
    { choices: [], ...base(1004, 'login fail') },
    FINAL_401,
  ),
  'error-object-word': whole(
    '{"object": "error"} and a code of five digits',
    { object: 'error', message: 'Slow down.', code: 42901 },
    LIMITED,
  ),
  'error-http-code': whole('an error with http_code', error({ http_code: '429' }), LIMITED),
  'error-name-spelled': whole(
    'an error whose code is RateLimitExceeded',
    error({ code: 'RateLimitExceeded' }),
    LIMITED,
  ),
  'error-event-code-msg': streamed(
    '{"code": 401, "msg": "…"}',
    { code: 401, msg: 'The token is not valid.' },
    FINAL_401,
  ),
  'error-event-base-resp': streamed('base_resp, whose code is 1002', base(1002, 'rate limit'), LIMITED),
  'error-event-object-word': streamed(
    '{"object": "error"}',
    { object: 'error', message: 'Slow down.', code: 42901, choices: [] },
    LIMITED,
  ),

  'http-401-raw': sent(
    401,
    "with a provider's own words within what a gateway says",
    wrapped(401, JSON.stringify({ error: { message: 'The key of the provider is not valid.' } })),
  ),
  'http-429-raw': sent(429, "with a provider's text within what a gateway says", wrapped(429, 'busy upstream')),
  'http-527': sent(527, 'with the usual error body', error({ type: 'server_error' })),
  'http-530': sent(530, 'with the usual error body', error({ type: 'server_error' })),

  'ratelimit-epoch': limited(
    'a reset in Unix time two seconds ahead',
    () => ({ 'x-ratelimit-remaining': 0, 'x-ratelimit-reset': (aheadMs() / 1000).toFixed(3) }),
    AHEAD_MS,
  ),
  'ratelimit-epoch-ms': limited(
    'a reset in Unix time two seconds ahead, in milliseconds',
    () => ({ 'x-ratelimit-remaining-requests': 0, 'x-ratelimit-reset-requests': aheadMs() }),
    AHEAD_MS,
  ),
  'ratelimit-handed-on': limited(
    "a reset under a gateway's prefix",
    () => ({ 'llm_provider-x-ratelimit-remaining-tokens': 0, 'llm_provider-x-ratelimit-reset-tokens': '350ms' }),
    350,
  ),
  'retry-after-handed-on': limited(
    "Retry-After under a gateway's prefix",
    () => ({ 'llm_provider-retry-after': 1 }),
    1000,
  ),
  'ratelimit-in-body': fault(
    'rate_limited',
    EVERYWHERE,
    '429, with a reset in Unix time among header fields that the body repeats.',
    () => {
      const headers = { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(aheadMs()) };
      return json(error({ message: 'Rate limit exceeded.', code: 429, metadata: { headers } }), 429);
    },
    { status: 429, hintMs: AHEAD_MS },
  ),
};

const well: GoodReply = {
  kind: 'good',
  places: ['chat', 'chat-stream'],
  says: 'A base_resp that says success, and a code and a message beside the choices.',
  script: (ask) => {
    const fine = { ...base(0, 'success'), code: 200, msg: 'ok', message: '' };
    const message = goodMessage(ask.prompt);
    return ask.stream
      ? stream(ask, [
          delta(ask, { role: 'assistant' }),
          ...eventsIn(ask, message).content,
          chunk(ask, [], fine),
          delta(ask, {}, 'stop'),
          DONE,
        ])
      : json({ ...wholeIn(ask, message), ...fine });
  },
  text: goodText,
};

/** Replies with the fields of such errors, which say that all is well. */
export const goodWords = { 'good-base-resp': well };
