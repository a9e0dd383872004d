import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../../lib/core/attempt.js';
import type { Failure, Phase, Simple } from '../../lib/core/failure.js';
import { type Reason, reasons } from '../../lib/core/reason.js';
import { quote, retryAfterMs, sentence } from '../../lib/core/sentence.js';
import { failures } from '../support/failures.js';

const attempt: Attempt = {
  number: 1,
  target: 'target',
  reason: O.some('rate_limited'),
  status: O.some(429),
  hintMs: O.none,
  durationMs: 5,
  waitMs: O.none,
};

interface Given {
  readonly times?: number;
  readonly elapsedMs?: number;
  readonly rejected?: boolean;
}

const gaveUp = (last: Simple, { times = 1, elapsedMs = 9000, rejected = false }: Given = {}): Failure => ({
  _tag: 'GaveUp',
  last,
  rejected,
  attempts: Array.from({ length: times }, () => attempt),
  elapsedMs,
});

const badReply = (reason: Reason, status: number, hintMs: O.Option<number> = O.none, text = ''): Simple => ({
  _tag: 'BadReply',
  reason,
  status,
  text,
  hintMs,
});

const timedOut = (phase: Phase, limitMs: number): Simple => ({ _tag: 'TimedOut', phase, limitMs, sent: true });

