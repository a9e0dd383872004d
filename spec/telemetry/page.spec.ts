import { expect } from 'chai';
import { page } from '../../lib/telemetry/page.js';
import { type Status, statusView } from '../../lib/telemetry/status.js';

const fresh: Status = statusView({ version: '1.2.3', now: () => 0, wallClock: () => 0 }).report();
const shown = (changes: Partial<Status> = {}, isReady = true) =>
  page('http://localhost:8484/v1', { ...fresh, ...changes }, isReady);

describe('the page of the proxy', () => {
  it('says what to put into SillyTavern', () => {
    expect(shown()).to.match(/SillyTavern: .*Custom \(OpenAI-compatible\).*<code>http:\/\/localhost:8484\/v1<\/code>/);
  });

  it('says how the proxy does, in words', () => {
    expect(shown())
      .to.include('The proxy runs and takes requests.')
      .and.include('Version 1.2.3')
      .and.include('0 requests');
    expect(shown({}, false)).to.include('The proxy is shutting down');
    expect(shown()).not.to.match(/could succeed|last failure|config/);
    const busy = shown({
      requests: 1,
      in_flight: 1,
      success_rate: 0.999,
      last_failure: { at: '2026-01-02T03:04:05.000Z', reason: 'rate_limited', status: 429 },
      config_problems: ['sekret.yaml:1:1: x'],
    });
    expect(busy).to.include('1 request so far, 1 in flight.').and.include('99 % of those that could succeed did.');
    expect(busy).to.include('The last failure: rate limited (429), 2026-01-02T03:04:05.000Z.');
    expect(busy).to.include('The last change of the config was not taken').and.not.include('sekret');
  });

  for (const [seconds, words] of [
    [1, '1 second'],
    [119, '119 seconds'],
    [120, '2 minutes'],
    [7200, '2 hours'],
    [172_800, '2 days'],
  ] as const)
    it(`shows ${seconds} s as ${words}`, () => {
      expect(shown({ uptime_s: seconds })).to.include(`up for ${words}.`);
    });

  it('shows markup as text, wherever it comes from', () => {
    const evil = `"><script>alert('1')</script>&amp;`;
    const text = page(evil, { ...fresh, version: evil }, true);
    expect(text).not.to.include('<script').and.not.include("'1'");
    expect(text.match(/&quot;&gt;&lt;script&gt;alert\(&#39;1&#39;\)&lt;\/script&gt;&amp;amp;/g)).to.have.length(2);
  });

  it('loads nothing from anywhere', () => {
    expect(shown()).not.to.match(/src=|<link|<script|<style|url\(|href="(?!\/status")/);
  });
});
