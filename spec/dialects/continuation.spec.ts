import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { prefill } from '../../lib/dialects/continuation.js';

const user = { role: 'user', content: 'Hello' };
const asked = (changes: object = {}) =>
  Buffer.from(JSON.stringify({ model: 'm', messages: [user], seed: 7, ...changes }));
const next = (body: Buffer, partial: string): unknown => {
  const found = prefill.request(body, partial);
  return O.isSome(found) ? JSON.parse(found.value.toString()) : undefined;
};

describe('dialects/continuation', () => {
  it('is the same request with what was said so far as the last message', () => {
    expect(next(asked(), 'You said')).to.deep.equal({
      model: 'm',
      messages: [user, { role: 'assistant', content: 'You said' }],
      seed: 7,
    });
  });
  it('ends in no white space and in no half of a character', () => {
    for (const partial of ['One. \n', 'One. \ud83c', 'One.']) {
      expect(next(asked(), partial), partial).to.have.nested.property('messages[1].content', 'One.');
    }
  });
  it('goes on with the beginning of the reply that the user wrote', () => {
    const begun = [user, { role: 'assistant', name: 'Kai', content: 'It was' }];
    expect(next(asked({ messages: begun }), ' a dark night')).to.have.deep.property('messages', [
      user,
      { role: 'assistant', name: 'Kai', content: 'It was a dark night' },
    ]);
  });
  it('is the request itself where nothing was said yet', () => {
    expect(next(asked(), '  ')).to.deep.equal(JSON.parse(asked().toString()));
  });
  it('is allowed with the plain values of what could forbid it', () => {
    expect(next(asked({ n: 1, logprobs: false, response_format: { type: 'text' } }), 'x')).not.to.equal(undefined);
    expect(next(asked({ n: null, logprobs: null, response_format: null }), 'x')).not.to.equal(undefined);
  });
  for (const [name, body] of Object.entries({
    'several choices': asked({ n: 2 }),
    logprobs: asked({ logprobs: true }),
    'JSON mode': asked({ response_format: { type: 'json_object' } }),
    'a schema': asked({ response_format: { type: 'json_schema', json_schema: {} } }),
    'a beginning that is no text': asked({
      messages: [user, { role: 'assistant', content: [{ type: 'text', text: 'x' }] }],
    }),
    'a body that is no request': Buffer.from('{"messages": 1}'),
    'a body that is no JSON': Buffer.from('{'),
  })) {
    it(`is none for ${name}`, () => expect(next(body, 'x')).to.equal(undefined));
  }
});
