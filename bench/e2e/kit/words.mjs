/** What the proxy says of each fault, in one sentence, and what programs know it by. */

/**
 * @typedef {object} Failing
 * @property {string} says the case in words
 * @property {string} fault a name of the demo's catalogue
 * @property {number} status
 * @property {string} code the reason in the body of an error in OpenAI's form
 * @property {{ openai: string, anthropic: string }} type by dialect
 * @property {string} kind the class of error that the SDKs have for the status
 * @property {number} tries
 * @property {RegExp} sentence
 */

const invalid = { openai: 'invalid_request_error', anthropic: 'invalid_request_error' };
const server = { openai: 'server_error', anthropic: 'api_error' };
const TYPES = {
  invalid_request: invalid,
  content_filtered: invalid,
  authentication_failed: { openai: 'authentication_error', anthropic: 'authentication_error' },
  permission_denied: { openai: 'permission_error', anthropic: 'permission_error' },
  rate_limited: { openai: 'rate_limit_error', anthropic: 'rate_limit_error' },
  payment_required: { openai: 'insufficient_quota', anthropic: 'billing_error' },
  overloaded: { openai: 'server_error', anthropic: 'overloaded_error' },
  timed_out: { openai: 'server_error', anthropic: 'timeout_error' },
  upstream_error: server,
  empty_reply: server,
  unexpected_format: server,
  connection_broken: server,
  unreachable: server,
};

const KINDS = {
  400: 'BadRequestError',
  401: 'AuthenticationError',
  // One of them has a class for it, and one has not.
  402: 'APIError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
  429: 'RateLimitError',
};

/** A `T` stands for a time, `LIMIT` for the one of two limits that is waited for: to the head of a stream, or of a whole reply. */
export const sentence = (text) => {
  const literal = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `^${literal.replace(/\bT\b/, '(\\d+(\\.\\d)?|under 0\\.1) s').replace('LIMIT', 'headers(_whole)?')}$`,
  );
};

/** How often it was tried stands in the sentence, where it was more than once. @returns {Failing} */
const failing = (says, fault, status, code, told) => ({
  says,
  fault,
  status,
  code,
  type: TYPES[code],
  kind: KINDS[status] ?? 'InternalServerError',
  tries: Number(/(\d+) attempts/.exec(told)?.[1] ?? 1),
  sentence: sentence(told),
});

/** Of what was tried again in vain nothing of the upstream's own words is told. */
const LASTING = [
  ['a rate limit that lasts', 'http-429', 429, 'rate_limited', 'Upstream is rate limited (429), 4 attempts in T.'],
  ['a 500 that lasts', 'http-500', 500, 'upstream_error', 'Upstream failed (500), 4 attempts in T.'],
  ["a gateway's page that lasts", 'http-502-html', 502, 'upstream_error', 'Upstream failed (502), 4 attempts in T.'],
  ['an overload that lasts', 'http-529', 503, 'overloaded', 'Upstream is overloaded (529), 4 attempts in T.'],
  ['resets only', 'reset-mid-headers', 502, 'connection_broken', 'Upstream broke the connection, 4 attempts in T.'],
  [
    'no answer',
    'hang-before-headers',
    504,
    'timed_out',
    'No answer in 1 s, 2 attempts in T. Raise target_proxy.timeouts.LIMIT.',
  ],
].map((row) => failing(...row));

const BAD_REQUEST = "Invalid value for 'temperature': must be between 0 and 2.";
const FINAL = [
  ['a bad request', 'http-400', 400, 'invalid_request', `Upstream refused the request (400): ${BAD_REQUEST}`],
  [
    'a wrong key',
    'http-401',
    401,
    'authentication_failed',
    'Upstream refused the API key (401): Incorrect API key provided.',
  ],
  [
    'a country that is not served',
    'http-403',
    403,
    'permission_denied',
    'Upstream denied permission (403): Country, region, or territory not supported.',
  ],
  [
    'an unknown model',
    'http-404',
    404,
    'invalid_request',
    'Upstream refused the request (404): The model does not exist.',
  ],
  [
    'a rate limit of an hour',
    'retry-after-hour',
    429,
    'rate_limited',
    'Upstream is rate limited (429). Try again in 3600 s.',
  ],
  [
    'no credit left',
    'quota-429',
    402,
    'payment_required',
    'Upstream says that the account has no credit left (429): You exceeded your current quota.',
  ],
].map((row) => failing(...row));

/** On any route: they are told by the status or the connection alone. @type {readonly Failing[]} */
export const FAILING = [...FINAL, ...LASTING];

const NO_REPLY = 'Upstream sent something that is not a reply, 4 attempts in T. Check target_proxy.url.';

/** Where replies are judged. @type {readonly Failing[]} */
export const BAD_REPLIES = [
  ['empty replies only', 'empty-body', 502, 'empty_reply', 'Upstream sent an empty reply, 4 attempts in T.'],
  ['a web page in place of every reply', 'html-200', 502, 'unexpected_format', NO_REPLY],
  ['a reply that was filtered', 'filtered', 400, 'content_filtered', 'Upstream filtered its reply.'],
].map((row) => failing(...row));

/** The upstream was never asked. @type {Failing} */
export const UNREACHABLE = failing(
  'a port at which nobody listens',
  'port-closed',
  502,
  'unreachable',
  'Upstream cannot be reached (ECONNREFUSED), 4 attempts in T. Check target_proxy.url.',
);

/** @typedef {{ says: string, fault: string, sentence: RegExp }} Breaking */

const SILENCE = 'Upstream fell silent in the middle of its reply. Raise target_proxy.timeouts.idle.';

/** @type {readonly Breaking[]} */
export const BREAKING = [
  ['a reset in mid-stream', 'broken-reset', 'Upstream broke off in the middle of its reply.'],
  ['an error in mid-stream', 'broken-error', 'Upstream failed in the middle of its reply.'],
  ['an end in mid-stream', 'broken-end', 'Upstream ended in the middle of its reply.'],
  ['silence in mid-stream', 'broken-silence', SILENCE],
].map(([says, fault, told]) => ({ says, fault, sentence: sentence(told) }));
