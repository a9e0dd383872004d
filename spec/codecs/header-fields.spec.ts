import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import { HeaderFields, HeaderName, ReplyHeaderFields, ReplyHeaderName } from '../../lib/codecs/header-fields.js';

const headersOf = (input: unknown): unknown => E.getOrElseW(() => 'refused')(HeaderFields.decode(input));

describe('codecs: header fields', () => {
  it('lower-cases names and keeps values', () => {
    const headers = headersOf({ 'X-Title': 'My chats', 'anthropic-beta': '' });
    expect(headers).to.deep.equal({ 'x-title': 'My chats', 'anthropic-beta': '' });
    expect(HeaderFields.is(headers)).to.equal(true);
  });

  it('takes a name that JavaScript treats specially as only a name', () => {
    const headers = headersOf(JSON.parse('{"__proto__": "x"}')) as object;
    expect(Object.entries(headers)).to.deep.equal([['__proto__', 'x']]);
  });

  it('refuses names that are no token', () => {
    for (const name of ['', 'a b', 'a:', 'ä', 'a\r\nb', '"a"'])
      expect(headersOf({ [name]: 'x' }), name).to.equal('refused');
  });

  it('refuses the fields that the proxy itself must set', () => {
    for (const name of [
      'Host',
      'content-length',
      'Transfer-Encoding',
      'connection',
      'keep-alive',
      'te',
      'upgrade',
      'expect',
    ]) {
      expect(headersOf({ [name]: 'x' }), name).to.equal('refused');
    }
    expect(headersOf({ content_length: '1' })).to.equal('refused');
  });

  it('refuses, of a reply, also those that the proxy sets there, and one that would make it unreadable', () => {
    for (const name of ['X-Request-Id', 'x-seaking-attempts', 'content-encoding', 'content-length']) {
      expect(E.isLeft(ReplyHeaderFields.decode({ [name]: 'x' })), name).to.equal(true);
      expect(E.isLeft(ReplyHeaderName.decode(name)), name).to.equal(true);
    }
    expect(headersOf({ 'x-request-id': 'x', 'content-encoding': 'x' })).to.be.an('object');
    expect(ReplyHeaderFields.decode({ 'Content-Type': 'x' })).to.deep.equal(E.right({ 'content-type': 'x' }));
  });

  it('refuses values that would end the field or that cannot be sent', () => {
    for (const value of ['a\rb', 'a\nb', 'a\u0000b', '\u007f', '☃', 5, true, ['a']]) {
      expect(headersOf({ 'x-a': value }), String(value)).to.equal('refused');
    }
    expect(headersOf({ 'x-a': 'tab\tand é' })).to.deep.equal({ 'x-a': 'tab\tand é' });
  });

  it('refuses a field that comes twice in different cases', () => {
    expect(headersOf({ 'X-A': '1', 'x-a': '2' })).to.equal('refused');
  });

  it('refuses what is no map', () => {
    for (const input of ['x-a: 1', ['x-a'], 5]) expect(headersOf(input)).to.equal('refused');
  });

  it('writes names only, since a value may be a secret', () => {
    expect(HeaderFields.encode({ authorization: 'Bearer sk-1' })).to.deep.equal({ authorization: '(set)' });
  });

  it('are named by the same rules, one by one', () => {
    expect(HeaderName.decode('X-Title')).to.deep.equal(E.right('x-title'));
    expect(HeaderName.is('x-title')).to.equal(true);
    expect(HeaderName.encode('x-title')).to.equal('x-title');
    for (const name of ['', 'a b', 'host', 'Content-Length', 5])
      expect(E.isLeft(HeaderName.decode(name))).to.equal(true);
  });
});
