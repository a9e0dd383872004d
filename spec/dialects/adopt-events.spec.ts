import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import type { Adopted } from '../../lib/core/dialect.js';
import { dialects } from '../../lib/dialects/index.js';

const shown = (adopted: Adopted, text?: string): unknown => {
  if (adopted._tag === 'Pass') return adopted.raw.toString();
  if (adopted._tag !== 'Text') return adopted._tag;
  const event = adopted.render(text ?? adopted.text);
  return O.isSome(event) ? event.value.toString() : 'nothing';
};
const dataOf = (event: unknown) => JSON.parse(String(event).replace(/^(event: .*\n)?data: /, ''));

describe('dialects: events of a second reply', () => {
  describe('OpenAI', () => {
    const last = { id: 'first', model: 'first-model', created: 1, choices: [{ index: 0, delta: { content: 'a' } }] };
    const chunk = (choice: object, more: object = {}) => ({
      id: 'second',
      model: 'x',
      created: 2,
      choices: [{ index: 0, ...choice }],
      ...more,
    });
    const onto = dialects.openai.continuation.adopt(last);

    it('gives text the id, the model and the time of the first reply', () => {
      const event = shown(onto(chunk({ delta: { content: 'b' }, finish_reason: null }, { system_fingerprint: 'f' })));
      expect(dataOf(event)).to.deep.equal({
        id: 'first',
        model: 'first-model',
        created: 1,
        system_fingerprint: 'f',
        choices: [{ index: 0, delta: { content: 'b' }, finish_reason: null }],
      });
      expect(event).to.match(/^data: .*\n\n$/);
    });
    it('puts other text in its place', () => {
      expect(dataOf(shown(onto(chunk({ delta: { content: 'abc' } })), 'c'))).to.have.nested.property(
        'choices[0].delta.content',
        'c',
      );
    });
    it('leaves nothing of an event without text, unless it is the end', () => {
      expect(shown(onto(chunk({ delta: { role: 'assistant', content: '' } })))).to.equal('nothing');
      expect(shown(onto(chunk({ delta: { reasoning_content: 'hm' } })))).to.equal('nothing');
      const end = dataOf(shown(onto(chunk({ delta: {}, finish_reason: 'stop' }))));
      expect(end.choices).to.deep.equal([{ index: 0, delta: {}, finish_reason: 'stop' }]);
    });
    it('passes the count of tokens on, as part of the first reply', () => {
      expect(dataOf(shown(onto({ id: 'second', choices: [], usage: { total_tokens: 3 } })))).to.deep.include({
        id: 'first',
        usage: { total_tokens: 3 },
      });
    });
    it('drops what is no chunk', () => {
      expect(shown(onto({ object: 'x' }))).to.equal('Drop');
    });
    for (const [name, value] of Object.entries({
      'a field that is not known': chunk({ delta: { files: [{ id: 'f' }] } }),
      'a tool call': chunk({ delta: { tool_calls: [{ index: 0, id: 'c' }] } }),
      'a refusal': chunk({ delta: { refusal: 'no' } }),
      'content in parts': chunk({ delta: { content: [{ type: 'text', text: 'b' }] } }),
      'two choices': { choices: [{ delta: {} }, { delta: {} }] },
      'a choice without a delta': { choices: [{ index: 0 }] },
    })) {
      it(`cannot join ${name}`, () => expect(shown(onto(value))).to.equal('Foreign'));
    }
    it('needs nothing of the first reply', () => {
      expect(
        dataOf(shown(dialects.openai.continuation.adopt(undefined)(chunk({ delta: { content: 'b' } })))),
      ).to.have.nested.property('choices[0].delta.content', 'b');
    });
  });

  describe('Anthropic', () => {
    const last = { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'a' } };
    const start = (index: number, type: string) => ({ type: 'content_block_start', index, content_block: { type } });
    const delta = (index: number, type: string, more: object) => ({
      type: 'content_block_delta',
      index,
      delta: { type, ...more },
    });

    it('gives text the block of the first reply, and ends that block once', () => {
      const onto = dialects.anthropic.continuation.adopt(last);
      expect(shown(onto({ type: 'message_start', message: {} }))).to.equal('Drop');
      expect(shown(onto({ type: 'ping' }))).to.equal('Drop');
      expect(shown(onto(start(0, 'thinking')))).to.equal('Drop');
      expect(shown(onto(delta(0, 'thinking_delta', { thinking: 'hm' })))).to.equal('Drop');
      expect(shown(onto({ type: 'content_block_stop', index: 0 }))).to.equal('Drop');
      expect(shown(onto(start(1, 'text')))).to.equal('Drop');
      const event = shown(onto(delta(1, 'text_delta', { text: 'b' })));
      expect(event).to.match(/^event: content_block_delta\ndata: .*\n\n$/);
      expect(dataOf(event)).to.deep.equal(delta(2, 'text_delta', { text: 'b' }));
      expect(shown(onto(delta(1, 'text_delta', { text: '' })))).to.equal('nothing');
      expect(shown(onto({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta' } }))).to.equal('nothing');
      expect(shown(onto({ type: 'content_block_delta', index: 1 }))).to.equal('Drop');
      expect(dataOf(shown(onto({ type: 'content_block_stop', index: 1 })))).to.deep.equal({
        type: 'content_block_stop',
        index: 2,
      });
      const end = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } };
      expect(dataOf(shown(onto(end)))).to.deep.equal(end);
      expect(dataOf(shown(onto({ type: 'message_stop' })))).to.deep.equal({ type: 'message_stop' });
    });
    for (const [name, value] of Object.entries({
      'a tool call': start(0, 'tool_use'),
      'its arguments': delta(0, 'input_json_delta', { partial_json: '{' }),
    })) {
      it(`cannot join ${name}`, () =>
        expect(shown(dialects.anthropic.continuation.adopt(last)(value))).to.equal('Foreign'));
    }
    it('cannot join a second block of text, since what stood between would be lost', () => {
      const onto = dialects.anthropic.continuation.adopt(last);
      onto(start(0, 'text'));
      expect(shown(onto(start(1, 'text')))).to.equal('Foreign');
    });
    it('drops what is no event', () => {
      expect(shown(dialects.anthropic.continuation.adopt(undefined)(1))).to.equal('Drop');
    });
  });
});
