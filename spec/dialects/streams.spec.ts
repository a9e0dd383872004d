import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import type { View } from '../../lib/core/dialect.js';
import { atEnd, noFacts, type Reading, type StreamFacts, soFar } from '../../lib/core/reading.js';
import { join, nothing } from '../../lib/dialects/content.js';
import { type DialectName, dialects } from '../../lib/dialects/index.js';
import { type Piece, readEvent, readWholeStream, wholePart } from '../../lib/dialects/reading.js';
import { sseReader } from '../../lib/dialects/sse.js';
import { openai } from '../support/chunks.js';

const pieces = (dialect: DialectName, stream: string): readonly Piece[] => {
  const reader = sseReader();
  return [...reader.push(Buffer.from(stream)), ...reader.end()].map((event) => readEvent(dialects[dialect], event));
};
const piece = (dialect: DialectName, stream: string): Piece | undefined => pieces(dialect, stream)[0];

const data = (...events: readonly unknown[]): string =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
const delta = (fields: object, finish: unknown = null, index = 0) => ({
  object: 'chat.completion.chunk',
  choices: [{ index, delta: fields, finish_reason: finish }],
});

/** All parts of a stream together. */
const all = (dialect: DialectName, stream: string): View =>
  pieces(dialect, stream).reduce((view: View, one) => (one._tag === 'Part' ? join(view, one) : view), nothing);

/** The signs of the first event of a stream, by name. */
const signsOf = (dialect: DialectName, stream: string): readonly string[] => {
  const one = piece(dialect, stream);
  const facts: StreamFacts = one?._tag === 'Part' ? one.facts : noFacts;
  return Object.entries(facts).flatMap(([name, seen]) => (seen === true ? [name] : []));
};

type Rows = readonly (readonly [title: string, event: unknown, facts: readonly (keyof StreamFacts)[]])[];
const table = (dialect: DialectName, rows: Rows): void => {
  for (const [title, event, facts] of rows) {
    it(`${title}: ${facts.join(' and ') || 'nothing yet'}`, () => {
      expect(piece(dialect, data(event))?._tag).to.equal('Part');
      expect(signsOf(dialect, data(event))).to.deep.equal(facts);
    });
  }
};

const call = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } };

