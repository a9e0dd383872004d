/** Statuses that are no success, with the bodies that upstreams and what stands before them really send. */
import type { UpstreamReason } from '../../core/reason.js';
import { type ErrorWords, errorIn } from '../answers/answer.js';
import type { Ask } from '../ask.js';
import { HTML_TYPE, JSON_TYPE, json, SSE_TYPE, TEXT_TYPE, whole } from '../wire.js';
import { EVERYWHERE, type Expectation, fault } from './fault.js';

const words = (openai: string, anthropic: string, message: string, code?: string): ErrorWords => ({
  openai,
  anthropic,
  message,
  ...(code && { code }),
});

const invalid = (message: string, code?: string) =>
  words('invalid_request_error', 'invalid_request_error', message, code);
const server = (message: string) => words('server_error', 'api_error', message);

/** The dialect's own error body. */
const withDefault = <const R extends UpstreamReason>(
  reason: R,
  status: number,
  error: ErrorWords,
  more: Expectation = {},
) =>
  fault(
    reason,
    EVERYWHERE,
    `${status}, with the usual error body: ${error.message}`,
    (ask) => json(errorIn(ask, error, status), status),
    { status, ...more },
  );

/** A body that is the same for all dialects. */
const fixed = <const R extends UpstreamReason>(
  reason: R,
  status: number,
  says: string,
  type: string,
  body: string,
  more: Expectation = {},
) => fault(reason, EVERYWHERE, `${status}, ${says}`, () => whole(status, type, body), { status, ...more });

const cloudflare = (status: number, title: string): string => `<!DOCTYPE html>
<html class="no-js" lang="en-US">
<head><title>upstream.example | ${status}: ${title}</title><meta charset="UTF-8" /></head>
<body><div id="cf-wrapper"><h1>${title} <span>Error code ${status}</span></h1>
<p>Visit <a href="https://www.cloudflare.com/5xx-error-landing">cloudflare.com</a> for more information.</p>
<span>Cloudflare Ray ID: <strong>8d3a1b2c4d5e6f70</strong> &bull; Your IP: 203.0.113.7</span></div></body>
</html>
`;

const nginx = (status: string): string =>
  `<html>\r\n<head><title>${status}</title></head>\r\n<body>\r\n<center><h1>${status}</h1></center>\r\n<hr><center>nginx/1.24.0</center>\r\n</body>\r\n</html>\r\n`;

const LONG_TEXT = 'The request was not processed. '.repeat(1400);

const credentials = ({ request }: Ask): string =>
  `key ${request.headers.authorization ?? request.headers['x-api-key'] ?? 'none'} at http://${request.headers.host}${request.path}`;

const FINAL = { retried: false } as const;

