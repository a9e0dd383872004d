import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import type { Reading } from '../../lib/core/reading.js';
import { type DialectName, dialects } from '../../lib/dialects/index.js';
import { readReply } from '../../lib/dialects/reading.js';

const read = (dialect: DialectName, body: unknown): Reading =>
  readReply(dialects[dialect], Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));

/** What stands in a table: a tag, or all of a reading. */
const check = (dialect: DialectName, body: unknown, expected: Reading | Reading['_tag']): void => {
  const reading = read(dialect, body);
  if (typeof expected === 'string') expect(reading._tag).to.equal(expected);
  else expect(reading).to.deep.equal(expected);
};

type Rows = readonly (readonly [title: string, body: unknown, expected: Reading | Reading['_tag']])[];
const table = (dialect: DialectName, rows: Rows): void => {
  for (const [title, body, expected] of rows) it(title, () => check(dialect, body, expected));
};

const message = (fields: object, finish: unknown = 'stop') => ({
  choices: [{ index: 0, message: { role: 'assistant', ...fields }, finish_reason: finish }],
});
const blocks = (content: readonly unknown[], stop = 'end_turn') => ({ type: 'message', content, stop_reason: stop });
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '' } };

const hollow = (one: typeof call) => ({ ...one, id: '', function: { name: '', arguments: '' } });

const FAILURES = [
  'error',
  'Error',
  'ERROR',
  'network_error',
  'network-error',
  'Network Error',
  'server_error',
  'insufficient_system_resource',
  'abort',
  'aborted',
  'cancelled',
  'canceled',
  'timeout',
  'unexpected_tool_call',
  'MALFORMED_FUNCTION_CALL',
  'FinishReason.MALFORMED_FUNCTION_CALL',
  'function_call_filter: MALFORMED_FUNCTION_CALL',
];

const FILTERS = [
  'content_filter',
  'content_filter: SAFETY',
  'content-filtered',
  'SAFETY',
  'FinishReason.SAFETY',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'sensitive',
  'BLOCKLIST',
  'SPII',
  'refusal',
];

