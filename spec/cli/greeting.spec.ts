import { expect } from 'chai';
import { cannotListen, greeting, started } from '../../lib/cli/greeting.js';
import { settings } from '../support/values.js';

const on = (host: string) => {
  const usual = settings('http://a.example');
  return { ...usual, server: { ...usual.server, host } };
};

describe('cli: what start-up tells', () => {
  const addresses = [
    ['127.0.0.1', '127.0.0.1:8484', 'http://127.0.0.1:8484/v1'],
    ['localhost', 'localhost:8484', 'http://localhost:8484/v1'],
    ['::1', '[::1]:8484', 'http://[::1]:8484/v1'],
    ['0.0.0.0', '0.0.0.0:8484', 'http://127.0.0.1:8484/v1'],
    ['::', '[::]:8484', 'http://127.0.0.1:8484/v1'],
  ] as const;
  for (const [host, listens, url] of addresses) {
    it(`is, on ${host}, the address ${listens} and the URL ${url}`, () => {
      const [first, second] = greeting(on(host), { port: 8484, pid: 4321, isDemo: false }).split('\n');
      expect(first).to.equal(`seaking-proxy listens on ${listens} (pid 4321)`);
      expect(second).to.match(/^In SillyTavern: .*"Custom \(OpenAI-compatible\)"/);
      expect(second?.endsWith(` URL ${url}`)).to.equal(true);
      expect(new URL(url).port).to.equal('8484');
    });
  }

  it('is the same for machines', () => {
    expect(started(on('0.0.0.0'), { port: 8484, pid: 4321, isDemo: true }, '1.2.3')).to.deep.equal({
      _tag: 'Started',
      version: '1.2.3',
      pid: 4321,
      address: '0.0.0.0:8484',
      url: 'http://127.0.0.1:8484/v1',
      maxRetries: 3,
      retryCodes: [408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530],
      isDemo: true,
    });
  });

  it('is the statuses that are tried again, with what the config changed', () => {
    const usual = settings('http://a.example');
    const retry = { ...usual.retry, retryCodes: new Set([418]), failCodes: new Set([408, 529]), maxRetries: 7 };
    expect(greeting({ ...usual, retry }, { port: 1, pid: 1, isDemo: false })).to.include(
      'Retries: at most 7, where the upstream fails or answers 418 429 500 502 503 504 520 521 522 523 524 527 530\n',
    );
  });

  it('is neither the demo nor the upstream where the upstream is a real one', () => {
    const text = greeting(on('127.0.0.1'), { port: 1, pid: 1, isDemo: false });
    expect(text).not.to.include('DEMO').and.not.include('curl').and.not.include('a.example');
  });

  it('is, where it cannot listen, the address and what to do', () => {
    const told = (code: string, host = '127.0.0.1') => cannotListen({ host, port: 80 }, code);
    expect(told('EADDRINUSE')).to.match(/cannot listen on 127\.0\.0\.1:80: another program .*End it.*--port\.\n$/);
    expect(told('EACCES')).to.match(/above 1023 with --port\.\n$/);
    expect(told('EADDRNOTAVAIL', '2001:db8::1')).to.match(/ on \[2001:db8::1\]:80: EADDRNOTAVAIL\..*--host\.\n$/);
  });
});
