import { expect } from 'chai';
import { closest } from '../../lib/codecs/did-you-mean.js';

const KEYS = ['url', 'api_key', 'timeout', 'timeouts', 'max_retries', 'retry_delay', 'idle', 'ttl'];

describe('config: the likely key', () => {
  it('is the one with a letter missing, added, changed or swapped', () => {
    const cases = {
      timeot: 'timeout',
      timeoutt: 'timeout',
      timeaut: 'timeout',
      timeuot: 'timeout',
      idel: 'idle',
      uri: 'url',
    };
    for (const [typed, meant] of Object.entries(cases)) expect(closest(typed, KEYS), typed).to.equal(meant);
  });

  it('is the one in another way of writing', () => {
    const cases = { maxRetries: 'max_retries', 'API-KEY': 'api_key', retrydelay: 'retry_delay', URL: 'url' };
    for (const [typed, meant] of Object.entries(cases)) expect(closest(typed, KEYS), typed).to.equal(meant);
  });

  it('is the nearest of several', () => {
    expect(closest('timeoutss', KEYS)).to.equal('timeouts');
  });

  it('is none where nothing is near', () => {
    for (const typed of ['proxy', '', 'x', 'ut', 'rx', 'model', 'a'.repeat(200)])
      expect(closest(typed, KEYS), typed).to.equal(undefined);
  });
});