describe('stream event', () => {
  describe('of OpenAI shows', () => {
    table('openai', [
      ['a role', delta({ role: 'assistant' }), []],
      ['a role and an empty text', delta({ role: 'assistant', content: '' }), []],
      ['a role and null', delta({ role: 'assistant', content: null, tool_calls: null }), []],
      ['a text', delta({ content: 'Hel' }), ['content']],
      ['a blank text', delta({ content: '\n\n' }), []],
      ['a text in parts', delta({ content: [{ type: 'text', text: 'x' }] }), ['content']],
      ['reasoning', delta({ reasoning: 'Hm' }), ['thinking']],
      ['reasoning_content beside an empty text', delta({ reasoning_content: 'Hm', content: '' }), ['thinking']],
      ['a tool call without arguments', delta({ tool_calls: [call] }), ['content']],
      ['a refusal', delta({ refusal: 'No' }), ['content']],
      ['sound', delta({ audio: { data: 'x' } }), ['content']],
      ['pictures', delta({ images: [{ type: 'image_url', image_url: { url: 'x' } }] }), ['content']],
      ['a hollow function call', delta({ content: '', function_call: { name: '', arguments: '' } }), []],
      ['a hollow tool call', delta({ tool_calls: [{ index: 0, type: 'function', function: { name: '' } }] }), []],
      ['hollow sound', delta({ audio: { id: '' } }), []],
      ['hollow pictures', delta({ images: [{}] }), []],
      ['a piece of sound', delta({ audio: { transcript: 'Hel' } }), ['content']],
      ['arguments alone', delta({ tool_calls: [{ index: 0, function: { arguments: '{"' } }] }), ['content']],
      ['a number', delta({ content: 7 }), ['content']],
      ['a boolean', delta({ content: true }), ['content']],
      ['a number of thoughts', delta({ reasoning: 7 }), ['thinking']],
      ['a boolean that says whether it thinks', delta({ reasoning: true, thinking: false }), []],
      [
        'a text of a message beside an empty delta',
        { choices: [{ delta: {}, message: { content: 'x' } }] },
        ['content'],
      ],
      ['a text beside a delta without any', { choices: [{ delta: { content: '' }, text: 'x' }] }, ['content']],
      ['a text beside a delta of an odd type', { choices: [{ delta: [], text: 'x', finish_reason: {} }] }, ['content']],
      ['a delta in a list', { choices: [{ delta: [{ content: 'x' }] }] }, ['content']],
      ['a bare text for a delta', { choices: [{ delta: 'x' }] }, ['content']],
      ['nothing for a delta, and odd', { choices: [{ delta: false }] }, []],
      ['choices of an odd type', { choices: {} }, []],
      ['a choice in place of a list', { choices: { delta: { content: 'x' } } }, ['content']],
      ['a delta beside empty choices', { choices: {}, delta: { content: 'x' } }, ['content']],
      ['the word null for a finish_reason', delta({}, 'null'), []],
      ['the word None for a finish_reason', delta({}, 'None'), []],
      ['an empty finish_reason', delta({}, ''), []],
      ['a finish_reason that is an empty object', delta({}, {}), []],
      ['a finish_reason that is not known', delta({}, 'eos_token'), ['stopped', 'finished']],
      ['a text of completions', { choices: [{ text: 'x', index: 0 }] }, ['content']],
      ['a finish_reason', delta({}, 'stop'), ['stopped', 'finished']],
      ['a finish_reason of length', delta({}, 'length'), ['cut', 'stopped', 'finished']],
      ['a finish_reason of content_filter', delta({}, 'content_filter'), ['filtered', 'stopped', 'finished']],
      ['a finish_reason of SAFETY', delta({}, 'SAFETY'), ['filtered', 'stopped', 'finished']],
      [
        'a finish_reason of PROHIBITED_CONTENT',
        delta({ content: '' }, 'PROHIBITED_CONTENT'),
        ['filtered', 'stopped', 'finished'],
      ],
      ['a count of tokens', { choices: [], usage: { total_tokens: 5 } }, []],
      ['an object without choices', { usage: { total_tokens: 5 } }, []],
      ['a number', '5', []],
      ['an end', '[DONE]', ['done']],
      [
        'a whole message',
        { choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }] },
        ['content', 'stopped', 'finished'],
      ],
      ['an error of nulls', { ...delta({ content: 'x' }), error: null }, ['content']],
      [
        'a line of prose that a client’s error looks like',
        delta({ content: 'Request failed with status code 429' }),
        ['content'],
      ],
    ]);
  });

  describe('of Anthropic shows', () => {
    table('anthropic', [
      ['a start', { type: 'message_start', message: { role: 'assistant', content: [], stop_reason: null } }, []],
      ['a start without a message', { type: 'message_start' }, []],
      [
        'a start that is all',
        { type: 'message_start', message: { content: [{ type: 'text', text: 'x' }] } },
        ['content'],
      ],
      ['an empty block of text', { type: 'content_block_start', content_block: { type: 'text', text: '' } }, []],
      [
        'a tool call',
        { type: 'content_block_start', content_block: { type: 'tool_use', name: 'f', input: {} } },
        ['content'],
      ],
      ['a block of thinking', { type: 'content_block_start', content_block: { type: 'thinking', thinking: '' } }, []],
      [
        'redacted thinking',
        { type: 'content_block_start', content_block: { type: 'redacted_thinking' } },
        ['thinking'],
      ],
      ['a text', { type: 'content_block_delta', delta: { type: 'text_delta', text: 'x' } }, ['content']],
      ['a blank text', { type: 'content_block_delta', delta: { type: 'text_delta', text: ' ' } }, []],
      ['thinking', { type: 'content_block_delta', delta: { type: 'thinking_delta', thinking: 'Hm' } }, ['thinking']],
      ['a signature', { type: 'content_block_delta', delta: { type: 'signature_delta', signature: 'x' } }, []],
      ['a citation', { type: 'content_block_delta', delta: { type: 'citations_delta', citation: {} } }, []],
      [
        'arguments',
        { type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: '{"' } },
        ['content'],
      ],
      ['no arguments', { type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: '' } }, []],
      ['a number', { type: 'content_block_delta', delta: { type: 'text_delta', text: 7 } }, ['content']],
      ['a bare text for a delta', { type: 'content_block_delta', delta: 'x' }, ['content']],
      ['a delta in a list', { type: 'content_block_delta', delta: [{ type: 'text_delta', text: 'x' }] }, ['content']],
      ['a bare text for a block', { type: 'content_block_start', content_block: 'x' }, ['content']],
      ['an odd delta', { type: 'content_block_delta', delta: [] }, []],
      [
        'a hollow tool call',
        { type: 'content_block_start', content_block: { type: 'tool_use', id: '', name: '', input: {} } },
        [],
      ],
      ['an odd end', { type: 'message_delta', delta: [{ stop_reason: 'end_turn' }] }, ['stopped', 'finished']],
      ['the word null for a stop_reason', { type: 'message_delta', delta: { stop_reason: 'null' } }, []],
      ['the end of a block', { type: 'content_block_stop', index: 0 }, []],
      [
        'a stop_reason behind the last block',
        { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
        ['stopped', 'finished'],
      ],
      [
        'a stop_reason of max_tokens',
        { type: 'message_delta', delta: { stop_reason: 'max_tokens' } },
        ['cut', 'stopped', 'finished'],
      ],
      [
        'a stop_reason of refusal',
        { type: 'message_delta', delta: { stop_reason: 'refusal' } },
        ['filtered', 'stopped', 'finished'],
      ],
      ['a count of tokens', { type: 'message_delta', usage: { output_tokens: 5 } }, []],
      ['the end', { type: 'message_stop' }, ['done']],
      ['OpenAI’s end', '[DONE]', ['done']],
      ['an event of a type to come', { type: 'message_news', message: 'x', detail: 'y' }, []],
    ]);
  });

  for (const dialect of ['openai', 'anthropic'] as const) {
    describe(`without a part of the reply (${dialect})`, () => {
      for (const [title, stream, tag] of [
        ['is a comment', ': ka\n\n', 'KeepAlive'],
        ['is a comment without its space', ':\n\n', 'KeepAlive'],
        ['is only a retry field', 'retry: 5\n\n', 'KeepAlive'],
        ['is a ping', 'event: ping\ndata: {"type":"ping"}\n\n', 'KeepAlive'],
        ['is an event called ping', 'event: ping\ndata: {}\n\n', 'KeepAlive'],
        ['is a line that is no field', 'Hello there\n\n', 'KeepAlive'],
        ['has empty data', 'data:\n\n', 'Void'],
        ['has blank data', 'data:  \n\n', 'Void'],
        ['has null', 'data: null\n\n', 'Void'],
        ['is a comment that SillyTavern takes for data', ':data: x\n\n', 'Void'],
      ] as const) {
        it(`${title}: ${tag}`, () => {
          expect(piece(dialect, stream)).to.deep.equal({ _tag: tag });
        });
      }
    });

    describe(`that fails (${dialect})`, () => {
      const reading = (stream: string): Reading | undefined => {
        const one = piece(dialect, stream);
        return one?._tag === 'Failed' ? one.reading : undefined;
      };
      const error = (text: string, status: O.Option<number> = O.none): Reading => ({
        _tag: 'ErrorInReply',
        error: { text, status, quota: false, hintMs: O.none, filtered: false },
      });
      const rows: readonly (readonly [string, string, Reading])[] = [
        ['does not parse', data('{"choices":[{"del'), { _tag: 'Unparsable' }],
        ['is words', data('Internal Server Error'), { _tag: 'Unparsable' }],
        ['has an error', data({ error: { message: 'Slow', code: 429 }, choices: [] }), error('Slow', O.some(429))],
        ['has an error of words', data({ error: 'Slow' }), error('Slow')],
        ['has an error in an array', data([{ error: { message: 'Slow', code: '503' } }]), error('Slow', O.some(503))],
        [
          'has the type error',
          data({ type: 'error', error: { type: 'overloaded_error', message: 'x' } }),
          error('x', O.some(529)),
        ],
        ['is an error event of words', 'event: error\ndata: too busy\n\n', error('too busy')],
        ['is an error event of any shape', 'event: error\ndata: {"a":1}\n\n', error('')],
        ['is an error event with choices', 'event: error\ndata: {"message":"x","choices":[]}\n\n', error('x')],
        ['was filtered', data({ error: { code: 'content_filter', message: 'No' } }), { _tag: 'Filtered', text: 'No' }],
        ['is bare JSON', '{"error":{"message":"Slow","code":429}}\n\n', error('Slow', O.some(429))],
        ['is bare JSON, ended by CR', '{"error":{"message":"Slow","code":429}}\r', error('Slow', O.some(429))],
        [
          'is bare JSON after white space',
          ' \t{"error":{"message":"Slow","code":429}}\n\n',
          error('Slow', O.some(429)),
        ],
        ['is bare JSON on many lines', JSON.stringify({ error: { message: 'Slow' } }, null, 2), error('Slow')],
        ['is bare JSON, cut', '{"error":{"mess', { _tag: 'Unparsable' }],
        ['is a page', '<html>\n<title>Oops</title>\n</html>\n\n', { _tag: 'WrongFormat', found: 'html', text: 'Oops' }],
      ];
      for (const [title, stream, expected] of rows) {
        it(title, () => {
          expect(reading(stream)).to.deep.equal(expected);
        });
      }
    });
  }

  it('that is a good reply as bare JSON is of the wrong format', () => {
    const bare = (message: object) => JSON.stringify({ choices: [{ message, finish_reason: 'stop' }] });
    for (const message of [{ content: 'Hello' }, { reasoning: 'Hm' }]) {
      expect(piece('openai', `${bare(message)}\n\n`)).to.deep.equal({
        _tag: 'Failed',
        reading: { _tag: 'WrongFormat', found: 'object', text: '' },
      });
    }
  });

  it('that is another proxy’s error is known by the marker', () => {
    const text = '### **Proxy error (HTTP 429 Too Many Requests)**\n\nx\n\n<!-- oai-proxy-error -->';
    for (const one of [
      piece('openai', data(delta({ content: text }, 'Proxy error'))),
      piece('anthropic', data({ type: 'content_block_delta', delta: { type: 'text_delta', text } })),
    ]) {
      expect(one?._tag === 'Failed' && one.reading._tag).to.equal('ErrorInReply');
    }
  });
});