describe('core/sentence', () => {
  describe('says what failed, how often it was tried, and what to do', () => {
    const table: readonly (readonly [failure: Failure, expected: string])[] = [
      [
        gaveUp(badReply('rate_limited', 429, O.some(30_000)), { times: 4 }),
        'Upstream is rate limited (429), 4 attempts in 9 s. Try again in 30 s.',
      ],
      [gaveUp(badReply('rate_limited', 429)), 'Upstream is rate limited (429).'],
      [gaveUp(badReply('overloaded', 529), { times: 2 }), 'Upstream is overloaded (529), 2 attempts in 9 s.'],
      [gaveUp(badReply('upstream_error', 500)), 'Upstream failed (500).'],
      [gaveUp(badReply('payment_required', 402)), 'Upstream says that the account has no credit left (402).'],
      [gaveUp(badReply('request_timeout', 408)), 'Upstream gave up waiting for the request (408).'],
      [gaveUp(badReply('invalid_request', 422)), 'Upstream refused the request (422).'],
      [gaveUp(badReply('authentication_failed', 401)), 'Upstream refused the API key (401).'],
      [gaveUp(badReply('permission_denied', 403)), 'Upstream denied permission (403).'],
      [gaveUp(badReply('unexpected_redirect', 302)), 'Upstream redirected the request (302). Check target_proxy.url.'],
      [gaveUp(badReply('empty_reply', 200), { times: 3 }), 'Upstream sent an empty reply, 3 attempts in 9 s.'],
      [gaveUp(badReply('malformed_reply', 200)), 'Upstream sent a broken reply.'],
      [
        gaveUp(badReply('unexpected_format', 200)),
        'Upstream sent something that is not a reply. Check target_proxy.url.',
      ],
      [gaveUp(badReply('error_in_reply', 200)), 'Upstream sent an error in place of a reply.'],
      [gaveUp(badReply('content_filtered', 200)), 'Upstream filtered its reply.'],
      [gaveUp(badReply('broken_off', 200)), 'Upstream broke off in the middle of its reply.'],
      [
        gaveUp({ _tag: 'Unreachable', code: 'ENOTFOUND' }, { times: 2, elapsedMs: 1234 }),
        'Upstream cannot be reached (ENOTFOUND), 2 attempts in 1.2 s. Check target_proxy.url.',
      ],
      [gaveUp(failures.TlsFailed), 'TLS with the upstream failed (CERT_HAS_EXPIRED). Check target_proxy.url.'],
      [gaveUp(failures.Broken), 'Upstream broke the connection.'],
      [gaveUp(failures.Malformed), 'Upstream sent a broken reply.'],
      [gaveUp(timedOut('connect', 10_000)), 'Could not connect to the upstream in 10 s. Check target_proxy.url.'],
      [
        gaveUp(timedOut('headers', 30_000), { times: 2, elapsedMs: 60_400 }),
        'No answer in 30 s, 2 attempts in 60 s. Raise target_proxy.timeouts.headers.',
      ],
      [gaveUp(timedOut('first_content', 180_000)), 'No content in 180 s. Raise target_proxy.timeouts.first_content.'],
      [gaveUp(timedOut('idle', 60_000)), 'Upstream fell silent for 60 s. Raise target_proxy.timeouts.idle.'],
      [gaveUp(timedOut('headers_whole', 600_000)), 'No answer in 600 s. Raise target_proxy.timeouts.headers_whole.'],
      [gaveUp(timedOut('total', 1_800_000)), 'No whole reply in 1800 s. Raise target_proxy.timeouts.total.'],
      [failures.ClientGone, 'The client closed its connection.'],
      [failures.ShuttingDown, 'The proxy is shutting down. Try again in a moment.'],
      [failures.ClientError, 'The request body is too large.'],
      [failures.HostNotAllowed, 'This host name is not allowed. Add it to server.allowed_hosts.'],
      [failures.Looped, 'The request has come back to the proxy that sent it. Check target_proxy.url.'],
      [failures.OriginNotAllowed, 'This origin is not allowed. Add it to server.cors.'],
      [failures.Shedding, 'The proxy is at capacity (server.held_bytes). Try again in 1 s.'],
      [{ ...failures.Shedding, limit: 'open files' }, 'The proxy is at capacity (open files). Try again in 1 s.'],
      [failures.StageFault, 'A stage of the proxy failed (cap-tokens threw a TypeError).'],
      [failures.Unwanted, "A stage rejected the upstream's reply (it is too short)."],
      [failures.Refused, 'This model is not for you.'],
    ];
    for (const [failure, expected] of table) {
      it(expected, () => {
        expect(sentence(failure)).to.equal(expected);
      });
    }

    it('of every failure and every reason: short, in ASCII, from a capital to a single point', () => {
      const all = Object.keys(reasons).map((reason) =>
        gaveUp(badReply(reason as Reason, 503, O.some(1)), { times: 9 }),
      );
      for (const failure of [...all, ...Object.values<Failure>(failures)]) {
        expect(sentence(failure)).to.match(/^[A-Z][\x20-\x7e]{10,120}[^.]\.$/);
        expect(sentence(failure)).not.to.match(/\.\.| {2}|\(\)/);
      }
    });
  });

  describe('counts', () => {
    for (const [elapsedMs, expected] of [
      [0, 'under 0.1 s'],
      [99, 'under 0.1 s'],
      [100, '0.1 s'],
      [1000, '1 s'],
      [1540, '1.5 s'],
      [9960, '10 s'],
      [9999, '10 s'],
      [10_500, '11 s'],
      [119_400, '119 s'],
    ] as const) {
      it(`${elapsedMs} ms as ${expected}`, () => {
        expect(sentence(gaveUp(failures.Broken, { times: 2, elapsedMs }))).to.equal(
          `Upstream broke the connection, 2 attempts in ${expected}.`,
        );
      });
    }

    for (const [hintMs, expected] of [
      [0, 'Try again.'],
      [1, 'Try again in 1 s.'],
      [1000, 'Try again in 1 s.'],
      [1001, 'Try again in 2 s.'],
      [300_000, 'Try again in 300 s.'],
    ] as const) {
      it(`a wait of ${hintMs} ms never too short: ${expected}`, () => {
        const failure = gaveUp(badReply('overloaded', 503, O.some(hintMs)));
        expect(sentence(failure)).to.equal(`Upstream is overloaded (503). ${expected}`);
      });
    }
  });

  describe("with the upstream's own words", () => {
    const overloaded = badReply('overloaded', 503, O.some(5000));

    it('ends with them where there is no advice', () => {
      const failure = gaveUp(badReply('invalid_request', 400), { rejected: true });
      expect(sentence(failure, 'max_tokens is too large')).to.equal(
        'Upstream refused the request (400): max_tokens is too large',
      );
    });

    it('puts them before the advice, with a point between', () => {
      expect(sentence(gaveUp(overloaded), 'Busy')).to.equal('Upstream is overloaded (503): Busy. Try again in 5 s.');
      for (const theirs of ['Busy.', 'Busy!', 'Busy?']) {
        expect(sentence(gaveUp(overloaded), theirs)).to.equal(
          `Upstream is overloaded (503): ${theirs} Try again in 5 s.`,
        );
      }
    });
  });

  describe('retryAfterMs', () => {
    it('is what the upstream asked for, given up or not', () => {
      const failure = badReply('rate_limited', 429, O.some(1500));
      expect(retryAfterMs(failure)).to.deep.equal(O.some(1500));
      expect(retryAfterMs(gaveUp(failure))).to.deep.equal(O.some(1500));
    });

    it('is ours while the proxy is at capacity', () => {
      expect(retryAfterMs(failures.Shedding)).to.deep.equal(O.some(1000));
    });

    it('is not advised for an account without credit, which no wait mends', () => {
      const failure = gaveUp(badReply('payment_required', 429, O.some(30_000)));
      expect(retryAfterMs(failure)).to.deep.equal(O.none);
      expect(sentence(failure)).not.to.include('Try again');
    });

    it('is not known of any other failure', () => {
      const { Shedding, BadReply, ...others } = failures;
      for (const failure of Object.values<Failure>(others)) {
        expect(retryAfterMs(failure), failure._tag).to.deep.equal(O.none);
      }
    });
  });

  describe('quote', () => {
    const last = badReply('invalid_request', 400, O.none, 'No such model.');

    it('is what the upstream said of a request that it refused', () => {
      expect(quote(gaveUp(last, { rejected: true }))).to.deep.equal(O.some('No such model.'));
    });

    it('is nothing where the tries were used up, where nothing was said, and where no reply came', () => {
      expect(quote(gaveUp(last))).to.deep.equal(O.none);
      expect(quote(gaveUp(badReply('invalid_request', 400), { rejected: true }))).to.deep.equal(O.none);
      expect(quote(gaveUp(failures.TlsFailed, { rejected: true }))).to.deep.equal(O.none);
      expect(quote(last)).to.deep.equal(O.none);
    });
  });
});
