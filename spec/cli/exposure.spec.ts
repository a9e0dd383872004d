import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { exposure } from '../../lib/cli/exposure.js';
import { greeting } from '../../lib/cli/greeting.js';
import type { Target } from '../../lib/core/exchange.js';
import { settings, target } from '../support/values.js';

const on = (host: string, changes: Partial<Target> = { apiKey: O.some('sk-sekret') }) => {
  const withDefault = settings('http://a.example');
  return { ...withDefault, server: { ...withDefault.server, host }, target: target('http://a.example', changes) };
};

describe('cli: an address that other machines can reach', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.5', '2001:db8::1', 'my-box', '128.0.0.1'])
    it(`is warned of where the config has a key: ${host}`, () => {
      const text = greeting({ settings: on(host), stages: [] }, { port: 8484, pid: 1 });
      expect(text)
        .to.match(/^WARNING: other machines .* API key .*127\.0\.0\.1/m)
        .and.not.include('sekret');
    });

  for (const host of ['127.0.0.1', '127.0.0.2', 'localhost', 'Proxy.localhost', '::1'])
    it(`is not ${host}`, () => {
      expect(exposure(on(host))).to.deep.equal([]);
    });

  it('is nothing to warn of where whoever calls has to bring a key', () => {
    expect(exposure(on('0.0.0.0', { headers: { 'x-title': 'My chats', 'x-author': 'me' } }))).to.deep.equal([]);
  });

  it('is warned of where the key is in a header field', () => {
    for (const name of ['authorization', 'X-Api-Key', 'api-key', 'cookie'])
      expect(exposure(on('0.0.0.0', { headers: { [name]: 'sekret' } }))).to.have.length(1);
  });
});
