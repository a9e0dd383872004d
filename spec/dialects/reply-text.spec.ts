import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { bytes, held } from '../../lib/core/exchange.js';
import { type DialectName, dialects } from '../../lib/dialects/index.js';
import { isOnlyText, textOfReply, textsOfReply, viewOf } from '../../lib/dialects/reply-text.js';
import {
  CHAT_END,
  CHAT_REPLY,
  chatEvent,
  MESSAGE_END,
  MESSAGE_REPLY,
  MESSAGE_START,
  messageEvent,
} from '../support/answers.js';
import { sourceOfPieces } from '../support/sources.js';

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

describe('the text of a reply', () => {
  it('is the same whole, streamed, and of what is there of a stream', () => {
    const whole = bytes(Buffer.from(JSON.stringify({ choices: [{ message: { content: 'Hello' } }] })));
    const stream = `: ka\n\n${chunk('Hel')}${chunk('lo')}data: [DONE]\n\n`;
    expect(textOfReply(dialects.openai, whole)).to.equal('Hello');
    expect(textOfReply(dialects.openai, bytes(Buffer.from(stream)))).to.equal('Hello');
    const prefix = { ...held(sourceOfPieces(), O.none), prefix: Buffer.from(chunk('Hel')) };
    expect(textOfReply(dialects.openai, prefix)).to.equal('Hel');
  });

  it('is there of every choice, by their number, however they come', () => {
    const of = (index: number, content: string): string =>
      `data: ${JSON.stringify({ choices: [{ index, delta: { content } }] })}\n\n`;
    const stream = bytes(Buffer.from(`${of(1, 'sec')}${of(0, 'fi')}${of(1, 'ond')}${of(0, 'rst')}data: [DONE]\n\n`));
    expect(textsOfReply(dialects.openai, stream)).to.deep.equal(['first', 'second']);
    expect(textOfReply(dialects.openai, stream)).to.equal('first');
    const choices = [
      { index: 1, message: { content: 'second' } },
      { index: 0, message: { content: 'first' } },
      { index: 2, message: { content: null, tool_calls: [{ id: 'c' }] } },
    ];
    expect(textsOfReply(dialects.openai, bytes(Buffer.from(JSON.stringify({ choices }))))).to.deep.equal([
      'first',
      'second',
    ]);
  });

  it("is Anthropic's too", () => {
    const whole = bytes(Buffer.from(JSON.stringify({ content: [{ type: 'text', text: 'Hello' }] })));
    expect(textOfReply(dialects.anthropic, whole)).to.equal('Hello');
  });

  it('is nothing where there is none', () => {
    const tool = bytes(Buffer.from(JSON.stringify({ choices: [{ message: { tool_calls: [{ id: 'c' }] } }] })));
    expect(textOfReply(dialects.openai, tool)).to.equal('');
    expect(textsOfReply(dialects.openai, tool)).to.deep.equal([]);
    expect(viewOf(dialects.openai, tool).facts.content).to.equal(true);
    for (const text of ['{}', '<html>', ''])
      expect(textOfReply(dialects.openai, bytes(Buffer.from(text)))).to.equal('');
  });
});

describe('dialects/reply-text: a reply of text only', () => {
  const chat = (message: object): string => JSON.stringify({ choices: [{ index: 0, message }] });
  const call = { tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }] };
  const isOnly = (body: string, dialect: DialectName = 'openai') => isOnlyText(dialects[dialect], Buffer.from(body));

  it('has nothing else, whole or streamed, in both dialects', () => {
    expect(isOnly(CHAT_REPLY)).to.equal(true);
    expect(isOnly(MESSAGE_REPLY, 'anthropic')).to.equal(true);
    expect(isOnly(chatEvent('Hello.') + CHAT_END)).to.equal(true);
    expect(isOnly(MESSAGE_START + messageEvent('Hello.') + MESSAGE_END, 'anthropic')).to.equal(true);
    expect(isOnly(chat({ content: 'a', reasoning_content: 'hm' }))).to.equal(true);
  });

  it('is not one that calls a tool, has a picture, or refuses', () => {
    for (const more of [call, { images: [{ url: 'x' }] }, { refusal: 'No.' }, { audio: { data: 'x' } }]) {
      expect(isOnly(chat({ content: 'a', ...more })), JSON.stringify(more)).to.equal(false);
    }
    const called = `data: ${JSON.stringify({ choices: [{ index: 0, delta: call }] })}\n\n`;
    expect(isOnly(chatEvent('Hello.') + called + CHAT_END)).to.equal(false);
  });

  it('is not one without any text', () => {
    for (const body of ['', 'x', chat({ content: '' }), chat({ content: null, ...call })]) {
      expect(isOnly(body), body).to.equal(false);
    }
  });
});
