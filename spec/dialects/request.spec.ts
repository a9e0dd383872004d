import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { chatBody, messages as format } from '../../lib/dialects/request.js';

const good = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

describe('the prompts of a chat request', () => {
  it('are its texts, in whatever shape, that are long enough to be known again', () => {
    const long = 'The dragon sleeps under the mountain.';
    const messages = [
      { role: 'system', content: long },
      { role: 'user', content: [{ type: 'text', text: `${long} 2` }, { type: 'image_url' }] },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: null },
      'no message',
    ];
    expect(format.prompts({ model: 'm', messages })).to.deep.equal([long, `${long} 2`]);
  });

  it('are what tools were told and have found, and what stands beside the messages, too', () => {
    const call = { id: 'call_0123456789abcdef', type: 'function' };
    const messages = [
      {
        role: 'assistant',
        tool_calls: [{ ...call, function: { name: 'look_around_here', arguments: '{"where":"the cave"}' } }],
      },
      { role: 'user', content: [{ type: 'tool_result', content: [{ type: 'text', text: 'There is nobody here.' }] }] },
    ];
    const found = ['{"where":"the cave"}', 'There is nobody here.'];
    const system = 'You are a very old dragon.';
    expect(format.prompts({ model: 'm', messages, system })).to.deep.equal([system, ...found]);
    expect(format.prompts({ model: 'm', messages, system: [{ type: 'text', text: system }] })).to.deep.equal([
      system,
      ...found,
    ]);
  });
});

describe("the user's last message of a chat request", () => {
  it('is a text, in whatever shape', () => {
    const messages = [
      { role: 'user', content: 'First' },
      { role: 'user', content: [{ type: 'text', text: 'Se' }, { type: 'image_url' }, { type: 'text', text: 'cond' }] },
      { role: 'assistant', content: 'Well' },
      { role: 'system', content: 'Go on' },
      'no message',
    ];
    expect(format.lastUserText({ model: 'm', messages })).to.equal('Second');
    expect(format.lastUserText({ model: 'm', messages: messages.slice(2) })).to.equal('');
  });
});

describe('chat request', () => {
  for (const [title, body] of [
    ['without stream', good],
    ['with stream true', { ...good, stream: true }],
    ['with stream false', { ...good, stream: false }],
    ['with stream null', { ...good, stream: null }],
    ['with fields that the proxy does not know', { ...good, max_tokens: 5, system: [{ type: 'text' }], x: { y: 1 } }],
    ['without a model, which a server of one model does not need', { messages: good.messages }],
    ['with null for a model', { ...good, model: null }],
    ['with an empty model, which is the upstream’s to judge', { ...good, model: '' }],
  ] as const) {
    it(`is accepted ${title}, and nothing of it is lost`, () => {
      const view = chatBody(body);
      expect(E.isRight(view) && view.right).to.equal(body);
    });
  }

  for (const [title, body, sentence] of [
    ['null', null, 'The body must be a JSON object.'],
    ['a list', [good], 'The body must be a JSON object.'],
    ['a text', 'hi', 'The body must be a JSON object.'],
    ['a number for a model', { ...good, model: 4 }, '`model` must be a string.'],
    ['no messages', { model: 'm' }, '`messages` must be a list of at least one message.'],
    ['an empty list of messages', { model: 'm', messages: [] }, '`messages` must be a list of at least one message.'],
    ['messages that are no list', { model: 'm', messages: 'hi' }, '`messages` must be a list of at least one message.'],
    ['a word for stream', { ...good, stream: 'true' }, '`stream` must be true, false or null.'],
    ['several mistakes', { model: 5 }, '`messages` must be a list of at least one message; `model` must be a string.'],
  ] as const) {
    it(`is refused with ${title}, in a sentence`, () => {
      expect(chatBody(body)).to.deep.equal(E.left(sentence));
    });
  }

  it('is never quoted in the sentence that refuses it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const refused = chatBody({ model: { canary: value }, messages: 'canary', stream: 'canary' });
        expect(E.isLeft(refused) && refused.left)
          .to.be.a('string')
          .and.not.include('canary');
      }),
    );
  });
});
