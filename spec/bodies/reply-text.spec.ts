import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { textOfReply, viewOf } from '../../lib/bodies/reply-text.js';
import { bytes, held } from '../../lib/core/exchange.js';

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

describe('the text of a reply', () => {
  it('is the same whole, streamed, and of what is there of a stream', () => {
    const whole = bytes(Buffer.from(JSON.stringify({ choices: [{ message: { content: 'Hello' } }] })));
    const stream = `: ka\n\n${chunk('Hel')}${chunk('lo')}data: [DONE]\n\n`;
    expect(textOfReply('openai', whole)).to.equal('Hello');
    expect(textOfReply('openai', bytes(Buffer.from(stream)))).to.equal('Hello');
    const peek = { ...held({ _tag: 'Ticket' }, O.none), peek: Buffer.from(chunk('Hel')) };
    expect(textOfReply('openai', peek)).to.equal('Hel');
  });

  it("is Anthropic's too", () => {
    const whole = bytes(Buffer.from(JSON.stringify({ content: [{ type: 'text', text: 'Hello' }] })));
    expect(textOfReply('anthropic', whole)).to.equal('Hello');
  });

  it('is nothing where there is none', () => {
    const tool = bytes(Buffer.from(JSON.stringify({ choices: [{ message: { tool_calls: [{}] } }] })));
    expect(textOfReply('openai', tool)).to.equal('');
    expect(viewOf('openai', tool).signs.content).to.equal(true);
    for (const text of ['{}', '<html>', '']) expect(textOfReply('openai', bytes(Buffer.from(text)))).to.equal('');
  });
});
