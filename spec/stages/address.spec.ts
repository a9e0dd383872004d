import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { bytes, type Request, type Target } from '../../lib/core/exchange.js';
import { address } from '../../lib/stages/address.js';
import { attempt, request } from '../support/values.js';

interface Given {
  readonly url?: string;
  readonly target?: Partial<Target>;
  readonly request?: Partial<Request>;
  /** Whether the reply is read for its meaning. */
  readonly inspected?: boolean;
}

const sent = (given: Given): Request => {
  const { url = 'https://api.example.com/v1', target = {}, inspected = true } = given;
  const trying = attempt(url, { target, plan: { inspected } });
  return address({ ...trying, outgoing: request(given.request) }).outgoing;
};

const fieldsOf = (given: Given) => ({ ...sent(given).headers });

describe('stages/address', () => {
  it("puts the path behind the target's base", () => {
    for (const [url, path, expected] of [
      ['https://api.example.com', '/v1/models', '/v1/models'],
      ['https://api.example.com/', '/v1/models', '/v1/models'],
      ['https://api.example.com/v1', '/v1/models', '/v1/models'],
      ['https://api.example.com/api/paas/v4', '/v1/models?a=1', '/api/paas/v4/models?a=1'],
      ['https://api.example.com/api/paas/v4/', '/v1/models', '/api/paas/v4/models'],
      ['https://api.example.com/v1', '/v1beta/models', '/v1beta/models'],
    ] as const) {
      expect(sent({ url, request: { path } }).path, url).to.equal(expected);
    }
  });

  it('sends method and body as they came', () => {
    const body = bytes(Buffer.from('{"a": 1}'));
    const outgoing = sent({ request: { method: 'PUT', body }, inspected: false });
    expect(outgoing.method).to.equal('PUT');
    expect(outgoing.body).to.equal(body);
  });

  describe('header fields', () => {
    it("leave out the client's host, and pass on the rest", () => {
      const headers = { host: 'localhost:8484', 'x-a': ['1', '2'], 'accept-encoding': 'gzip' };
      expect(fieldsOf({ request: { headers }, inspected: false })).to.deep.equal({
        'x-a': ['1', '2'],
        'accept-encoding': 'gzip',
      });
    });

    it('ask for a reply without a coding where it is judged', () => {
      const headers = { 'accept-encoding': 'gzip, br' };
      expect(fieldsOf({ request: { headers } })).to.deep.equal({ 'accept-encoding': 'identity' });
    });

    it("hold the target's own last, so that they win over the client's and over ours, in any case", () => {
      const given: Given = {
        target: { apiKey: O.some('k'), headers: { 'X-Team': 'ours', Authorization: 'Token t' } },
        request: { headers: { 'x-team': 'theirs', authorization: 'Bearer client' } },
        inspected: false,
      };
      expect(fieldsOf(given)).to.deep.equal({ 'x-team': 'ours', authorization: 'Token t' });
      const coded: Given = { target: { headers: { 'Accept-Encoding': 'gzip' } } };
      expect(fieldsOf(coded)).to.deep.equal({ 'accept-encoding': 'gzip' });
    });

    it("pass the client's credential in all four carriers on to a target without a key", () => {
      const headers = { authorization: 'Bearer c', 'x-api-key': 'c', 'x-goog-api-key': 'c' };
      const outgoing = sent({ request: { headers, path: '/v1/files?key=c' }, inspected: false });
      expect({ ...outgoing.headers }).to.deep.equal(headers);
      expect(outgoing.path).to.equal('/v1/files?key=c');
    });

    it('bear the key of a target that has one, as the route wants it, in place of every other', () => {
      const headers = { authorization: 'Bearer c', 'x-api-key': 'c', 'x-goog-api-key': 'c' };
      for (const [path, expected] of [
        ['/v1/chat/completions?key=c', { authorization: 'Bearer k' }],
        ['/v1/messages?key=c', { 'x-api-key': 'k' }],
        ['/v1beta/models/g:generateContent?key=c', { 'x-goog-api-key': 'k' }],
      ] as const) {
        const outgoing = sent({ target: { apiKey: O.some('k') }, request: { headers, path }, inspected: false });
        expect({ ...outgoing.headers }, path).to.deep.equal(expected);
        expect(outgoing.path).not.to.include('key');
      }
    });
  });
});
