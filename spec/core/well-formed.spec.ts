import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { isBytes, isHeaders, isObject, isObjection, isReply, isRequest } from '../../lib/core/well-formed.js';

const NONSENSE: readonly unknown[] = [undefined, null, 5, 'x', true, [], {}, () => {}];

describe('core/well-formed', () => {
  it('knows objects', () => {
    expect([{}, [], null, 'x', 5].map(isObject)).to.deep.equal([true, true, false, false, false]);
  });

  it('knows header fields that can be sent', () => {
    for (const headers of [{}, { 'x-a': 'b' }, { 'x-a': ['b', ' c\t'] }, { 'x-a': 'é' }]) {
      expect(isHeaders(headers), JSON.stringify(headers)).to.equal(true);
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
    for (const headers of [...wrong, null, 5]) expect(isHeaders(headers), JSON.stringify(headers)).to.equal(false);
  });

  it('knows bytes', () => {
    expect(isBytes({ _tag: 'Bytes', bytes: Buffer.alloc(0) })).to.equal(true);
    for (const value of [...NONSENSE, { _tag: 'Bytes', bytes: 'x' }, { _tag: 'Held', bytes: Buffer.alloc(0) }]) {
      expect(isBytes(value)).to.equal(false);
    }
  });

  it('knows requests', () => {
    const request = { method: 'POST', path: '/v1/x?a=%20', headers: {} };
    expect(isRequest(request)).to.equal(true);
    const changes = [
      { method: 5 },
      { method: 'A B' },
      { method: 'CONNECT' },
      { path: 5 },
      { path: 'x' },
      { path: 'http://a/b' },
      { path: '/a b' },
      { path: '/a\r\n' },
      { headers: 5 },
    ];
    for (const change of changes) expect(isRequest({ ...request, ...change }), JSON.stringify(change)).to.equal(false);
    for (const value of NONSENSE) expect(isRequest(value)).to.equal(false);
  });

  it('knows replies', () => {
    const reply = { status: 200, headers: {} };
    expect(isReply(reply)).to.equal(true);
    expect(isReply({ ...reply, reasonPhrase: 'Fine' })).to.equal(true);
    const changes = [
      { status: 199 },
      { status: 600 },
      { status: Number.NaN },
      { status: '200' },
      { status: 200.5 },
      { reasonPhrase: 'a\r\n' },
      { reasonPhrase: 5 },
      { headers: null },
    ];
    for (const change of changes) expect(isReply({ ...reply, ...change }), JSON.stringify(change)).to.equal(false);
    for (const value of NONSENSE) expect(isReply(value)).to.equal(false);
  });

  it('knows objections', () => {
    const refused = { _tag: 'Refused', says: 'No.', status: 403 };
    const unwanted = { _tag: 'Unwanted', says: 'no', atMost: O.none };
    for (const value of [refused, unwanted, { ...unwanted, atMost: O.some(0) }])
      expect(isObjection(value)).to.equal(true);
    const wrong = [
      { ...refused, status: 200 },
      { ...refused, status: 600 },
      { ...refused, status: '403' },
      { ...refused, says: '' },
      { ...refused, says: 5 },
      { ...refused, _tag: 'ClientGone' },
      { ...unwanted, atMost: 5 },
      { ...unwanted, atMost: { _tag: 'Other' } },
      { ...unwanted, atMost: O.some(-1) },
      { ...unwanted, atMost: O.some(Number.NaN) },
      { ...unwanted, atMost: O.some(Number.POSITIVE_INFINITY) },
    ];
    for (const value of [...wrong, ...NONSENSE]) expect(isObjection(value), JSON.stringify(value)).to.equal(false);
  });
});
