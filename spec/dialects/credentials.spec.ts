import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import type { Headers } from '../../lib/core/headers.js';
import { requestSecrets, sentSecrets, withKey } from '../../lib/dialects/credentials.js';
import { request, target } from '../support/values.js';

const KEY = 'target-key';

/** A client's credential in all four carriers at once. */
const carried: Headers = {
  authorization: 'Bearer client-1',
  'x-api-key': ['client-2', 'client-3'],
  'x-goog-api-key': 'client-4',
};

const keyed = (path: string, headers: Headers = carried) => withKey(KEY, { path, headers });

describe('dialects/credentials', () => {
  describe("a target's own key", () => {
    for (const [title, path, expected] of [
      ['is a bearer token of a chat', '/v1/chat/completions', { authorization: `Bearer ${KEY}` }],
      ['is a bearer token of the models', '/v1/models', { authorization: `Bearer ${KEY}` }],
      ['is a bearer token of any other route', '/v1/embeddings', { authorization: `Bearer ${KEY}` }],
      ["is Anthropic's field for messages", '/v1/messages', { 'x-api-key': KEY }],
      ["is Anthropic's field for what stands below messages", '/v1/messages/count_tokens', { 'x-api-key': KEY }],
      ["is Google's field on a Gemini route", '/v1beta/models/gemini:generateContent', { 'x-goog-api-key': KEY }],
      ["is Google's field for a Gemini stream", '/v1/models/g:streamGenerateContent', { 'x-goog-api-key': KEY }],
      ["is Google's field for its list of models", '/v1beta/models', { 'x-goog-api-key': KEY }],
      ["is Google's field under an alpha version", '/v1alpha/files', { 'x-goog-api-key': KEY }],
      ["is Google's field for embeddings", '/v1/models/g:batchEmbedContents', { 'x-goog-api-key': KEY }],
      ["is Google's field for counting tokens", '/v1/models/g:countTokens', { 'x-goog-api-key': KEY }],
      ["is Google's field on Vertex", '/v1/publishers/google/models/g:predict', { 'x-goog-api-key': KEY }],
      ["is a bearer token of OpenAI's list at Google", '/v1beta/openai/models', { authorization: `Bearer ${KEY}` }],
      [
        "is a bearer token of OpenAI's routes at Google",
        '/v1beta/openai/embeddings',
        { authorization: `Bearer ${KEY}` },
      ],
      ['is a bearer token of a chat at Google', '/v1beta/openai/chat/completions', { authorization: `Bearer ${KEY}` }],
      ['does not go by what a query says', '/v1/files?q=:generateContent', { authorization: `Bearer ${KEY}` }],
    ] as const) {
      it(`${title}, and stands alone`, () => {
        expect({ ...keyed(path).headers }).to.deep.equal(expected);
      });
    }

    it("is Anthropic's field wherever the client names a version of that API, but not for a chat", () => {
      const named: Headers = { 'anthropic-version': '2023-06-01' };
      expect({ ...keyed('/v1/models', { ...named, ...carried }).headers }).to.deep.equal({
        ...named,
        'x-api-key': KEY,
      });
      const chat = keyed('/v1/chat/completions', { ...named, ...carried });
      expect({ ...chat.headers }).to.deep.equal({ ...named, authorization: `Bearer ${KEY}` });
    });

    it('leaves all other fields as they came', () => {
      const others: Headers = { 'user-agent': 'SillyTavern', cookie: ['a=1', 'b=2'] };
      const { headers } = keyed('/v1/models', { ...others, ...carried });
      expect({ ...headers }).to.deep.equal({ ...others, authorization: `Bearer ${KEY}` });
    });

    for (const [path, expected] of [
      ['/v1beta/models?key=client', '/v1beta/models'],
      ['/v1beta/models?key', '/v1beta/models'],
      ['/v1beta/models?KEY=client', '/v1beta/models'],
      ['/v1beta/models?key=a&key=b', '/v1beta/models'],
      ['/v1beta/models?key=client&pageSize=5', '/v1beta/models?pageSize=5'],
      ['/v1beta/models?alt=sse&key=client&x=1', '/v1beta/models?alt=sse&x=1'],
      ['/v1beta/models?monkey=1&keys=2', '/v1beta/models?monkey=1&keys=2'],
      ['/v1beta/models?a=1&&b=%20', '/v1beta/models?a=1&&b=%20'],
      ['/v1beta/models?', '/v1beta/models?'],
      ['/v1beta/models', '/v1beta/models'],
    ] as const) {
      it(`takes the place of a key in the query: ${path}`, () => {
        expect(keyed(path).path).to.equal(expected);
      });
    }

    it('leaves no trace of a credential of the client, wherever it stood', () => {
      const canary = fc.stringMatching(/^[A-Z]{12}$/);
      const path = fc.constantFrom('/v1/messages', '/v1/models', '/v1beta/models', '/v1/chat/completions');
      fc.assert(
        fc.property(canary, path, fc.constantFrom('key', 'Key', 'KEY'), (secret, itsPath, name) => {
          const headers: Headers = {
            authorization: [`Bearer ${secret}`, secret],
            'x-api-key': secret,
            'x-goog-api-key': secret,
          };
          const sent = keyed(`${itsPath}?a=1&${name}=${secret}`, headers);
          expect(JSON.stringify(sent)).not.to.include(secret);
        }),
      );
    });
  });

  describe('secrets', () => {
    it('of a request are its credential in all four carriers, without the scheme and decoded', () => {
      const secrets = requestSecrets({ path: '/v1/models?a=1&key=c%2F5&KEY=client-6', headers: carried });
      expect(secrets).to.have.members(['client-1', 'client-2', 'client-3', 'client-4', 'c/5', 'client-6']);
    });

    it('of a request hold no empty one, which every text would contain', () => {
      const headers: Headers = { authorization: 'Bearer ', 'x-api-key': '' };
      expect(requestSecrets({ path: '/v1/models?key=', headers })).to.deep.equal([]);
      expect(requestSecrets({ path: '/v1/models', headers: {} })).to.deep.equal([]);
    });
  });

  describe('what a try has sent', () => {
    const sent = (headers: Headers, its = target('http://a.example'), path = '/v1/x') =>
      sentSecrets({
        request: request({ headers: { 'x-token': 'client-token', 'idempotency-key': 'client-word' } }),
        outgoing: request({ path, headers }),
        target: its,
      });

    it('is secret where a credential stands, whoever has put it there', () => {
      expect(sent(carried, undefined, '/v1/x?key=put-in')).to.have.members([
        'client-1',
        'client-2',
        'client-3',
        'client-4',
        'put-in',
      ]);
    });

    it('is secret where it was set on the way in a field with the name of a credential', () => {
      const named: Headers = {
        'x-token': 'set-1',
        'api-key': 'set-2',
        'x-auth-key2': ['set-3', 'Bearer set-4'],
        cookie: 'set-5',
        'x-secret': 'set-6',
        'x-password': 'set-7',
      };
      expect(sent(named)).to.deep.equal(['set-1', 'set-2', 'set-3', 'set-4', 'set-5', 'set-6', 'set-7']);
    });

    it("is none otherwise, and not where it is the client's word or the target's own", () => {
      expect(sent({ 'x-token': 'client-token', 'idempotency-key': 'client-word' })).to.deep.equal([]);
      expect(sent({ 'x-author': 'Melville', 'x-max-tokens': '4096', accept: '*/*' })).to.deep.equal([]);
      const its = target('http://a.example', { apiKey: O.some(KEY), headers: { 'x-secret': 'Bearer its-own' } });
      expect(sent({ authorization: `Bearer ${KEY}`, 'x-secret': 'Bearer its-own' }, its)).to.deep.equal([]);
    });
  });
});
