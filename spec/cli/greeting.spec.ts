import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { cannotListen, greeting, started } from '../../lib/cli/greeting.js';
import type { Loaded } from '../../lib/config/load.js';
import type { Settings } from '../../lib/core/settings.js';
import { settings } from '../support/values.js';

const loaded = (changes: Partial<Settings> = {}, more: Partial<Loaded> = {}): Loaded => ({
  settings: { ...settings('https://a.example:81/v1'), ...changes },
  stages: [],
  ...more,
});

const on = (host: string, more: Partial<Loaded> = {}): Loaded =>
  loaded({ server: { ...settings('').server, host } }, more);

describe('cli: the greeting at start-up', () => {
  const addresses = [
    ['127.0.0.1', '127.0.0.1:8484', 'http://127.0.0.1:8484/v1'],
    ['localhost', 'localhost:8484', 'http://localhost:8484/v1'],
    ['::1', '[::1]:8484', 'http://[::1]:8484/v1'],
    ['0.0.0.0', '0.0.0.0:8484', 'http://127.0.0.1:8484/v1'],
    ['::', '[::]:8484', 'http://127.0.0.1:8484/v1'],
  ] as const;
  for (const [host, listens, url] of addresses) {
    it(`is, on ${host}, the address ${listens} and the URL ${url}`, () => {
      const [first, second] = greeting(on(host), { port: 8484, pid: 4321 }).split('\n');
      expect(first).to.equal(`seaking-proxy listens on ${listens} (pid 4321)`);
      expect(second).to.match(/^In SillyTavern: .*"Custom \(OpenAI-compatible\)"/);
      expect(second?.endsWith(` URL ${url}`)).to.equal(true);
      expect(new URL(url).port).to.equal('8484');
    });
  }

  it('is the same for machines', () => {
    const demo = on('0.0.0.0', { isDemo: true, file: '/etc/c.yaml' });
    expect(started(demo, { port: 8484, pid: 4321 }, '1.2.3')).to.deep.equal({
      _tag: 'Started',
      version: '1.2.3',
      pid: 4321,
      address: '0.0.0.0:8484',
      url: 'http://127.0.0.1:8484/v1',
      maxRetries: 3,
      retryCodes: [408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530],
      isDemo: true,
      warnings: [],
      upstream: 'demo',
      config: O.some('/etc/c.yaml'),
    });
    const real = started(on('127.0.0.1'), { port: 1, pid: 1 }, '1');
    expect(real).to.deep.include({ isDemo: false, upstream: 'a.example:81', config: O.none });
  });

  it('is the statuses that are tried again, with what the config changed', () => {
    const retry = { ...settings('').retry, retryCodes: new Set([418]), failCodes: new Set([408, 529]), maxRetries: 7 };
    expect(greeting(loaded({ retry }), { port: 1, pid: 1 })).to.include(
      'Retries: at most 7, if the upstream fails or answers 418 429 500 502 503 504 520 521 522 523 524 527 530\n',
    );
  });

  it('names the config by its whole path, and the upstream by its host; nothing of the demo where it is a real one', () => {
    const text = greeting(loaded({}, { file: '/etc/c.yaml' }), { port: 1, pid: 1 });
    expect(text).to.include('\nConfig: /etc/c.yaml\nUpstream: a.example:81\n');
    expect(text).not.to.include('DEMO').and.not.include('curl');
    const target = greeting(loaded({}, { isDemo: true }), { port: 1, pid: 1 });
    expect(target).to.include('\nConfig: none, because --target is given\nUpstream: demo\n').and.include('DEMO');
  });

  it('is, where it cannot listen, the address and what to do', () => {
    const told = (code: string, host = '127.0.0.1') => cannotListen({ host, port: 80 }, code);
    expect(told('EADDRINUSE')).to.match(/cannot listen on 127\.0\.0\.1:80: another program .*End it.*--port\.\n$/);
    expect(told('EACCES')).to.match(/above 1023 with --port\.\n$/);
    expect(told('EADDRNOTAVAIL', '2001:db8::1')).to.match(/ on \[2001:db8::1\]:80: EADDRNOTAVAIL\..*--host\.\n$/);
  });
});
