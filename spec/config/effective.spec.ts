import { expect } from 'chai';
import * as fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import { parse } from 'yaml';
import { effective } from '../../lib/config/effective.js';
import { effectiveRetryCodes, RETRIED_BY_DEFAULT } from '../../lib/core/verdict.js';
import { settingsOf } from './decoded.js';

describe('config: what holds in the end', () => {
  it("is shown in the user's own keys and units", () => {
    const shown = parse(effective(settingsOf('target_proxy: { timeout: 2m, max_retries: 5, retry_delay: 500ms }')));
    expect(shown.target_proxy.timeouts).to.include({ connect: 10, headers: 120, idle: 120 });
    expect(shown.error_handling).to.include({ max_retries: 5, base_delay: '500ms', max_delay: 60 });
    expect(shown.server).to.include({ port: 8484, body_limit: '100MiB' });
  });

  it('has the built-in codes that are tried again, without those that shall fail', () => {
    const shown = parse(effective(settingsOf('error_handling: { retry_codes: [404], fail_codes: [429] }')));
    expect(shown.error_handling.retry_codes).to.include.members([404, 408, 529]).and.not.include(429);
    expect(shown.error_handling.fail_codes).to.deep.equal([429]);
  });

  it('shows that secrets are set, and nothing of them', () => {
    const text = effective(settingsOf('target_proxy: { api_key: sk-1, headers: { Authorization: Bearer sk-2 } }'));
    expect(text).not.to.include('sk-');
    expect(parse(text).target_proxy).to.deep.include({ api_key: '(set)', headers: { authorization: '(set)' } });
    expect(parse(effective(settingsOf('target_proxy: {}'))).target_proxy).not.to.have.property('api_key');
  });

  it('has a line for each stage, which shows that options are set only where they are, and nothing of them', () => {
    const given = settingsOf(`stages:
  - use: headers
    with: { request: { set: { x-key: sekret } } }
    timeout: 5
  - use: ./stages/of-quite-a-long-name/which-does-what-no-other-does.js
  - { use: replace-text, with: {} }
`);
    const shown = effective(given);
    expect(shown).to.include(`
stages:
  - {use: headers, with: (set), timeout: 5}
  - {use: ./stages/of-quite-a-long-name/which-does-what-no-other-does.js, timeout: 10}
  - {use: replace-text, timeout: 10}
`);
    const again = settingsOf(shown.replace('(set)', '{request: {set: {x-key: sekret}}}'));
    expect(again.stages).to.deep.equal(given.stages);
    expect(effective(settingsOf('target_proxy: {}'))).to.include('\nstages: []\n');
  });

  it('is a config itself, and means the same', () => {
    const ms = fc.integer({ min: 1, max: 2_000_000_000 });
    const bytes = fc.integer({ min: 1, max: 2 ** 40 });
    const count = fc.nat();
    const host = fc.constantFrom('localhost', 'my_box', 'a.example');
    const defaults = settingsOf('target_proxy: {}');
    const settings = fc.record({
      server: fc.record({
        host: fc.string({ minLength: 1 }),
        port: fc.integer({ min: 0, max: 65_535 }),
        allowedHosts: fc.array(host),
        bodyLimitBytes: bytes,
        heldBytes: bytes,
        trustedProxies: fc.array(fc.constantFrom('10.0.0.0/8', '::1', '192.0.2.1', 'fd00::/8')),
        cors: fc.array(fc.constantFrom('https://a.example', 'http://[::1]:8000', 'tauri://localhost')),
        maxInFlight: fc.integer({ min: 1 }),
        writeTimeoutMs: ms,
      }),
      target: fc.record({
        name: fc.constant('target'),
        url: fc.constantFrom('demo', 'https://a.example/v1'),
        apiKey: fc.constantFrom(O.none, O.some('(set)')),
        headers: fc.constantFrom({}, { 'x-title': '(set)' }),
        verifyTls: fc.boolean(),
        timeouts: fc.record({
          connectMs: ms,
          headersMs: ms,
          headersWholeMs: ms,
          firstContentMs: ms,
          idleMs: ms,
          totalMs: ms,
        }),
        replyLimitBytes: bytes,
      }),
      retry: fc.record({
        retryCodes: fc.constant(RETRIED_BY_DEFAULT),
        failCodes: fc.constantFrom(new Set<number>(), new Set([400, 422])),
        maxRetries: count,
        timeoutRetries: count,
        baseMs: fc.integer({ min: 0, max: 1000 }),
        factor: fc.double({ min: 1, max: 1000, noNaN: true }),
        maxDelayMs: fc.integer({ min: 1000, max: 2_000_000_000 }),
        deadlineMs: ms,
        jitter: fc.boolean(),
        retryFiltered: count,
      }),
      streaming: fc.record({
        commit: fc.constantFrom('first_content', 'first_text', 'complete'),
        onBreak: fc.constantFrom('error', 'continue'),
        maxContinues: count,
        keepalive: fc.constantFrom('off', 'comments'),
      }),
      stages: fc.constant([]),
      models: fc.record({ ttlMs: ms, fallback: fc.array(fc.string({ minLength: 1 })) }),
      logging: fc.constant(defaults.logging),
    });
    fc.assert(
      fc.property(settings, (given) => {
        const again = settingsOf(effective(given));
        expect(again).to.deep.equal(given);
        expect(effective(again)).to.equal(effective(given));
        expect(effectiveRetryCodes(again.retry)).to.deep.equal(effectiveRetryCodes(given.retry));
      }),
    );
  });
});
