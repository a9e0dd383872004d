import { expect } from 'chai';
import fc from 'fast-check';
import { type Reason, reasons, statusFor, type UpstreamReason } from '../../lib/core/reason.js';

type Row = readonly [code: Reason, status: number];

// What the client gets, row by row as it is promised.
const PROMISED: readonly Row[] = [
  ['rate_limited', 429],
  ['payment_required', 402],
  ['overloaded', 503],
  ['upstream_error', 502],
  ['unreachable', 502],
  ['connection_broken', 502],
  ['tls_failed', 502],
  ['unexpected_redirect', 502],
  ['empty_reply', 502],
  ['malformed_reply', 502],
  ['unexpected_format', 502],
  ['error_in_reply', 502],
  ['broken_off', 502],
  ['timed_out', 504],
  ['request_timeout', 504],
  ['content_filtered', 400],
  ['invalid_request', 400],
  ['authentication_failed', 401],
  ['permission_denied', 403],
  ['host_not_allowed', 403],
  ['client_gone', 499],
  ['shedding', 503],
  ['unwanted_reply', 502],
  ['refused_by_stage', 400],
  ['loop_detected', 508],
  ['shutting_down', 503],
  ['stage_fault', 500],
];

const RETRIED: readonly Reason[] = [
  'rate_limited',
  'overloaded',
  'upstream_error',
  'unreachable',
  'connection_broken',
  'broken_off',
  'empty_reply',
  'malformed_reply',
  'unexpected_format',
  'error_in_reply',
  'timed_out',
  'request_timeout',
  'unwanted_reply',
];

const OURS: Readonly<Partial<Record<Reason, 'client' | 'proxy' | 'stage'>>> = {
  host_not_allowed: 'client',
  client_gone: 'client',
  refused_by_stage: 'client',
  unwanted_reply: 'stage',
  shedding: 'proxy',
  loop_detected: 'proxy',
  shutting_down: 'proxy',
  stage_fault: 'proxy',
};

// The statuses of the upstream that reach the client, where any do. Of an account without credit it is always 402: for a
// 429 of the type insufficient_quota SillyTavern shows a popup of its own about an OpenAI account, and not our sentence.
const KEPT: Readonly<Partial<Record<Reason, (status: number) => boolean>>> = {
  upstream_error: (status) => status >= 500 && status <= 599,
  error_in_reply: (status) => status >= 400 && status <= 599,
  refused_by_stage: (status) => status >= 400 && status <= 599,
  invalid_request: (status) => status >= 400 && status <= 499,
};

describe('core/reason', () => {
  it('has the promised rows and no others', () => {
    expect(Object.keys(reasons)).to.have.members(PROMISED.map(([code]) => code));
  });

  for (const [code, status] of PROMISED) {
    describe(code, () => {
      it(`is a ${status}`, () => {
        expect(reasons[code].status).to.equal(status);
      });

      it(`is ${RETRIED.includes(code) ? '' : 'not '}worth another try`, () => {
        expect(reasons[code].retried).to.equal(RETRIED.includes(code));
      });

      it(`is caused by the ${OURS[code] ?? 'upstream'}`, () => {
        expect(reasons[code].by).to.equal(OURS[code] ?? 'upstream');
      });

      it('reaches the client with a status of its own, or the one of the upstream that the table keeps', () => {
        for (let upstream = 0; upstream <= 700; upstream += 1) {
          const expected = KEPT[code]?.(upstream) ? upstream : status;
          expect(statusFor(code, upstream), `the upstream said ${upstream}`).to.equal(expected);
        }
      });
    });
  }

  it('never hands the client a status that is no error', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PROMISED.map(([code]) => code)),
        fc.oneof(fc.integer(), fc.double()),
        (code, upstream) => {
          expect(statusFor(code, upstream)).to.be.within(400, 599);
        },
      ),
    );
  });

  it('does not compile a reason of the client or of the proxy as one of the upstream', () => {
    const upstream: UpstreamReason = 'rate_limited';
    // @ts-expect-error: a client causes this one.
    const client: UpstreamReason = 'client_gone';
    // @ts-expect-error: the proxy causes this one.
    const proxy: UpstreamReason = 'stage_fault';
    expect([upstream, client, proxy].map((reason) => reasons[reason].by)).to.deep.equal([
      'upstream',
      'client',
      'proxy',
    ]);
  });
});
