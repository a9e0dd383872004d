import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { isObject, ownBytes, ownObjection, ownReply, ownRequest } from '../../lib/core/well-formed.js';

const NONSENSE: readonly unknown[] = [undefined, null, 5, 'x', true, [], {}, () => {}];

describe('core/well-formed', () => {
  it('knows objects', () => {
    expect([{}, [], null, 'x', 5].map(isObject)).to.deep.equal([true, true, false, false, false]);
  });

  const request = { method: 'POST', path: '/v1/x?a=%20', headers: {}, body: 5 };
  const reply = { status: 200, headers: {}, body: 5 };

  it('copies header fields that can be sent', () => {
    for (const headers of [{}, { 'x-a': 'b' }, { 'x-a': ['b', ' c\t'] }, { 'x-a': 'é' }]) {
      const own = O.toUndefined(ownRequest({ ...request, headers }))?.headers;
      expect({ ...own }, JSON.stringify(headers)).to.deep.equal(headers);
      expect(own).not.to.equal(headers);
    }
    const list = ['b'];
    const own = O.toUndefined(ownReply({ ...reply, headers: { 'x-a': list } }));
    list.push('c\n');
    expect(own?.headers['x-a']).to.deep.equal(['b']);
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
      expect(ownRequest({ ...request, headers }), JSON.stringify(headers)).to.deep.equal(O.none);
      expect(ownReply({ ...reply, headers }), JSON.stringify(headers)).to.deep.equal(O.none);
    }
  });

  it('copies bytes, and knows them by what they are', () => {
    const content = Buffer.from('abc');
    const own = ownBytes({ _tag: 'Bytes', bytes: content });
    content.fill(0);
    expect(O.toUndefined(own)?.toString()).to.equal('abc');
    const made = Object.defineProperty(Buffer.from('abc'), 'length', { value: 0 });
    expect(O.toUndefined(ownBytes({ _tag: 'Bytes', bytes: made }))?.toString()).to.equal('abc');
    expect(O.toUndefined(ownBytes({ _tag: 'Bytes', bytes: new Uint8Array([0x61]) }))?.toString()).to.equal('a');
    const others = [
      'x',
      Object.create(Buffer.prototype),
      new Proxy(content, {}),
      new DataView(new ArrayBuffer(1)),
      new ArrayBuffer(1),
    ];
    for (const value of [
      ...NONSENSE,
      { _tag: 'Held', bytes: content },
      ...others.map((bytes) => ({ _tag: 'Bytes', bytes })),
    ]) {
      expect(ownBytes(value)).to.deep.equal(O.none);
    }
  });

  it('copies requests that can be sent', () => {
    for (const change of [{}, { path: '/caf\u00e9' }, { method: 'get' }]) {
      const own = O.toUndefined(ownRequest({ ...request, ...change, other: 5 }));
      expect(own && { ...own, headers: { ...own.headers } }).to.deep.equal({ ...request, ...change });
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
      expect(ownRequest(value), JSON.stringify(value)).to.deep.equal(O.none);
    }
  });

  it('copies replies that can be sent', () => {
    for (const change of [{}, { reasonPhrase: 'Fine' }, { status: 599 }]) {
      const own = O.toUndefined(ownReply({ ...reply, ...change, other: 5 }));
      expect(own && { ...own, headers: { ...own.headers } }).to.deep.equal({ ...reply, ...change });
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
      expect(ownReply(value), JSON.stringify(value)).to.deep.equal(O.none);
    }
  });

  it('copies a status of an upstream’s, whatever it is', () => {
    expect(O.toUndefined(ownReply({ ...reply, status: 999 }, 999))?.status).to.equal(999);
    expect(ownReply({ ...reply, status: 999 }, 998)).to.deep.equal(O.none);
  });

  it('looks at each part once, so that what it has checked is what it gives', () => {
    let looks = 0;
    const fickle = {
      ...request,
      get method() {
        looks += 1;
        return looks > 1 ? 'A B' : 'POST';
      },
    };
    expect(O.toUndefined(ownRequest(fickle))?.method).to.equal('POST');
    expect(looks).to.equal(1);
  });

  it('copies objections, under the name of the stage', () => {
    const refused = { _tag: 'Refused', says: 'No.', status: 403 };
    const unwanted = { _tag: 'Unwanted', says: 'no', atMost: O.none };
    for (const value of [refused, unwanted, { ...unwanted, atMost: O.some(0) }])
      expect(ownObjection({ ...value, stage: 'other', more: 5 }, 's')).to.deep.equal(O.some({ ...value, stage: 's' }));
    const wrong = [
      { ...refused, status: 200 },
      { ...refused, status: 600 },
      { ...refused, status: '403' },
      { ...refused, says: '' },
      { ...refused, says: ' \n' },
      { ...refused, says: 5 },
      { ...refused, _tag: 'ClientGone' },
      { ...unwanted, atMost: 5 },
      { ...unwanted, atMost: { _tag: 'Other' } },
      { ...unwanted, atMost: O.some(-1) },
      { ...unwanted, atMost: O.some(Number.NaN) },
      { ...unwanted, atMost: O.some(Number.POSITIVE_INFINITY) },
    ];
    for (const value of [...wrong, ...NONSENSE]) expect(ownObjection(value, 's')).to.deep.equal(O.none);
  });

  it('looks at each word of an objection once', () => {
    let looks = 0;
    const fickle = {
      _tag: 'Refused',
      status: 400,
      get says() {
        looks += 1;
        return looks > 1 ? 5 : 'No.';
      },
    };
    expect(O.toUndefined(ownObjection(fickle, 's'))?.says).to.equal('No.');
  });
});
