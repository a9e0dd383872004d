/** What a client is to be told, by reason. Written from the product's promises and not from its code. */

const server = { openai: 'server_error', anthropic: 'api_error' };
const invalid = { openai: 'invalid_request_error', anthropic: 'invalid_request_error' };

/** `keeps`: which statuses of the upstream are passed on in place of `status`. */
export const REASONS = {
  rate_limited: { retried: true, status: 429, openai: 'rate_limit_error', anthropic: 'rate_limit_error' },
  payment_required: {
    retried: false,
    status: 402,
    openai: 'insufficient_quota',
    anthropic: 'billing_error',
  },
  overloaded: { retried: true, status: 503, openai: 'server_error', anthropic: 'overloaded_error' },
  upstream_error: { retried: true, status: 502, keeps: (status) => status >= 500, ...server },
  unreachable: { retried: true, status: 502, ...server },
  connection_broken: { retried: true, status: 502, ...server },
  tls_failed: { retried: false, status: 502, ...server },
  unexpected_redirect: { retried: false, status: 502, ...server },
  empty_reply: { retried: true, status: 502, ...server },
  malformed_reply: { retried: true, status: 502, ...server },
  unexpected_format: { retried: true, status: 502, ...server },
  error_in_reply: { retried: true, status: 502, keeps: (status) => status >= 400, ...server },
  broken_off: { retried: true, status: 502, ...server },
  timed_out: { retried: true, status: 504, openai: 'server_error', anthropic: 'timeout_error' },
  request_timeout: { retried: true, status: 504, openai: 'server_error', anthropic: 'timeout_error' },
  content_filtered: { retried: false, status: 400, ...invalid },
  invalid_request: { retried: false, status: 400, keeps: (status) => status >= 400 && status < 500, ...invalid },
  authentication_failed: {
    retried: false,
    status: 401,
    openai: 'authentication_error',
    anthropic: 'authentication_error',
  },
  permission_denied: { retried: false, status: 403, openai: 'permission_error', anthropic: 'permission_error' },
};

/** The status that the client is to see. @param {string} reason @param {number} upstream */
export const statusOf = (reason, upstream) => {
  const { status, keeps = () => false } = REASONS[reason];
  return keeps(upstream) ? upstream : status;
};
