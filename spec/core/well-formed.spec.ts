import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { isObject, isObjection, isReply, isRequest } from '../../lib/core/well-formed.js';

const NONSENSE: readonly unknown[] = [undefined, null, 5, 'x', true, [], {}, () => {}];

describe('core/well-formed', () => {
  it('knows objects', () => {
    expect([{}, [], null, 'x', 5].map(isObject)).to.deep.equal([true, true, false, false, false]);
  });

  const request = { method: 'POST', path: '/v1/x?a=%20', headers: {}, body: 5 };
  const reply = { status: 200, headers: {}, body: 5 };

  it('knows header fields that can be sent', () => {
    for (const headers of [{}, { 'x-a': 'b' }, { 'x-a': ['b', ' c\t'] }, { 'x-a': '\u00e9' }]) {
      expect([isRequest({ ...request, headers }), isReply({ ...reply, headers })]).to.deep.equal([true, true]);
    }
    const wrong = [
      { 'X-A': 'b' },
      { 'x a': 'b' },
      { '': 'b' },
      { a: 'b\r\nc: d' },
      { a: 'b\0' },
      { a: '\u{1F600}' },
      { a: 5 },
      { a: [5] },
      { a: null },
    ];
    for (const headers of [...wrong, null, 5]) {
      const says = JSON.stringify(headers);
      expect([isRequest({ ...request, headers }), isReply({ ...reply, headers })], says).to.deep.equal([false, false]);
    }
  });

  it('knows requests that can be sent', () => {
    for (const change of [{}, { path: '/caf\u00e9' }, { method: 'get' }]) {
      expect(isRequest({ ...request, ...change }), JSON.stringify(change)).to.equal(true);
    }
    const changes = [
      { method: 5 },
      { method: 'A B' },
      { method: 'CONNECT' },
      { method: 'connect' },
      { path: 5 },
      { path: 'x' },
      { path: 'http://a/b' },
      { path: '/a b' },
      { path: '/a\r\n' },
      { path: '/\u{1F600}' },
    ];
    for (const value of [...changes.map((change) => ({ ...request, ...change })), ...NONSENSE]) {
      expect(isRequest(value), JSON.stringify(value)).to.equal(false);
    }
  });

  it('knows replies that can be sent, whatever status the upstream gave one', () => {
    for (const change of [{}, { reasonPhrase: 'Fine' }, { status: 599 }]) {
      expect(isReply({ ...reply, ...change }), JSON.stringify(change)).to.equal(true);
    }
    const changes = [
      { status: 199 },
      { status: 600 },
      { status: Number.NaN },
      { status: '200' },
      { status: 200.5 },
      { reasonPhrase: 'a\r\n' },
      { reasonPhrase: 5 },
    ];
    for (const value of [...changes.map((change) => ({ ...reply, ...change })), ...NONSENSE]) {
      expect(isReply(value), JSON.stringify(value)).to.equal(false);
    }
    expect([isReply({ ...reply, status: 999 }, 999), isReply({ ...reply, status: 999 }, 998)]).to.deep.equal([
      true,
      false,
    ]);
  });

  it('knows objections', () => {
    const refused = { _tag: 'Refused', says: 'No.', status: 403 };
    const unwanted = { _tag: 'Unwanted', says: 'no', atMost: O.none };
    for (const value of [refused, unwanted, { ...unwanted, atMost: O.some(0) }]) {
      expect(isObjection(value)).to.equal(true);
    }
    const wrong = [
      { ...refused, status: 200 },
      { ...refused, status: 600 },
      { ...refused, status: '403' },
      { ...refused, says: '' },
      { ...refused, says: ' \n' },
      { ...refused, says: 5 },
      { ...refused, _tag: 'ClientGone' },
      { ...unwanted, atMost: 5 },
      { ...unwanted, atMost: O.some(-1) },
      { ...unwanted, atMost: O.some(Number.NaN) },
    ];
    for (const value of [...wrong, ...NONSENSE]) expect(isObjection(value), JSON.stringify(value)).to.equal(false);
  });
});