describe('whole reply', () => {
  for (const word of FAILURES) {
    it(`has failed where its reason to stop is ${word}, whatever it says`, () => {
      const error = { text: word, status: O.none, quota: false, hintMs: O.none, filtered: false };
      for (const content of ['Half a', '', null]) {
        check('openai', message({ content }, word), { _tag: 'ErrorInReply', error });
      }
      check(
        'openai',
        { choices: [...message({ content: 'x' }).choices, ...message({}, word).choices] },
        'ErrorInReply',
      );
      check('anthropic', blocks([{ type: 'text', text: 'Half a' }], word), { _tag: 'ErrorInReply', error });
    });
  }

  for (const word of FILTERS) {
    it(`was filtered where its reason to stop is ${word}, and it says nothing`, () => {
      check('openai', message({ content: '' }, word), 'Filtered');
      check('anthropic', blocks([], word), 'Filtered');
      check('openai', message({ content: 'Hello' }, word), 'Content');
    });
  }

  describe('that is good, of OpenAI', () => {
    table('openai', [
      ['has text', message({ content: 'Hello' }), 'Content'],
      ['has text that the token limit cut', message({ content: 'Hello' }, 'length'), 'Content'],
      ['has text that a filter cut', message({ content: 'Hello' }, 'content_filter'), 'Content'],
      ['has text without a finish_reason', message({ content: 'Hello' }, null), 'Content'],
      ['has text in parts', message({ content: [{ type: 'text', text: 'Hello' }] }), 'Content'],
      ['has text in strings', message({ content: ['Hello'] }), 'Content'],
      ['has text in a part without a type', message({ content: [{ text: 'Hello' }] }), 'Content'],
      ['has a picture in its parts', message({ content: [{ type: 'image_url', image_url: { url: 'x' } }] }), 'Content'],
      ['has a refusal in its parts', message({ content: [{ type: 'refusal', refusal: 'No.' }] }), 'Content'],
      ['has a tool call with empty arguments', message({ content: null, tool_calls: [call] }, 'tool_calls'), 'Content'],
      ['has a function call', message({ content: null, function_call: { name: 'f', arguments: '' } }), 'Content'],
      ['has a refusal', message({ content: null, refusal: 'I cannot.' }), 'Content'],
      ['has sound', message({ content: null, audio: { id: 'a', data: 'x' } }), 'Content'],
      ['has a place of sound', message({ content: null, audio: { id: 'a', url: 'x' } }), 'Content'],
      ['has pictures', message({ content: '', images: [{ type: 'image_url', image_url: { url: 'x' } }] }), 'Content'],
      ['has text where completions have it', { choices: [{ text: 'Hello', finish_reason: 'stop' }] }, 'Content'],
      [
        'has text there, and a message without any',
        { choices: [{ text: 'Hello', message: { reasoning_content: 'Hm' }, finish_reason: 'stop' }] },
        'Content',
      ],
      ['has text in a delta', { choices: [{ delta: { content: 'Hello' } }] }, 'Content'],
      [
        'has text in its second choice',
        { choices: [...message({ content: '' }).choices, { message: { content: 'x' } }] },
        'Content',
      ],
      ['has text and reasoning', message({ content: 'Hello', reasoning: 'Hm' }), 'Content'],
      ['has an error that is null', { ...message({ content: 'Hello' }), error: null }, 'Content'],
      [
        'has an error that says nothing',
        { ...message({ content: 'Hello' }), error: { code: null, message: '' } },
        'Content',
      ],
      [
        'has an own `message` and `detail`',
        { ...message({ content: 'Hello' }), message: 'ok', detail: 'ok' },
        'Content',
      ],
      ['has a finish_reason that is no text', message({ content: 'Hello' }, { toString: 1, valueOf: 1 }), 'Content'],
      ['has a word for its finish_reason that is not known', message({ content: 'Hello' }, 'eos_token'), 'Content'],
      ['has a finish_reason that only holds the word error', message({ content: 'Hello' }, 'error_free'), 'Content'],
      ['has the word null for its finish_reason', message({ content: 'Hello' }, 'null'), 'Content'],
      ['has a number for its text', message({ content: 7 }), 'Content'],
      ['has zero for its text', message({ content: 0 }), 'Content'],
      ['has a boolean for its text', message({ content: false }), 'Content'],
      ['has a number in its parts', message({ content: [{ type: 'text', text: 7 }] }), 'Content'],
      ['has a number where completions have text', { choices: [{ text: 7, finish_reason: 'stop' }] }, 'Content'],
      ['has text beside an empty delta', { choices: [{ message: { content: 'Hello' }, delta: {} }] }, 'Content'],
      [
        'has text in a delta beside an empty message',
        { choices: [{ message: { role: 'assistant', content: '' }, delta: { content: 'Hello' } }] },
        'Content',
      ],
      [
        'has text beside a delta of an odd type',
        { choices: [{ message: { content: 'Hello' }, delta: [] }] },
        'Content',
      ],
      ['has text beside a message of an odd type', { choices: [{ message: [], text: 'Hello' }] }, 'Content'],
      ['has text for its message', { choices: [{ message: 'Hello', finish_reason: 'stop' }] }, 'Content'],
      ['has one choice in place of a list', { choices: { message: { content: 'Hello' } } }, 'Content'],
      ['has choices by their numbers', { choices: { 0: { message: { content: 'Hello' } } } }, 'Content'],
      ['has its message beside empty choices', { choices: {}, message: { content: 'Hello' } }, 'Content'],
      ['has a choice that is none beside one', { choices: [null, { message: { content: 'Hello' } }] }, 'Content'],
      ['has an empty object for its finish_reason', message({ content: 'Hello' }, {}), 'Content'],
      ['calls a tool by name alone', message({ tool_calls: [{ function: { name: 'f' } }] }), 'Content'],
      ['calls a tool by id alone', message({ tool_calls: [{ id: 'c', function: { name: '' } }] }), 'Content'],
      ['has arguments alone', message({ tool_calls: [{ function: { arguments: { a: 1 } } }] }), 'Content'],
      ['has pictures as bare data', message({ images: ['data:image/png;base64,AAAA'] }), 'Content'],
      ['follows a BOM', `\uFEFF${JSON.stringify(message({ content: 'Hello' }))}`, 'Content'],
      ['speaks of errors', message({ content: 'Error: rate limit exceeded (429). Proxy error!' }), 'Content'],
      ['is an error that the user asked for', message({ content: '{"error":{"message":"example"}}' }), 'Content'],
      ['quotes the name of a status', message({ content: '502 Bad Gateway' }), 'Content'],
      ['begins with the words of a filter', message({ content: 'content_filter' }), 'Content'],
    ]);
  });

  describe('that is not good, of OpenAI', () => {
    table('openai', [
      ['has no body', '', 'Empty'],
      ['is blank', ' \r\n\t', 'Empty'],
      ['has no choice', { choices: [] }, 'Empty'],
      ['has null for content', message({ content: null }), 'Empty'],
      ['has an empty text', message({ content: '' }), 'Empty'],
      ['has a blank text', message({ content: ' \n ' }), 'Empty'],
      ['has an empty text that the token limit cut', message({ content: '' }, 'length'), 'Empty'],
      ['has no content field', message({}), 'Empty'],
      [
        'has empty parts',
        message({ content: [{ type: 'text', text: '' }, null, { type: 'refusal', refusal: '' }] }),
        'Empty',
      ],
      [
        'has empty lists and objects',
        message({ content: '', tool_calls: [], images: [], audio: null, function_call: {} }),
        'Empty',
      ],
      ['has hollow tool calls', message({ tool_calls: [hollow(call)] }), 'Empty'],
      ['has a hollow function call', message({ content: '', function_call: { name: '', arguments: '' } }), 'Empty'],
      ['has hollow sound', message({ audio: { id: '', data: '', expires_at: 0 } }), 'Empty'],
      ['has sound that is only described', message({ audio: { id: 'a', format: 'wav' } }), 'Empty'],
      ['has hollow pictures', message({ images: [{}, { type: 'image_url', image_url: { url: '' } }] }), 'Empty'],
      ['has a hollow picture in its parts', message({ content: [{ type: 'image_url', image_url: {} }] }), 'Empty'],
      ['has zero for a refusal', message({ content: '', refusal: 0 }), 'Empty'],
      ['has a choice without a message', { choices: [{ finish_reason: 'stop' }] }, 'Empty'],
      ['has an empty choice', { choices: [{}] }, 'Empty'],
      ['has blank reasoning only', message({ content: '', reasoning: ' ' }), 'Empty'],
      ['has only thought', message({ content: '', reasoning: 'Hm' }), { _tag: 'ThinkingOnly', cut: false }],
      ['has only thought (reasoning_content)', message({ content: null, reasoning_content: 'Hm' }), 'ThinkingOnly'],
      ['has only thought (thinking)', message({ thinking: 'Hm' }), 'ThinkingOnly'],
      [
        'has only thought (reasoning_details)',
        message({ reasoning_details: [{ type: 'reasoning.encrypted' }] }),
        'ThinkingOnly',
      ],
      [
        'has only thought in its parts',
        message({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] }),
        'ThinkingOnly',
      ],
      [
        'thought until the token limit',
        message({ content: '', reasoning: 'Hm' }, 'length'),
        { _tag: 'ThinkingOnly', cut: true },
      ],
      [
        'thought until Google’s token limit',
        message({ reasoning: 'Hm' }, 'MAX_TOKENS'),
        { _tag: 'ThinkingOnly', cut: true },
      ],
      ['was filtered (content_filter)', message({ content: null }, 'content_filter'), { _tag: 'Filtered', text: '' }],
      ['was filtered (SAFETY)', message({ content: '' }, 'SAFETY'), 'Filtered'],
      [
        'was filtered (PROHIBITED_CONTENT)',
        { choices: [{ message: null, finish_reason: 'PROHIBITED_CONTENT' }] },
        'Filtered',
      ],
      ['was filtered after thinking', message({ content: '', reasoning: 'Hm' }, 'content_filter'), 'Filtered'],
    ]);
  });

  describe('that is none', () => {
    table('openai', [
      [
        'is a page',
        '<html><head><title>502 Bad Gateway</title></head></html>',
        { _tag: 'WrongFormat', found: 'html', text: '502 Bad Gateway' },
      ],
      [
        'is a page with a heading',
        ' <!DOCTYPE html><h1 class="x">Just <b>a</b> moment</h1>',
        { _tag: 'WrongFormat', found: 'html', text: 'Just  a  moment' },
      ],
      ['is a page without a name', '<p>x</p>', { _tag: 'WrongFormat', found: 'html', text: '' }],
      ['is plain text', 'Internal Server Error', { _tag: 'WrongFormat', found: 'text', text: 'Internal Server Error' }],
      [
        'is a text in quotes',
        '"Internal Server Error"',
        { _tag: 'WrongFormat', found: 'text', text: 'Internal Server Error' },
      ],
      ['is an array', '[1,2]', { _tag: 'WrongFormat', found: 'array', text: '' }],
      ['is an empty array', '[]', { _tag: 'WrongFormat', found: 'array', text: '' }],
      ['is an object without choices', { id: 'x' }, { _tag: 'WrongFormat', found: 'object', text: '' }],
      ['has null for choices', { choices: null }, { _tag: 'WrongFormat', found: 'object', text: '' }],
      ['has choices that are no objects', { choices: ['Hello'] }, 'WrongFormat'],
      ['is null', 'null', { _tag: 'WrongFormat', found: 'value', text: '' }],
      ['is a number', '42', { _tag: 'WrongFormat', found: 'value', text: '' }],
      ['is another dialect’s', blocks([{ type: 'text', text: 'Hello' }]), 'WrongFormat'],
      ['is cut', '{"choices":[{"message":{"content":"Hel', 'Unparsable'],
      ['is a cut array', '[{"choices"', 'Unparsable'],
      ['nests too deep', '['.repeat(1000), 'Unparsable'],
      ['has more choices than any reply', { choices: Array(129).fill({ message: { content: 'a' } }) }, 'WrongFormat'],
    ]);
  });

  describe('that is an error', () => {
    for (const dialect of ['openai', 'anthropic'] as const) {
      table(dialect, [
        [`has an object (${dialect})`, { error: { message: 'Slow down', code: 429 } }, 'ErrorInReply'],
        [`has a text (${dialect})`, { error: 'Slow down' }, 'ErrorInReply'],
        [`is in an array (${dialect})`, [{ error: { code: 503, message: 'x' } }], 'ErrorInReply'],
        [`has a detail (${dialect})`, { detail: 'Not Found' }, 'ErrorInReply'],
        [`has a list of details (${dialect})`, { detail: [{ loc: ['body'], msg: 'field required' }] }, 'ErrorInReply'],
        [`has a message (${dialect})`, { message: 'no such route' }, 'ErrorInReply'],
        [`has a list of errors (${dialect})`, { errors: [{ message: 'x' }] }, 'ErrorInReply'],
        [
          `has the type error (${dialect})`,
          { type: 'error', error: { type: 'overloaded_error', message: 'x' } },
          'ErrorInReply',
        ],
        [`is the object error (${dialect})`, { object: 'error', message: 'x', code: 404 }, 'ErrorInReply'],
        [
          `was filtered (${dialect})`,
          { error: { code: 'content_filter', message: 'No.' } },
          { _tag: 'Filtered', text: 'No.' },
        ],
      ]);
    }
    table('openai', [
      ['has choices too', { ...message({ content: 'Hel' }), error: { message: 'x' } }, 'ErrorInReply'],
      [
        'has it in a choice',
        { choices: [{ message: { content: 'Hel' }, finish_reason: 'error', error: { code: 502, message: 'x' } }] },
        'ErrorInReply',
      ],
      [
        'is another proxy’s, by its marker',
        message({ content: '### **Proxy error (HTTP 503 Service Unavailable)**\n\nx\n\n<!-- oai-proxy-error -->' }),
        'ErrorInReply',
      ],
      [
        'is another proxy’s, by all of its text',
        message({ content: 'Request failed with status code 429' }),
        'ErrorInReply',
      ],
    ]);
    table('anthropic', [
      [
        'is another proxy’s, in a message',
        blocks([{ type: 'text', text: '**Proxy error (HTTP 429 Too Many Requests)**\nx' }]),
        'ErrorInReply',
      ],
    ]);
  });

  describe('of Anthropic', () => {
    table('anthropic', [
      ['is good with text', blocks([{ type: 'text', text: 'Hello' }]), 'Content'],
      [
        'is good with text that the token limit cut',
        blocks([{ type: 'text', text: 'Hello' }], 'max_tokens'),
        'Content',
      ],
      [
        'is good with a tool call without input',
        blocks([{ type: 'tool_use', id: 't', name: 'f', input: {} }]),
        'Content',
      ],
      [
        'is good with text after thinking',
        blocks([
          { type: 'thinking', thinking: 'Hm' },
          { type: 'text', text: 'x' },
        ]),
        'Content',
      ],
      ['is good without a stop_reason', { content: [{ type: 'text', text: 'Hello' }] }, 'Content'],
      ['is good with a number for its text', blocks([{ type: 'text', text: 7 }]), 'Content'],
      ['is good with a bare text for its content', { type: 'message', content: 'Hello' }, 'Content'],
      ['is good with bare texts for its blocks', blocks(['Hello']), 'Content'],
      [
        'is good with one block in place of a list',
        { type: 'message', content: { type: 'text', text: 'x' } },
        'Content',
      ],
      ['is empty with a hollow tool call', blocks([{ type: 'tool_use', id: '', name: '', input: {} }]), 'Empty'],
      [
        'is empty with a hollow picture',
        blocks([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: '' } }]),
        'Empty',
      ],
      ['is empty with an empty block', blocks([{}, null]), 'Empty'],
      ['is empty without content', blocks([]), 'Empty'],
      ['is empty with blank text', blocks([{ type: 'text', text: '\n\n' }]), 'Empty'],
      ['has only thought', blocks([{ type: 'thinking', thinking: 'Hm' }]), { _tag: 'ThinkingOnly', cut: false }],
      ['has only thought, redacted', blocks([{ type: 'redacted_thinking', data: 'x' }]), 'ThinkingOnly'],
      ['has thought nothing', blocks([{ type: 'thinking', thinking: '' }]), 'Empty'],
      [
        'thought until the token limit',
        blocks([{ type: 'thinking', thinking: 'Hm' }], 'max_tokens'),
        { _tag: 'ThinkingOnly', cut: true },
      ],
      ['was refused by a filter', blocks([], 'refusal'), { _tag: 'Filtered', text: '' }],
      ['is no message without a list of content', { type: 'message', content: null }, 'WrongFormat'],
      [
        'is no message with more blocks than any',
        blocks(Array(10_001).fill({ type: 'text', text: 'a' })),
        'WrongFormat',
      ],
      ['is no message in another dialect', message({ content: 'Hello' }), 'WrongFormat'],
    ]);
  });

  it('is judged without a throw, whatever it is', () => {
    fc.assert(
      fc.property(fc.constantFrom<DialectName>('openai', 'anthropic'), fc.jsonValue(), (dialect, value) => {
        for (const body of [
          value,
          { choices: value },
          { choices: [value] },
          { choices: [{ message: value }] },
          { content: [value] },
          { error: value },
        ]) {
          expect(read(dialect, body)._tag).to.not.equal('Undecided');
        }
      }),
    );
  });

  it('is never judged by a word of the model’s prose', () => {
    const words = fc.constantFrom(
      'error',
      '429',
      'Proxy error',
      'content_filter',
      'insufficient_quota',
      '<html>',
      '{',
      'overloaded',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(words), (said) => {
        check('openai', message({ content: `So: ${said.join(' ')}` }), 'Content');
      }),
    );
  });
});