export const statuses = {
  'http-400': withDefault('invalid_request', 400, invalid("Invalid value for 'temperature': must be between 0 and 2.")),
  'http-401': withDefault(
    'authentication_failed',
    401,
    words('invalid_request_error', 'authentication_error', 'Incorrect API key provided.', 'invalid_api_key'),
  ),
  'http-402': withDefault('payment_required', 402, words('billing_error', 'billing_error', 'Payment is required.')),
  'http-403': withDefault(
    'permission_denied',
    403,
    words('permission_error', 'permission_error', 'Country, region, or territory not supported.'),
  ),
  'http-404': withDefault(
    'invalid_request',
    404,
    words('invalid_request_error', 'not_found_error', 'The model does not exist.', 'model_not_found'),
  ),
  'http-405': withDefault('invalid_request', 405, invalid('Method not allowed.')),
  'http-408': withDefault('request_timeout', 408, words('server_error', 'timeout_error', 'Request timeout.')),
  'http-409': withDefault('invalid_request', 409, invalid('Conflict.')),
  'http-413': withDefault(
    'invalid_request',
    413,
    words('invalid_request_error', 'request_too_large', 'Request exceeds the maximum size.'),
  ),
  'http-415': withDefault('invalid_request', 415, invalid('Unsupported media type.')),
  'http-422': withDefault('invalid_request', 422, invalid('Unprocessable entity.')),
  'http-429': withDefault(
    'rate_limited',
    429,
    words('rate_limit_error', 'rate_limit_error', 'Rate limit reached for requests.', 'rate_limit_exceeded'),
  ),
  'http-451': withDefault('invalid_request', 451, invalid('Unavailable for legal reasons.')),
  'http-500': withDefault('upstream_error', 500, server('The server had an error while processing your request.')),
  'http-501': withDefault('upstream_error', 501, server('Not implemented.'), FINAL),
  'http-502': withDefault('upstream_error', 502, server('Bad gateway.')),
  'http-503': withDefault('overloaded', 503, words('server_error', 'overloaded_error', 'The engine is overloaded.')),
  'http-504': withDefault('upstream_error', 504, words('server_error', 'timeout_error', 'Gateway timeout.')),
  'http-505': withDefault('upstream_error', 505, server('HTTP version not supported.'), FINAL),
  'http-520': withDefault('upstream_error', 520, server('Web server returned an unknown error.')),
  'http-521': withDefault('upstream_error', 521, server('Web server is down.')),
  'http-522': withDefault('upstream_error', 522, server('Connection timed out.')),
  'http-523': withDefault('upstream_error', 523, server('Origin is unreachable.')),
  'http-524': withDefault('upstream_error', 524, server('A timeout occurred.')),
  'http-525': withDefault('upstream_error', 525, server('SSL handshake failed.'), FINAL),
  'http-529': withDefault('overloaded', 529, words('server_error', 'overloaded_error', 'Overloaded.')),

  'http-400-context': withDefault(
    'invalid_request',
    400,
    invalid("This model's maximum context length is 8192 tokens.", 'context_length_exceeded'),
  ),
  'http-400-detail': fixed('invalid_request', 400, 'as {"detail"}.', JSON_TYPE, '{"detail":"Unsupported parameter"}'),
  'http-422-detail-list': fixed(
    'invalid_request',
    422,
    'as a list of details.',
    JSON_TYPE,
    '{"detail":[{"loc":["body","messages"],"msg":"field required","type":"value_error.missing"}]}',
  ),
  'http-429-message': fixed('rate_limited', 429, 'as {"message"}.', JSON_TYPE, '{"message":"Too many requests"}'),
  'http-429-text': fixed('rate_limited', 429, 'as plain text.', TEXT_TYPE, 'Too Many Requests'),
  'http-400-long': fixed(
    'invalid_request',
    400,
    'with an error body of 40 KB.',
    JSON_TYPE,
    JSON.stringify({ error: { message: LONG_TEXT, type: 'invalid_request_error' } }),
  ),
  'http-500-long': fixed(
    'upstream_error',
    500,
    'with an error body of 40 KB.',
    JSON_TYPE,
    JSON.stringify({ error: { message: LONG_TEXT, type: 'server_error' } }),
  ),
  'http-500-empty': fixed('upstream_error', 500, 'with an empty body.', TEXT_TYPE, ''),
  'http-500-not-json': fixed('upstream_error', 500, 'with HTML called JSON.', JSON_TYPE, nginx('500 Server Error')),
  'http-502-html': fixed('upstream_error', 502, 'as a Cloudflare page.', HTML_TYPE, cloudflare(502, 'Bad gateway')),
  'http-502-nginx': fixed('upstream_error', 502, 'as an nginx page.', HTML_TYPE, nginx('502 Bad Gateway')),
  'http-503-text': fixed('overloaded', 503, 'as plain text.', TEXT_TYPE, 'upstream connect error or disconnect\n'),
  'http-503-sse': fixed(
    'overloaded',
    503,
    'with bare JSON in the body of an event stream, with CR line ends.',
    SSE_TYPE,
    '{"error":{"message":"No worker is free","type":"server_error"}}\r\r',
  ),
  'http-520-html': fixed(
    'upstream_error',
    520,
    'as a Cloudflare page.',
    HTML_TYPE,
    cloudflare(520, 'Web server is returning an unknown error'),
  ),
  'http-524-html': fixed(
    'upstream_error',
    524,
    'as a Cloudflare page.',
    HTML_TYPE,
    cloudflare(524, 'A timeout occurred'),
  ),

  'http-401-echo': fault(
    'authentication_failed',
    EVERYWHERE,
    '401, with an error message that repeats the key, the host and the path that were sent.',
    (ask) => json(errorIn(ask, invalid(`Not allowed: ${credentials(ask)}`), 401), 401),
    { status: 401 },
  ),
  'http-400-retry': fault(
    'invalid_request',
    EVERYWHERE,
    '400, with x-should-retry: true.',
    (ask) => json(errorIn(ask, invalid('Try that again.'), 400), 400, { 'x-should-retry': 'true' }),
    { status: 400, retried: true },
  ),
  'http-503-final': fault(
    'overloaded',
    EVERYWHERE,
    '503, with x-should-retry: false.',
    (ask) => json(errorIn(ask, server('Do not try that again.'), 503), 503, { 'x-should-retry': 'false' }),
    { status: 503, retried: false },
  ),

  'quota-429': withDefault(
    'payment_required',
    429,
    words('insufficient_quota', 'insufficient_quota', 'You exceeded your current quota.', 'insufficient_quota'),
  ),
  'quota-429-billing': withDefault(
    'payment_required',
    429,
    words('billing_not_active', 'billing_error', 'Your account is not active.', 'billing_not_active'),
  ),
  'quota-400-credit': withDefault(
    'payment_required',
    400,
    invalid('Your credit balance is too low to access the API.', 'credit_balance_too_low'),
  ),
  'quota-402-balance': withDefault(
    'payment_required',
    402,
    words('unknown_error', 'billing_error', 'Insufficient Balance.', 'invalid_request_error'),
  ),
};
