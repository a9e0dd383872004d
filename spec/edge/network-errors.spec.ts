import { expect } from 'chai';
import { explainConnect, explainReply } from '../../lib/edge/node-source.js';

describe('errors of the network', () => {
  for (const code of [
    'ENETUNREACH',
    'EHOSTUNREACH',
    'ENETDOWN',
    'EHOSTDOWN',
    'EACCES',
    'EPERM',
    'EADDRNOTAVAIL',
    'EAFNOSUPPORT',
    'EINVAL',
    'EMFILE',
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
  ]) {
    it(`mean before a connection stands that there is no way to the upstream: ${code}`, () => {
      expect(explainConnect({ code })).to.deep.equal({ _tag: 'Unreachable', code });
    });
  }
  it('have the most telling code where they sum up several addresses, in any order', () => {
    const [noWay, refused] = [{ code: 'ENETUNREACH' }, { code: 'ECONNREFUSED' }];
    for (const errors of [
      [noWay, refused],
      [refused, noWay],
      [{}, refused],
    ]) {
      expect(explainConnect({ code: 'ENETUNREACH', errors })).to.include({ code: 'ECONNREFUSED' });
    }
    expect(explainConnect({ errors: [noWay, noWay] })).to.include({ code: 'ENETUNREACH' });
    expect(explainConnect({ code: 'ETIMEDOUT', errors: [{}] })).to.include({ code: 'ETIMEDOUT' });
    expect(explainConnect({})).to.include({ code: 'UNKNOWN' });
  });
  it('mean behind it that the reply broke off, or cannot be read', () => {
    expect(explainReply({ code: 'EHOSTUNREACH' }, true)).to.deep.equal({
      _tag: 'Broken',
      code: 'EHOSTUNREACH',
      unused: true,
    });
    for (const code of ['HPE_INVALID_CONSTANT', 'HPE_HEADER_OVERFLOW', 'Z_DATA_ERROR', 'ZSTD_error_prefix_unknown']) {
      expect(explainReply({ code }, false)).to.deep.equal({ _tag: 'Malformed', detail: code });
    }
  });
});
