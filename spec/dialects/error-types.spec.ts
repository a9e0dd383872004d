import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { type Reason, reasons } from '../../lib/core/reason.js';
import { dialects } from '../../lib/dialects/index.js';

describe('the types of errors', () => {
  const promised: readonly (readonly [reason: Reason, openai: string, anthropic: string])[] = [
    ['rate_limited', 'rate_limit_error', 'rate_limit_error'],
    ['payment_required', 'insufficient_quota', 'billing_error'],
    ['overloaded', 'server_error', 'overloaded_error'],
    ['upstream_error', 'server_error', 'api_error'],
    ['unreachable', 'server_error', 'api_error'],
    ['connection_broken', 'server_error', 'api_error'],
    ['tls_failed', 'server_error', 'api_error'],
    ['unexpected_redirect', 'server_error', 'api_error'],
    ['empty_reply', 'server_error', 'api_error'],
    ['malformed_reply', 'server_error', 'api_error'],
    ['unexpected_format', 'server_error', 'api_error'],
    ['error_in_reply', 'server_error', 'api_error'],
    ['broken_off', 'server_error', 'api_error'],
    ['timed_out', 'server_error', 'timeout_error'],
    ['request_timeout', 'server_error', 'timeout_error'],
    ['content_filtered', 'invalid_request_error', 'invalid_request_error'],
    ['invalid_request', 'invalid_request_error', 'invalid_request_error'],
    ['authentication_failed', 'authentication_error', 'authentication_error'],
    ['permission_denied', 'permission_error', 'permission_error'],
    ['host_not_allowed', 'permission_error', 'permission_error'],
    ['client_gone', 'server_error', 'api_error'],
    ['shedding', 'server_error', 'overloaded_error'],
    ['unwanted_reply', 'server_error', 'api_error'],
    ['refused_by_stage', 'invalid_request_error', 'invalid_request_error'],
    ['loop_detected', 'server_error', 'api_error'],
    ['shutting_down', 'server_error', 'overloaded_error'],
    ['stage_fault', 'server_error', 'api_error'],
  ];

  it('are promised of every reason', () => {
    expect(promised.map(([reason]) => reason)).to.have.members(Object.keys(reasons));
  });

  for (const [reason, openai, anthropic] of promised) {
    it(`${reason} is ${openai} for OpenAI clients and ${anthropic} for Anthropic's`, () => {
      const facts = { reason, says: 'No.', retryAfterS: O.none };
      expect(dialects.openai.error(facts)).to.deep.equal({
        error: { message: 'No.', type: openai, code: reason, param: null },
      });
      expect(dialects.anthropic.error(facts)).to.deep.equal({
        type: 'error',
        error: { type: anthropic, message: 'No.' },
      });
    });
  }
});
