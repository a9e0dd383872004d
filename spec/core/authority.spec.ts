import { expect } from 'chai';
import { isAuthority, isOurs } from '../../lib/core/authority.js';

const ALLOWED = ['localhost', 'host.docker.internal'];

describe('core/authority', () => {
  for (const authority of [
    'localhost',
    'localhost:8484',
    'LocalHost:8484',
    'host.docker.internal:80',
    '127.0.0.1',
    '127.0.0.1:8484',
    '192.168.1.7:1',
    '[::1]',
    '[::1]:8484',
    '[::FFFF:127.0.0.1]:65535',
    'tavern.localhost',
    'a.b.localhost:8484',
  ]) {
    it(`takes ${authority} for ours`, () => {
      expect(isOurs(ALLOWED, authority)).to.equal(true);
      expect(isAuthority(authority)).to.equal(true);
    });
  }

  for (const authority of [
    'evil.example',
    'evil.example:8484',
    'localhost.evil.example',
    'notlocalhost',
    'evil-localhost',
    '127.0.0.1.evil.example',
    '1.2.3.4.5',
    '127.0.0',
    'null',
  ]) {
    it(`does not take ${authority} for ours, though it may be a name`, () => {
      expect(isOurs(ALLOWED, authority)).to.equal(false);
      expect(isAuthority(authority)).to.equal(true);
    });
  }

  for (const authority of [
    '',
    ':8484',
    'localhost:',
    'localhost:123456',
    'localhost:port',
    'user@localhost',
    'localhost@evil.example',
    'evil.example/localhost',
    'localhost evil',
    'localhost,evil.example',
    '::1',
    '[::1',
    '[localhost]',
    'localhost\\evil',
    'file://',
  ]) {
    it(`does not take ${authority || 'nothing'} for an authority at all`, () => {
      expect(isAuthority(authority)).to.equal(false);
      expect(isOurs([...ALLOWED, ''], authority)).to.equal(false);
    });
  }

  it('takes nothing but addresses and .localhost for ours where no name is allowed', () => {
    expect(isOurs([], 'localhost')).to.equal(false);
    expect(isOurs([], '127.0.0.1')).to.equal(true);
    expect(isOurs([], 'x.localhost')).to.equal(true);
  });
});