describe('stream', () => {
  const text = (...words: readonly string[]): string => data(...words.map((word) => delta({ content: word })));
  const neutral = data(...Array.from({ length: 300 }, () => delta({ role: 'assistant', content: '' })));
  const comments = ': ka\n\n'.repeat(300);
  const thoughts = data(...Array.from({ length: 300 }, () => delta({ reasoning_content: 'Hm ' })));
  const block = (type: string, value: string) => ({
    type: 'content_block_delta',
    delta: { type: `${type}_delta`, [type]: value },
  });

  describe('that has ended', () => {
    const rows: readonly (readonly [string, DialectName, string, Reading['_tag']])[] = [
      ['is good with text and [DONE]', 'openai', text('Hel', 'lo') + data('[DONE]'), 'Content'],
      ['is good with a finish_reason and no [DONE]', 'openai', text('Hello') + data(delta({}, 'stop')), 'Content'],
      ['is good with [DONE] and no last blank line', 'openai', `${text('Hello')}data: [DONE]`, 'Content'],
      ['is good in CRLF', 'openai', (text('Hello') + data('[DONE]')).replaceAll('\n', '\r\n'), 'Content'],
      ['is good when cut by the token limit', 'openai', text('Hello') + data(delta({}, 'length'), '[DONE]'), 'Content'],
      [
        'is good with text after much that is neutral',
        'openai',
        neutral + comments + thoughts + text('x') + data('[DONE]'),
        'Content',
      ],
      ['is good with text after white space', 'openai', text('\n', ' ', 'x') + data('[DONE]'), 'Content'],
      ['is empty with a role and [DONE]', 'openai', data(delta({ role: 'assistant' }), '[DONE]'), 'Empty'],
      ['is empty with only [DONE]', 'openai', data('[DONE]'), 'Empty'],
      ['is empty with only comments', 'openai', comments, 'Empty'],
      ['is empty with only pings', 'anthropic', data({ type: 'ping' }, { type: 'ping' }), 'Empty'],
      ['is empty with a role and an end', 'openai', data(delta({ role: 'assistant' })), 'Empty'],
      ['is empty with a role and stop', 'openai', data(delta({ role: 'assistant' }, 'stop'), '[DONE]'), 'Empty'],
      ['is empty with nothing at all', 'openai', '', 'Empty'],
      ['has only thought', 'openai', thoughts + data(delta({}, 'stop'), '[DONE]'), 'ThinkingOnly'],
      ['was filtered', 'openai', neutral + data(delta({}, 'content_filter'), '[DONE]'), 'Filtered'],
      ['is broken off without finish_reason and [DONE]', 'openai', text('Hel'), 'BrokenOff'],
      ['is broken off in its thoughts', 'openai', thoughts, 'BrokenOff'],
      ['is broken off with text behind its finish', 'openai', data(delta({}, 'stop')) + text('Half a'), 'BrokenOff'],
      [
        'is broken off with a call behind its finish',
        'openai',
        text('x') + data(delta({}, 'stop'), delta({ tool_calls: [call] })),
        'BrokenOff',
      ],
      [
        'is broken off where the word null stands for each finish',
        'openai',
        data(delta({ content: 'Half' }, 'null'), delta({ content: ' a' }, 'null')),
        'BrokenOff',
      ],
      [
        'is good with a finish, text, and a finish',
        'openai',
        data(delta({}, 'stop')) + text('x') + data(delta({}, 'stop')),
        'Content',
      ],
      [
        'is good with text behind its finish and [DONE]',
        'openai',
        data(delta({}, 'stop')) + text('x') + data('[DONE]'),
        'Content',
      ],
      [
        'is good with a finish in each chunk',
        'openai',
        data(delta({ content: 'a' }, 'stop'), delta({ content: 'b' }, 'stop')),
        'Content',
      ],
      [
        'is good with what says nothing behind its finish',
        'openai',
        text('x') +
          data(
            delta({}, 'stop'),
            delta({ role: 'assistant', content: '' }),
            delta({ content: '\n' }),
            delta({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }] }),
            { choices: [], usage: { total_tokens: 5 } },
          ),
        'Content',
      ],
      [
        'is broken off where one of two choices goes on behind its finish',
        'openai',
        data(
          delta({ content: 'a' }),
          delta({ content: 'b' }, null, 1),
          delta({}, 'stop'),
          delta({}, 'stop', 1),
          delta({ content: 'c' }, null, 1),
        ),
        'BrokenOff',
      ],
      [
        'is broken off with text behind its stop_reason',
        'anthropic',
        data({ type: 'message_delta', delta: { stop_reason: 'end_turn' } }, block('text', 'Half a')),
        'BrokenOff',
      ],
      [
        'is good with text and message_stop',
        'anthropic',
        data(block('text', 'x'), { type: 'message_stop' }),
        'Content',
      ],
      [
        'is good with a stop_reason, and no message_stop behind it',
        'anthropic',
        data(block('text', 'x'), { type: 'message_delta', delta: { stop_reason: 'end_turn' } }),
        'Content',
      ],
      [
        'is broken off without both',
        'anthropic',
        data(block('text', 'x'), { type: 'message_delta', delta: { stop_reason: null } }),
        'BrokenOff',
      ],
      [
        'is broken off where only its start has a stop_reason',
        'anthropic',
        data({ type: 'message_start', message: { content: [], stop_reason: 'end_turn' } }, block('text', 'x')),
        'BrokenOff',
      ],
      ['has only thought', 'anthropic', data(block('thinking', 'Hm'), { type: 'message_stop' }), 'ThinkingOnly'],
      [
        'is empty with a start and a stop',
        'anthropic',
        data({ type: 'message_start', message: { content: [] } }, { type: 'message_stop' }),
        'Empty',
      ],
    ];
    for (const [title, dialect, stream, tag] of rows) {
      it(`${title} (${dialect})`, () => {
        expect(atEnd(all(dialect, stream).facts)._tag).to.equal(tag);
      });
    }
  });

  it('takes back an end that text comes behind, in either dialect', () => {
    const stop = data({ type: 'message_delta', delta: { stop_reason: 'end_turn' } });
    const ended = all('anthropic', data(block('text', 'x')) + stop).facts;
    expect([ended.stopped, ended.ended.size]).to.deep.equal([true, 1]);
    const message = { content: [{ type: 'text', text: 'x' }], stop_reason: 'end_turn' };
    expect(all('anthropic', data({ type: 'message_start', message })).facts.stopped, 'at once').to.equal(true);
    const open = all('anthropic', stop + data(block('text', 'x'))).facts;
    expect([open.stopped, open.ended.size]).to.deep.equal([false, 0]);
    expect(all('openai', data(delta({}, 'stop')) + text('x')).facts.stopped).to.equal(false);
    expect(all('openai', text('x') + data(delta({}, 'stop'))).facts.stopped).to.equal(true);
  });

  for (const [dialect, ending] of [
    ['openai', data(delta({}, 'network_error'), '[DONE]')],
    ['anthropic', data({ type: 'message_delta', delta: { stop_reason: 'network-error' } }, { type: 'message_stop' })],
    ['anthropic', data({ type: 'message_start', message: { content: [], stop_reason: 'error' } })],
  ] as const) {
    it(`has failed where its reason to stop says so: ${ending.slice(0, 70)}`, () => {
      const stream = (dialect === 'openai' ? text('Half a') : data(block('text', 'Half a'))) + ending;
      expect(readWholeStream(dialects[dialect], Buffer.from(stream))._tag).to.equal('ErrorInReply');
      expect(pieces(dialect, stream)[1]?._tag).to.equal('Failed');
    });
  }

  it('is undecided until its first content, and content from there on', () => {
    expect(soFar(all('openai', neutral + comments).facts)).to.deep.equal({ _tag: 'Undecided' });
    expect(soFar(all('openai', neutral + thoughts).facts)).to.deep.equal({ _tag: 'ThinkingOnly', cut: false });
    expect(soFar(all('openai', neutral + text('x')).facts)).to.deep.equal({ _tag: 'Content' });
  });

  it('gives its text by choice, without the thoughts', () => {
    const stream = data(
      delta({ reasoning: 'Hm', content: 'a' }),
      delta({ content: 'x' }, null, 1),
      delta({ content: [{ type: 'text', text: 'b' }, { type: 'thinking', text: 'Hm' }, 'c', null] }),
      { choices: [{ text: 'y', index: 1 }] },
      { choices: [{ delta: { content: 'd' } }, { delta: { content: 'z' } }] },
      '[DONE]',
    );
    expect(all('openai', stream).texts).to.deep.equal([
      { choice: 0, text: 'abcd' },
      { choice: 1, text: 'xyz' },
    ]);
    const message = data(block('thinking', 'Hm'), block('text', 'a'), block('text', 'b'), { type: 'message_stop' });
    expect(all('anthropic', message).texts).to.deep.equal([{ choice: 0, text: 'ab' }]);
  });

  it('keeps the text of 128 choices and no more, so that no event costs more than the last', () => {
    const stream = data(...Array.from({ length: 200 }, (_, index) => delta({ content: 'x' }, null, index * 7)));
    expect(all('openai', stream).texts).to.have.length(128);
    expect([...all('openai', stream).facts.begun], 'nor counts any other').to.have.length(19);
  });

  it('tells which choices have said something, and which have ended', () => {
    const stream = data(
      delta({ role: 'assistant' }),
      delta({ content: 'a' }),
      delta({ content: 'b' }, null, 2),
      delta({}, 'stop'),
    );
    const { begun, ended } = all('openai', stream).facts;
    expect([[...begun], [...ended]]).to.deep.equal([[0, 2], [0]]);
  });

  it('can be read event by event or in any grouping', () => {
    const texts = fc.array(fc.record({ choice: fc.nat(3), text: fc.string() }), { maxLength: 4 });
    const view = fc.record({ facts: fc.constant(noFacts), texts, closes: fc.boolean() });
    fc.assert(
      fc.property(view, view, view, (a, b, c) => {
        const [first, second, third] = [join(nothing, a), join(nothing, b), join(nothing, c)];
        expect(join(join(first, second), third)).to.deep.equal(join(first, join(second, third)));
        expect(join(first, nothing)).to.deep.equal(first);
      }),
    );
  });

  it('is read without a throw, whatever its events are', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<DialectName>('openai', 'anthropic'),
        fc.jsonValue(),
        fc.string(),
        (dialect, value, raw) => {
          for (const event of [
            value,
            { choices: [{ delta: value }] },
            { type: 'content_block_delta', delta: value },
            { error: value },
          ]) {
            expect(piece(dialect, data(JSON.stringify(event)))).to.have.property('_tag');
          }
          expect(pieces(dialect, raw)).to.be.an('array');
        },
      ),
    );
  });

  describe('readWholeStream', () => {
    const whole = (...events: readonly string[]) => readWholeStream(dialects.openai, Buffer.from(events.join('')));
    const { role, text, finish, error, done } = openai;
    it('reads all events, and passes over comments and what says nothing', () => {
      expect(whole(': ka\n\n', role, 'data:\n\n', text('a'), finish(), done)).to.deep.equal({ _tag: 'Content' });
      expect(whole(': ka\n\n', role, done)).to.deep.equal({ _tag: 'Empty' });
      expect(whole(role, text('a'))).to.deep.equal({ _tag: 'BrokenOff' });
    });
    it('reads no more events than any model writes', () => {
      const many = Buffer.from(`${'data:1\n\n'.repeat(500_001)}${text('a')}${done}`);
      expect(readWholeStream(dialects.openai, many)).to.deep.equal({ _tag: 'Unparsable' });
    });
    it('tells an error wherever it stands', () => {
      expect(whole(role, text('a'), error, done)).to.have.property('_tag', 'ErrorInReply');
    });
  });
});

