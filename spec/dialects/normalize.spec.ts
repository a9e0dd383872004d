import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import { bytes } from '../../lib/core/exchange.js';
import { streamOf } from '../../lib/dialects/convert.js';
import { type DialectName, dialects } from '../../lib/dialects/index.js';
import { readEvent, readWholeReply } from '../../lib/dialects/reading.js';
import { textsOfReply } from '../../lib/dialects/reply-text.js';
import { rewrittenWhole } from '../../lib/dialects/rewrite.js';
import { sseReader } from '../../lib/dialects/sse.js';
import { wholeOf } from '../support/at-once.js';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const parsed = (content: Buffer): unknown => JSON.parse(content.toString());

/** What the events of one stream become. */
const events = (dialect: DialectName, values: readonly unknown[]): readonly unknown[] =>
  values.map(dialects[dialect].events.normalize());

const sse = (values: readonly unknown[], end = 'data: [DONE]\n\n'): Buffer =>
  Buffer.from(`${values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('')}${end}`);

const chunk = (choice: object): object => ({ id: 'c', choices: [{ index: 0, ...choice }] });
const piece = (content: unknown): object => chunk({ delta: { content } });
const block = (delta: unknown): object => ({ type: 'content_block_delta', index: 0, delta });

describe('dialects: replies and events in odd shapes', () => {
  it('stay the same object where readers expect them so, whatever else they hold', () => {
    const replies: readonly (readonly [DialectName, unknown])[] = [
      ['openai', chunk({ message: { role: 'assistant', content: 'x', refusal: null }, finish_reason: 'stop' })],
      ['openai', chunk({ message: { content: [{ type: 'text', text: 'x' }, 'y', { type: 'image_url' }] } })],
      ['openai', chunk({ text: 'x' })],
      ['openai', { choices: [] }],
      ['openai', { choices: ['x'] }],
      ['openai', { choices: {} }],
      ['openai', { choices: null }],
      ['openai', { error: { message: 'x' } }],
      [
        'anthropic',
        {
          type: 'message',
          content: [
            { type: 'text', text: 'x' },
            { type: 'tool_use', input: { a: 7 } },
          ],
        },
      ],
      ['anthropic', { type: 'message', content: null }],
      ['anthropic', { content: 'x' }],
    ];
    for (const [dialect, value] of replies) expect(dialects[dialect].reply.normalize(value)).to.equal(value);
    const streamed: readonly (readonly [DialectName, unknown])[] = [
      ['openai', piece('x')],
      ['openai', chunk({ message: { content: 'x' } })],
      ['openai', chunk({ delta: { tool_calls: [{ index: 0, function: { arguments: '7' } }] }, finish_reason: '' })],
      ['openai', { choices: [], usage: { total_tokens: 7 } }],
      ['anthropic', block({ type: 'text_delta', text: 'x' })],
      ['anthropic', { type: 'message_start', message: { content: [] } }],
      ['anthropic', { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }],
      ['anthropic', { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }],
      ['anthropic', { type: 'message_stop' }],
    ];
    for (const [dialect, value] of streamed) expect(dialects[dialect].events.normalize()(value)).to.equal(value);
    fc.assert(
      fc.property(fc.constantFrom<DialectName>('openai', 'anthropic'), fc.jsonValue(), (dialect, value) => {
        const once = dialects[dialect].reply.normalize(value);
        expect(dialects[dialect].reply.normalize(once), 'a second time').to.equal(once);
        const event = dialects[dialect].events.normalize()(value);
        expect(dialects[dialect].events.normalize()(event), 'a second time').to.equal(event);
      }),
    );
  });

  it('get text for numbers and booleans, and take no flag for reasoning', () => {
    expect(dialects.openai.reply.normalize(chunk({ message: { content: 7, reasoning: 8 } }))).to.deep.equal(
      chunk({ message: { content: '7', reasoning: '8' } }),
    );
    const flags = chunk({ message: { content: 'x', reasoning: true, thinking: false, refusal: false } });
    expect(dialects.openai.reply.normalize(flags)).to.equal(flags);
    expect(events('openai', [piece(false), chunk({ text: 7 })])).to.deep.equal([piece('false'), chunk({ text: '7' })]);
    expect(dialects.anthropic.reply.normalize({ content: [{ type: 'text', text: 7 }, 8, 'x'] })).to.deep.equal({
      content: [
        { type: 'text', text: '7' },
        { type: 'text', text: '8' },
        { type: 'text', text: 'x' },
      ],
    });
    const deltas = [
      { type: 'text_delta', text: true },
      { type: 'thinking_delta', thinking: 7 },
      { type: 'input_json_delta', partial_json: 7 },
    ];
    expect(events('anthropic', [...deltas, 'x'].map(block))).to.deep.equal(
      [
        { type: 'text_delta', text: 'true' },
        { type: 'thinking_delta', thinking: '7' },
        { type: 'input_json_delta', partial_json: '7' },
        { type: 'text_delta', text: 'x' },
      ].map(block),
    );
  });

  it('get the text of a reply in the message, that of an event in the delta', () => {
    const both = (delta: object, message: object) => chunk({ delta, message });
    const filled = { role: 'assistant', content: 'x' };
    for (const empty of [{}, { role: 'assistant', content: '' }, { tool_calls: [] }]) {
      expect(dialects.openai.reply.normalize(both(filled, empty))).to.deep.equal(chunk({ message: filled }));
      expect(events('openai', [both(empty, filled)])).to.deep.equal([chunk({ delta: filled })]);
      expect(dialects.openai.reply.normalize(both(empty, filled))).to.deep.equal(chunk({ message: filled }));
      expect(events('openai', [both(filled, empty)])).to.deep.equal([both(filled, empty)]);
    }
    expect(dialects.openai.reply.normalize(chunk({ delta: filled })), 'alone').to.deep.equal(
      chunk({ message: filled }),
    );
    expect(events('openai', [both({}, filled), both({}, filled)]), 'piece by piece').to.have.length(2);
    expect(events('openai', [chunk({ delta: { content: '' }, text: 'x' })])).to.deep.equal([piece('x')]);
  });

  it('have nothing twice where a message repeats all that the deltas have said', () => {
    const told = [
      chunk({ delta: { content: 'a' }, message: { content: 'a' } }),
      chunk({ delta: { content: ' ' }, message: { content: 'a ' } }),
      chunk({ delta: { content: '' }, message: { content: 'a ' }, finish_reason: 'stop' }),
    ];
    expect(events('openai', told)).to.deep.equal(told);
    const other = { choices: [{ index: 1, delta: {}, message: { content: 'b' } }] };
    const normal = { choices: [{ index: 1, delta: { content: 'b' } }] };
    expect(events('openai', [...told, other]), 'of another choice').to.deep.equal([...told, normal]);
    expect(parsed(wholeOf(dialects.openai, sse(told)))).to.deep.include({
      choices: [{ index: 0, message: { role: 'assistant', content: 'a ' }, finish_reason: 'stop' }],
    });
  });

  it('keep of fields of an odd type what can be read, and leave out the rest', () => {
    expect(events('openai', [chunk({ delta: [], text: 'x' })])).to.deep.equal([chunk({ text: 'x' })]);
    expect(events('openai', [chunk({ delta: [null, { content: 'x' }] })])).to.deep.equal([piece('x')]);
    expect(events('openai', [chunk({ delta: 'x' }), chunk({ delta: 7 }), chunk({ delta: true })])).to.deep.equal([
      piece('x'),
      piece('7'),
      chunk({}),
    ]);
    expect(events('openai', [{ choices: [{ index: '1', delta: { content: 'x' } }] }])).to.deep.equal([
      { choices: [{ index: 1, delta: { content: 'x' } }] },
    ]);
    const message = { content: 'x' };
    for (const odd of [
      { choices: { message } },
      { choices: { 0: { message }, n: 5 } },
      { choices: [{ message: [message] }] },
      { choices: [{ message: 'x' }] },
    ]) {
      expect(dialects.openai.reply.normalize(odd)).to.deep.equal({ choices: [{ message }] });
    }
    expect(dialects.openai.reply.normalize({ choices: [null, { message }] })).to.deep.equal({
      choices: [{}, { message }],
    });
    expect(dialects.openai.reply.normalize({ choices: {}, message, id: 'c' })).to.deep.equal({
      choices: [{ message }],
      message,
      id: 'c',
    });
    const words = { choices: {}, message: 'Rate limited' };
    expect(dialects.openai.reply.normalize(words), 'an error').to.equal(words);

    const text = { type: 'text', text: 'x' };
    for (const content of ['x', text]) {
      expect(dialects.anthropic.reply.normalize({ type: 'message', content })).to.deep.equal({
        type: 'message',
        content: [text],
      });
    }
    expect(
      events('anthropic', [
        { type: 'message_start', message: [{ content: ['x'] }] },
        { type: 'message_start', message: 5 },
        { type: 'content_block_start', content_block: 'x' },
        { type: 'content_block_delta', delta: [text] },
        { type: 'message_delta', delta: [{ stop_reason: 'end_turn' }] },
        { type: 'message_delta', delta: 'x' },
        5,
      ]),
    ).to.deep.equal([
      { type: 'message_start', message: { content: [text] } },
      { type: 'message_start', message: 5 },
      { type: 'content_block_start', content_block: text },
      { type: 'content_block_delta', delta: text },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_delta', delta: 'x' },
      5,
    ]);
  });

  describe('reach the client in the expected shape', () => {
    const numbers = ['Six times ', 7, ' is ', 42, ', ', true, '.'];
    const SAID = 'Six times 7 is 42, true.';
    const openai = [...numbers.map(piece), chunk({ delta: {}, finish_reason: 'stop' })];
    const anthropic = [
      { type: 'message_start', message: { content: [] } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...numbers.map((text) => block({ type: 'text_delta', text })),
      { type: 'message_stop' },
    ];

    it('as an event under its name, unchanged where it is as expected', () => {
      const read = (stream: string) => {
        const one = sseReader()
          .push(Buffer.from(stream))
          .map((event) => readEvent(dialects.openai, event))[0];
        return one?._tag === 'Part' ? one.instead?.toString() : 'no part';
      };
      expect(read(`data: ${JSON.stringify(piece('7'))}\n\n`)).to.equal(undefined);
      expect(read(`data: ${JSON.stringify(piece(7))}\n\n`)).to.equal(`data: ${JSON.stringify(piece('7'))}\n\n`);
      expect(read(`event: x\ndata: ${JSON.stringify(piece(7))}\n\n`)).to.equal(
        `event: x\ndata: ${JSON.stringify(piece('7'))}\n\n`,
      );
    });

    it('as a whole reply, byte for byte unchanged where it is as expected', () => {
      const normal = Buffer.from('{ "choices": [{"message": {"content": "7"}}], "n": 12345678901234567890 }');
      expect(readWholeReply(dialects.openai, normal).body).to.equal(normal);
      expect(parsed(readWholeReply(dialects.openai, json(chunk({ message: { content: 7 } }))).body)).to.deep.equal(
        chunk({ message: { content: '7' } }),
      );
      for (const none of ['Hello', '', '['.repeat(999)]) {
        expect(readWholeReply(dialects.openai, Buffer.from(none)).body.toString()).to.equal(none);
      }
    });

    it('as JSON of a stream', () => {
      expect(parsed(wholeOf(dialects.openai, sse(openai)))).to.deep.include({
        choices: [{ index: 0, message: { role: 'assistant', content: SAID }, finish_reason: 'stop' }],
      });
      expect(parsed(wholeOf(dialects.anthropic, sse(anthropic, '')))).to.deep.include({
        content: [{ type: 'text', text: SAID }],
      });
    });

    it('as a stream of JSON', () => {
      expect(streamOf(dialects.openai, json(chunk({ message: { content: 7 } }))).toString()).to.include(
        '"content":"7"',
      );
      expect(streamOf(dialects.openai, json(chunk({ delta: { content: 'x' }, message: {} }))).toString()).to.include(
        '"content":"x"',
      );
      expect(
        streamOf(dialects.anthropic, json({ type: 'message', content: [{ type: 'text', text: 7 }] })).toString(),
      ).to.include('"text_delta","text":"7"');
    });

    it('as the text that a stage looks at or changes', () => {
      for (const [dialect, content] of [
        ['openai', sse(openai)],
        ['anthropic', sse(anthropic, '')],
        ['openai', json(chunk({ message: { content: numbers } }))],
        ['anthropic', json({ content: numbers.map((text) => ({ type: 'text', text })) })],
      ] as const) {
        expect(textsOfReply(dialects[dialect], bytes(content))).to.deep.equal([SAID]);
      }
      const nothingLeft = { _tag: 'StageFault', stage: '', why: '' } as const;
      let seen = '';
      const push = (text: string) => {
        seen += text;
        return [{ kind: 'text', text: text.toUpperCase() } as const];
      };
      const text = O.some(() => ({ push, end: () => [] }));
      const changes = { json: O.none, text, fault: () => O.none, nothingLeft };
      for (const [dialect, content] of [
        ['openai', sse(openai)],
        ['anthropic', sse(anthropic, '')],
        ['openai', json(chunk({ message: { content: 7 } }))],
        ['anthropic', json({ content: [{ type: 'text', text: 7 }] })],
      ] as const) {
        seen = '';
        const out = rewrittenWhole(dialects[dialect], changes, content);
        expect(seen).to.be.oneOf([SAID, '7']);
        if (out._tag === 'Left') return expect.fail(JSON.stringify(out.left));
        expect(textsOfReply(dialects[dialect], bytes(out.right))).to.deep.equal([seen.toUpperCase()]);
      }
    });

    it('as arguments with numbers between their pieces', () => {
      const calls = ['{"a":', 7, '}'].map((args) =>
        chunk({ delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: args } }] } }),
      );
      expect(wholeOf(dialects.openai, sse(calls)).toString()).to.include('"arguments":"{\\"a\\":7}"');
    });

    it('as null for a reason to stop that is none', () => {
      const ended = [
        chunk({ delta: { content: 'x' }, finish_reason: 'stop' }),
        chunk({ delta: {}, finish_reason: 'null' }),
      ];
      expect(parsed(wholeOf(dialects.openai, sse(ended)))).to.have.nested.property('choices[0].finish_reason', 'stop');
      expect(parsed(wholeOf(dialects.openai, sse(ended.slice(1))))).to.have.nested.property(
        'choices[0].finish_reason',
        null,
      );
      const none = streamOf(dialects.openai, json(chunk({ message: { content: 'x' }, finish_reason: 'none' })));
      expect(none.toString()).not.to.include('"none"');
      const message = { type: 'message', content: [{ type: 'text', text: 'x' }], stop_reason: 'null' };
      expect(streamOf(dialects.anthropic, json(message)).toString()).not.to.include('"null"');
      const back = wholeOf(dialects.anthropic, sse([{ type: 'message_start', message }], ''));
      expect(parsed(back)).to.have.property('stop_reason', null);
    });
  });
});