describe('the whole part of a body that has no end', () => {
  const part = (text: string, dialect: 'openai' | 'anthropic' = 'openai') => {
    const found = wholePart(dialects[dialect])(Buffer.from(text));
    return O.isSome(found) ? found.value.toString() : null;
  };
  const said = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';
  const stop = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
  it('is JSON that parses, whatever it says', () => {
    for (const json of ['{}', '[]', ' {"error":{"code":400}}\n', '{"choices":[]}']) expect(part(json)).to.equal(json);
  });
  it('is none of JSON that was cut, or is a value by itself, which may have been', () => {
    for (const cut of ['', '{', '{"a":1', '{"a":{}', '12', '"a"', 'null', '[1', '{"a":"}', 'text }']) {
      expect(part(cut), cut).to.equal(null);
    }
  });
  it('is a stream in which the model has said all, without the event that was cut', () => {
    expect(part(said + stop)).to.equal(said + stop);
    expect(part(`: hi\n\n${said}${stop.trimEnd()}`)).to.equal(`: hi\n\n${said}${stop.trimEnd()}`);
    expect(part(`${said}${stop}data: {"usage`)).to.equal(said + stop);
    expect(part(`${said}data: [DONE]\n\n`)).to.equal(`${said}data: [DONE]\n\n`);
  });
  it('is none of a stream in which it has not, or that has failed', () => {
    expect(part(said)).to.equal(null);
    expect(part(said + stop.slice(0, -9))).to.equal(null);
    expect(part(`${said}data: {"error":{"message":"x"}}\n\n${stop}`)).to.equal(null);
    expect(part(said + said.replace('"index":0', '"index":1') + stop)).to.equal(null);
  });
  it('is one of Anthropic’s behind its stop_reason', () => {
    const text = 'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}\n\n';
    const delta = 'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n';
    expect(part(text + delta, 'anthropic')).to.equal(text + delta);
    expect(part(text, 'anthropic')).to.equal(null);
  });
});
