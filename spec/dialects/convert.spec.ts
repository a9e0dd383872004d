import { expect } from 'chai';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import * as convert from '../../lib/dialects/convert.js';
import { type DialectName, dialects } from '../../lib/dialects/index.js';
import { readReply, readWhole, readWholeStream } from '../../lib/dialects/reading.js';
import { sseReader } from '../../lib/dialects/sse.js';
import { wholeOf } from '../support/at-once.js';

const { streamOf } = convert;

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** What a reader that is not ours is told of. */
const told = (stream: Buffer): readonly { readonly event: string | undefined; readonly data: string }[] => {
  const events: { readonly event: string | undefined; readonly data: string }[] = [];
  createParser({ onEvent: ({ event, data }) => events.push({ event, data }) }).feed(stream.toString());
  return events;
};

const sse = (values: readonly unknown[]): string =>
  values.map((value) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`).join('');

const wholeOfText = (dialect: DialectName, stream: string): unknown =>
  JSON.parse(wholeOf(dialects[dialect], Buffer.from(stream)).toString());
const wholeOfEvents = (dialect: DialectName, events: readonly unknown[]): unknown => wholeOfText(dialect, sse(events));
const eventsOf = (dialect: DialectName, reply: unknown): readonly unknown[] =>
  told(streamOf(dialects[dialect], json(reply)))
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => JSON.parse(data));
const roundTrip = (dialect: DialectName, reply: unknown): unknown =>
  JSON.parse(wholeOf(dialects[dialect], streamOf(dialects[dialect], json(reply))).toString());

const text = fc.string({ unit: 'binary', maxLength: 30 });
const word = fc.string({ minLength: 1, maxLength: 8 });
const fields = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.jsonValue(), { maxKeys: 3 });
const counts = (...names: readonly string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, fc.nat()] as const)));

/** Whole replies as OpenAI writes them, with what other upstreams add. */
const completion = (() => {
  const call = fc.record({
    id: word,
    type: fc.constant('function'),
    function: fc.record({ name: word, arguments: text }),
  });
  const message = fc.record(
    {
      role: fc.constant('assistant'),
      content: fc.oneof(text, fc.constant(null), fc.array(fc.record({ type: fc.constant('text'), text }))),
      refusal: text,
      reasoning: text,
      reasoning_content: text,
      reasoning_details: fc.array(fc.record({ type: fc.constant('reasoning.text'), text, index: fc.nat(3) })),
      tool_calls: fc.array(call, { maxLength: 3 }),
      function_call: fc.record({ name: word, arguments: text }),
      annotations: fc.array(fc.record({ type: fc.constant('url_citation'), url_citation: fields }), { maxLength: 2 }),
      audio: fc.record({ id: word, data: text, transcript: text, expires_at: fc.nat() }),
      images: fc.array(fc.record({ type: fc.constant('image_url'), image_url: fc.record({ url: text }) })),
      extension: fields,
    },
    { requiredKeys: ['role', 'content'] },
  );
  const logprobs = fc.option(fc.record({ content: fc.array(fields), refusal: fc.constant(null) }));
  const finish_reason = fc.option(fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'));
  const choice = fc.oneof(
    fc.record(
      { message, logprobs, finish_reason, native_finish_reason: word },
      { requiredKeys: ['message', 'logprobs', 'finish_reason'] },
    ),
    fc.record({ text, logprobs, finish_reason }),
  );
  const choices = fc
    .array(choice, { minLength: 1, maxLength: 3 })
    .map((all) => all.map((one, index) => ({ index, ...one })));
  return fc.record(
    {
      id: word,
      object: fc.constantFrom('chat.completion', 'text_completion'),
      created: fc.nat(),
      model: word,
      system_fingerprint: word,
      service_tier: word,
      citations: fc.array(text),
      choices,
      usage: counts('prompt_tokens', 'completion_tokens'),
    },
    { requiredKeys: ['object', 'choices'] },
  );
})();

/** Whole messages as Anthropic writes them. */
const message = (() => {
  const citation = fc.record({ type: fc.constant('char_location'), cited_text: text, document_index: fc.nat() });
  const block = fc.oneof(
    fc.record(
      { type: fc.constant('text'), text, citations: fc.array(citation, { maxLength: 2 }) },
      { requiredKeys: ['type', 'text'] },
    ),
    fc.record({ type: fc.constant('thinking'), thinking: text, signature: word }),
    fc.record({ type: fc.constant('redacted_thinking'), data: word }),
    fc.record({ type: fc.constantFrom('tool_use', 'server_tool_use'), id: word, name: word, input: fields }),
    fc.record({ type: fc.constant('web_search_tool_result'), tool_use_id: word, content: fc.array(fields) }),
  );
  return fc.record(
    {
      id: word,
      type: fc.constant('message'),
      role: fc.constant('assistant'),
      model: word,
      content: fc.array(block, { maxLength: 4 }),
      stop_reason: fc.option(fc.constantFrom('end_turn', 'max_tokens', 'tool_use', 'refusal', 'stop_sequence')),
      stop_sequence: fc.option(word),
      container: fc.record({ id: word }),
      usage: counts('input_tokens', 'output_tokens', 'cache_read_input_tokens'),
    },
    { requiredKeys: ['type', 'role', 'content', 'stop_reason', 'stop_sequence', 'usage'] },
  );
})();

const replies = { openai: completion, anthropic: message } as const;
describe('a reply in its other form', () => {
  for (const dialect of ['openai', 'anthropic'] as const) {
    const reply: fc.Arbitrary<object> = replies[dialect];

    describe(`of ${dialect}`, () => {
      it('comes back from a stream as it was', () => {
        fc.assert(
          fc.property(reply, (one) => {
            expect(roundTrip(dialect, one)).to.deep.equal(JSON.parse(JSON.stringify(one)));
          }),
        );
      });

      it('means the same as a stream', () => {
        fc.assert(
          fc.property(reply, (one) => {
            const stream = streamOf(dialects[dialect], json(one));
            expect(readWholeStream(dialects[dialect], stream)).to.deep.equal(readReply(dialects[dialect], json(one)));
          }),
        );
      });

      it('is a stream whose every event has its blank line and is heard by any reader', () => {
        fc.assert(
          fc.property(reply, (one) => {
            const stream = streamOf(dialects[dialect], json(one));
            const events = sseReader().push(stream);
            expect(stream.toString().endsWith('\n\n')).to.equal(true);
            expect(Buffer.concat(events.map(({ raw }) => raw))).to.deep.equal(stream);
            expect(told(stream).map(({ data }) => data)).to.deep.equal(
              events.map(({ data }) => O.getOrElse(() => '')(data)),
            );
          }),
        );
      });

      it('is read the same whatever ends its lines, and whatever stands between its events that says nothing', () => {
        const noise = fc.constantFrom(
          ': ka\n\n',
          ':\n\n',
          'data:\n\n',
          'data: null\n\n',
          'data: 5\n\n',
          'data: {"cut\n\n',
          'retry: 5\n\n',
          'event: ping\ndata: {"type": "ping"}\n\n',
          'data: {}\n\n',
        );
        const line = fc.constantFrom('\n', '\r\n', '\r');
        fc.assert(
          fc.property(reply, noise, line, fc.constantFrom('', '\uFEFF'), (one, between, lineEnd, bom) => {
            const events = streamOf(dialects[dialect], json(one)).toString().split('\n\n').slice(0, -1);
            const stream = `${bom}${events.map((event) => `${event}\n\n${between}`).join('')}`;
            const clean = wholeOf(dialects[dialect], streamOf(dialects[dialect], json(one)));
            expect(wholeOfText(dialect, stream.replaceAll('\n', lineEnd))).to.deep.equal(JSON.parse(clean.toString()));
          }),
        );
      });

      it('is read with a BOM before it', () => {
        fc.assert(
          fc.property(reply, (one) => {
            const plain = json(one);
            const marked = Buffer.concat([Buffer.from('\uFEFF'), plain]);
            expect(streamOf(dialects[dialect], marked).toString()).to.equal(
              streamOf(dialects[dialect], plain).toString(),
            );
          }),
        );
      });

      it('is given back as it came where it is no reply', () => {
        for (const body of [
          '',
          'Hello',
          '[]',
          'null',
          '5',
          '{}',
          '{"choices":[]}',
          '{"content":"x"}',
          '['.repeat(999),
        ]) {
          expect(streamOf(dialects[dialect], Buffer.from(body)).toString()).to.equal(body);
        }
        for (const body of ['', 'Hello', '{"choices":[]}', ': ka\n\n', 'data: [DONE]\n\n', 'data: {"choices":5}\n\n']) {
          expect(wholeOf(dialects[dialect], Buffer.from(body)).toString()).to.equal(body);
        }
      });

      it('never throws, whatever it holds', () => {
        // What JSON can say and JavaScript cannot turn into a text.
        const odd = Buffer.from('data: {"type":"content_block_delta","delta":{"type":{"toString":[]}}}\n\n');
        expect(wholeOf(dialects[dialect], odd)).to.be.instanceOf(Buffer);
        fc.assert(
          fc.property(fc.jsonValue(), fc.jsonValue(), fc.uint8Array(), (a, b, raw) => {
            const bodies: readonly unknown[] = [
              a,
              { choices: a },
              { choices: [a, { message: b }, { message: a, delta: b }, { index: 0, message: { tool_calls: [a, b] } }] },
              { content: a },
              { content: [a, { type: 'text', text: a, citations: b }, { type: 'tool_use', input: a }], usage: b },
            ];
            for (const body of bodies) expect(streamOf(dialects[dialect], json(body))).to.be.instanceOf(Buffer);
            const delta = { content: a, tool_calls: b, audio: a, reasoning_details: [a, b] };
            const other = { content: b, tool_calls: a, audio: b, reasoning_details: [b, a] };
            const events = [
              a,
              { choices: [{ delta }, { delta: a, text: b }, b] },
              { choices: [{ delta: other, text: a }, { delta: b }, { message: a }], usage: b },
              { type: 'message_start', message: a },
              { type: 'content_block_start', content_block: a, index: b },
              { type: 'content_block_delta', delta: a },
              { type: 'content_block_delta', delta: { type: a, partial_json: b, citation: a } },
              { type: 'message_delta', delta: a, usage: b },
            ];
            expect(wholeOf(dialects[dialect], Buffer.from(sse(events)))).to.be.instanceOf(Buffer);
            expect(wholeOf(dialects[dialect], Buffer.from(raw))).to.be.instanceOf(Buffer);
          }),
        );
      });
    });
  }
});

describe('a reply of a great many fields', () => {
  const many = Array.from({ length: 200_000 }, (_, i) => `"k${i}":1,`).join('');
  for (const [dialect, body] of [
    ['openai', `{"id":"x",${many}"choices":[{"message":{"content":"Hello"}}]}`],
    ['anthropic', `{"id":"x",${many}"content":[{"type":"text","text":"Hello"}]}`],
  ] as const) {
    it(`becomes a stream of ${dialect} that says the same, with as many of them as any reply has`, () => {
      const stream = streamOf(dialects[dialect], Buffer.from(body)).toString();
      expect(stream).to.include('"x"').and.include('Hello').and.include('"k900":1').and.not.include('"k1001"');
    });
  }
});

describe('a long stream', () => {
  it('is read and put together in many steps', () => {
    const stream = Buffer.from(
      sse(Array.from({ length: 20_000 }, () => ({ choices: [{ delta: { content: 'Hi ' } }] }))),
    );
    for (const steps of [readWhole(dialects.openai, stream), convert.wholeOf(dialects.openai, stream)])
      expect([...steps]).to.have.length.above(20);
  });
});

describe('a choice that has more fields than any', () => {
  const many = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, i]));
  const said = { reasoning: 'Hm', content: 'Hello' };
  const deltasIn = (reply: unknown) => JSON.stringify(eventsOf('openai', reply));

  it('keeps what it says, and as many other fields of a choice and a message as any has', () => {
    const choice = { ...many, message: { ...many, ...said }, finish_reason: 'length' };
    const deltas = deltasIn({ choices: [choice] });
    for (const kept of ['"Hm"', '"Hello"', '"length"', '"k900":900']) expect(deltas).to.include(kept);
    expect(deltas).to.not.include('"k1001"');
  });
});

describe('a stream of OpenAI', () => {
  const reply = {
    id: 'c-1',
    object: 'chat.completion',
    created: 7,
    model: 'm',
    provider: 'p',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Hello 👑',
          refusal: null,
          reasoning_content: 'Hm',
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
            { id: 'b', type: 'function', function: { name: 'g', arguments: '' } },
          ],
        },
        logprobs: { content: [{ token: 'Hello' }] },
        finish_reason: 'tool_calls',
      },
    ],
    usage: { total_tokens: 5 },
  };

  it('tells the role, the thoughts, the content with indexed calls, the finish, the usage, and the end', () => {
    const each = { id: 'c-1', object: 'chat.completion.chunk', created: 7, model: 'm' };
    const choice = (delta: object, more: object = {}) => ({
      ...each,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
    });
    const [a, b] = reply.choices[0]?.message.tool_calls ?? [];
    expect(eventsOf('openai', reply)).to.deep.equal([
      { provider: 'p', ...choice({ role: 'assistant' }) },
      choice({ reasoning_content: 'Hm' }),
      choice(
        {
          content: 'Hello 👑',
          tool_calls: [
            { ...a, index: 0 },
            { ...b, index: 1 },
          ],
        },
        { logprobs: { content: [{ token: 'Hello' }] } },
      ),
      choice({}, { finish_reason: 'tool_calls' }),
      { ...each, choices: [], usage: { total_tokens: 5 } },
    ]);
    expect(told(streamOf(dialects.openai, json(reply))).at(-1)?.data).to.equal('[DONE]');
  });

  it('has no event of usage where the reply has none', () => {
    const { usage, ...without } = reply;
    for (const one of [without, { ...without, usage: null }]) {
      expect(eventsOf('openai', one).every((event) => !JSON.stringify(event).includes('"choices":[]'))).to.equal(true);
    }
  });

  it('tells each choice in events of its own, by its index, or by its place where it has no number', () => {
    const said = (choices: readonly unknown[]) =>
      eventsOf('openai', { choices }).map((event) =>
        JSON.stringify(event)
          .match(/"index":\d+/g)
          ?.join(),
      );
    const message = { content: 'x' };
    const each = (index: number) => Array.from({ length: 3 }, () => `"index":${index}`);
    expect(
      said([
        { index: 4, message },
        { index: null, message },
      ]),
    ).to.deep.equal([...each(4), ...each(1)]);
  });

  it('tells the text of a completion as text', () => {
    const common = { index: 0, logprobs: null };
    expect(
      eventsOf('openai', { object: 'text_completion', choices: [{ text: 'x', finish_reason: 'stop' }] }),
    ).to.deep.equal([
      { object: 'text_completion', choices: [{ ...common, text: 'x', finish_reason: null }] },
      { object: 'text_completion', choices: [{ ...common, text: '', finish_reason: 'stop' }] },
    ]);
  });

  it('tells what a message beside that text has, which readers take where the message has none', () => {
    const said = (message: object) =>
      eventsOf('openai', { choices: [{ text: 'x', message, finish_reason: 'stop' }] }).flatMap((value) =>
        (value as { choices: { delta?: object; text?: string }[] }).choices.map(({ delta, text }) => delta ?? text),
      );
    const role = { role: 'assistant' };
    expect(said({ reasoning_content: 'Hm' })).to.deep.equal([role, { reasoning_content: 'Hm' }, 'x', '']);
    expect(said({ content: 'y' })).to.deep.equal([role, { content: 'y' }, {}]);
  });
});

describe('a whole reply from OpenAI’s chunks', () => {
  const chunk = (delta: object, more: object = {}) => ({
    id: 'c-1',
    object: 'chat.completion.chunk',
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: null, ...more }],
  });
  const messageOf = (...deltas: readonly object[]): unknown => {
    const whole = wholeOfEvents('openai', [
      ...deltas.map((delta) => chunk(delta)),
      chunk({}, { finish_reason: 'stop' }),
    ]);
    const { message } = (whole as { choices: [{ message: unknown }] }).choices[0];
    return message;
  };

  it('has every text exactly, however it was cut, also between the halves of a character', () => {
    const pieces = fc.array(fc.string({ unit: 'binary' }), { minLength: 1 });
    fc.assert(
      fc.property(pieces, pieces, (said, thought) => {
        const deltas = [
          ...thought.map((reasoning_content) => ({ reasoning_content, content: '' })),
          ...said.map((content) => ({ content, reasoning_content: null })),
        ];
        expect(messageOf({ role: 'assistant', content: '' }, ...deltas)).to.deep.equal({
          role: 'assistant',
          content: said.join(''),
          reasoning_content: thought.join(''),
        });
      }),
    );
    expect(messageOf({ content: '\ud83d' }, { content: '\udc51' })).to.have.property('content', '👑');
  });

  it('is whole: about, choices by their index, the last usage', () => {
    const about = { id: 'c-1', created: 7, model: 'm', system_fingerprint: 'f' };
    const of = (...choices: readonly object[]) => ({ ...about, object: 'chat.completion.chunk', choices, usage: null });
    const whole = wholeOfEvents('openai', [
      { id: '', object: '', model: '', choices: [], prompt_filter_results: [{}] },
      of({ index: 1, delta: { role: 'assistant', content: 'b' } }),
      of({ index: 0, delta: { role: 'assistant', content: 'a' } }, { index: 1, delta: { content: 'B' } }),
      of({ index: 0, delta: { content: 'A' }, finish_reason: 'stop' }),
      of({ index: 1, delta: {}, finish_reason: 'length' }),
      of({ index: 1, delta: null, finish_reason: null }),
      { ...about, choices: null, usage: { total_tokens: 5 } },
      { ...about, choices: [], usage: { total_tokens: 6 } },
      '[DONE]',
    ]);
    expect(whole).to.deep.equal({
      ...about,
      object: 'chat.completion',
      prompt_filter_results: [{}],
      choices: [
        { index: 0, message: { role: 'assistant', content: 'aA' }, finish_reason: 'stop' },
        { index: 1, message: { role: 'assistant', content: 'bB' }, finish_reason: 'length' },
      ],
      usage: { total_tokens: 6 },
    });
  });

  it('has a role, a content and a finish_reason where no chunk had', () => {
    expect(wholeOfEvents('openai', [{ choices: [{ delta: { reasoning: 'Hm' } }] }, '[DONE]'])).to.deep.equal({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: null, reasoning: 'Hm' }, finish_reason: null }],
    });
  });

  it('has a message that came whole in one event', () => {
    const message = { role: 'assistant', content: 'Hello' };
    expect(wholeOfEvents('openai', [{ choices: [{ index: 0, message, finish_reason: 'stop' }] }])).to.deep.equal({
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
    });
  });

  it('has the text of completions, and what tells of their tokens', () => {
    const of = (text: string, finish_reason: unknown, tokens: readonly string[]) => ({
      object: 'text_completion',
      choices: [{ index: 0, text, finish_reason, logprobs: { tokens } }],
    });
    expect(wholeOfEvents('openai', [of('Hel', null, ['H', 'el']), of('lo', 'stop', ['lo'])])).to.deep.equal({
      object: 'text_completion',
      choices: [{ index: 0, text: 'Hello', finish_reason: 'stop', logprobs: { tokens: ['H', 'el', 'lo'] } }],
    });
  });

  it('takes a text beside an empty delta for content of the chat', () => {
    const events = [
      { choices: [{ index: 0, delta: { content: 'Hel' } }] },
      { choices: [{ index: 0, delta: [], text: 'lo' }] },
      { choices: [{ index: 0, delta: { content: ', you' }, text: 'you' }] },
    ];
    expect(wholeOfEvents('openai', events)).to.have.deep.nested.property('choices[0].message', {
      role: 'assistant',
      content: 'Hello, you',
    });
  });

  it('has the logprobs of all chunks', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((token) => ({ token, logprob: -1, bytes: [97], top_logprobs: [] }));
    const whole = wholeOfEvents('openai', [
      chunk({ content: 'ab' }, { logprobs: { content: [a, b], refusal: null } }),
      chunk({}, { logprobs: null }),
      chunk({ content: 'c' }, { logprobs: { content: [c], refusal: [a] } }),
    ]);
    expect(whole).to.have.deep.nested.property('choices[0].logprobs', { content: [a, b, c], refusal: [a] });
  });

  describe('has the tool calls', () => {
    const f = (args: string, name?: string) => ({ arguments: args, ...(name === undefined ? {} : { name }) });
    const call = (id: string, name: string, args: string) => ({
      id,
      type: 'function',
      function: { name, arguments: args },
    });
    const rows: readonly (readonly [
      title: string,
      calls: readonly (readonly object[])[],
      expected: readonly object[],
    ])[] = [
      [
        'whose pieces come in turns',
        [
          [{ index: 0, id: 'a', type: 'function', function: f('', 'f') }],
          [{ index: 1, id: 'b', type: 'function', function: f('', 'g') }],
          [
            { index: 0, function: f('{"x"') },
            { index: 1, function: f('{}') },
          ],
          [{ index: 0, id: '', function: { name: '', arguments: ':1}' } }],
        ],
        [call('a', 'f', '{"x":1}'), call('b', 'g', '{}')],
      ],
      ['without arguments', [[{ index: 0, ...call('a', 'f', '') }]], [call('a', 'f', '')]],
      [
        'that all have the index 0',
        [[{ index: 0, ...call('a', 'f', '{}') }], [{ index: 0, ...call('b', 'f', '{}') }]],
        [call('a', 'f', '{}'), call('b', 'f', '{}')],
      ],
      [
        'whose every piece has an id of its own',
        [[{ index: 0, ...call('a', 'f', '{') }], [{ index: 0, id: 'b', type: 'function', function: f('}') }]],
        [call('a', 'f', '{}')],
      ],
      [
        'that have no index',
        [[call('a', 'f', '{}')], [call('b', 'f', '{}')]],
        [call('a', 'f', '{}'), call('b', 'f', '{}')],
      ],
    ];
    for (const [title, calls, expected] of rows) {
      it(title, () => {
        const deltas = calls.map((tool_calls) => ({ tool_calls }));
        expect(messageOf({ role: 'assistant', content: null }, ...deltas)).to.deep.equal({
          role: 'assistant',
          content: null,
          tool_calls: expected,
        });
      });
    }
  });

  it('has the function call, the refusal, the sound, the pictures and the annotations', () => {
    const picture = (url: string) => ({ type: 'image_url', image_url: { url } });
    const note = (url: string) => ({ type: 'url_citation', url_citation: { url } });
    const message = messageOf(
      { function_call: { name: 'f', arguments: '' }, refusal: 'I ', audio: { id: 'a', transcript: 'Hel' } },
      { function_call: { arguments: '{' }, refusal: 'won’t', audio: { id: 'a', data: 'AA', transcript: 'lo' } },
      { function_call: { arguments: '}' }, audio: { id: 'a', data: 'BB', expires_at: 9 }, images: [picture('x')] },
      { images: [picture('y')], annotations: [note('x')] },
      { annotations: [note('y')] },
    );
    expect(message).to.deep.equal({
      role: 'assistant',
      content: null,
      function_call: { name: 'f', arguments: '{}' },
      refusal: 'I won’t',
      audio: { id: 'a', data: 'AABB', transcript: 'Hello', expires_at: 9 },
      images: [picture('x'), picture('y')],
      annotations: [note('x'), note('y')],
    });
  });

  it('has the details of the reasoning, each text of its index and type in one', () => {
    const detail = (type: string, fields: object) => ({ type: `reasoning.${type}`, index: 0, ...fields });
    expect(
      messageOf(
        { reasoning_details: [detail('summary', { summary: 'Hm' })] },
        { reasoning_details: [detail('summary', { summary: ', well' })] },
        { reasoning_details: [detail('encrypted', { data: 'x', id: 'r' })] },
      ),
    ).to.have.deep.property('reasoning_details', [
      detail('summary', { summary: 'Hm, well' }),
      detail('encrypted', { data: 'x', id: 'r' }),
    ]);
    expect(
      messageOf(
        { reasoning_details: [{ type: 'reasoning.text', text: 'a' }] },
        { reasoning_details: [{ type: 'reasoning.text', text: 'b', signature: 's' }] },
      ),
    ).to.have.deep.property('reasoning_details', [{ type: 'reasoning.text', text: 'ab', signature: 's' }]);
  });

  it('has a content of parts, each text in one, also where some chunks have a string', () => {
    const thinking = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }] });
    const parts = [{ content: [thinking('H')] }, { content: [thinking('m')] }, { content: 'Hel' }, { content: 'lo' }];
    expect(messageOf(...parts)).to.have.deep.property('content', [thinking('Hm'), { type: 'text', text: 'Hello' }]);
  });

  it('keeps items that are no objects', () => {
    expect(messageOf({ tokens: [1, 2] }, { tokens: [2, null] })).to.have.deep.property('tokens', [1, 2, 2, null]);
  });

  it('takes the last of a field that each chunk has', () => {
    const whole = wholeOfEvents('openai', [
      { ...chunk({ content: 'a', n: 1, name: 'x' }), citations: ['x'] },
      { ...chunk({ content: 'b', n: 2, name: 'x' }), citations: ['x', 'y'] },
    ]);
    expect(whole).to.have.deep.property('citations', ['x', 'y']);
    expect(whole).to.have.deep.nested.property('choices[0].message', {
      role: 'assistant',
      content: 'ab',
      n: 2,
      name: 'x',
    });
  });
});

describe('a stream of Anthropic', () => {
  const reply = {
    id: 'm-1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [
      { type: 'thinking', thinking: 'Hm', signature: 's' },
      { type: 'redacted_thinking', data: 'r' },
      { type: 'text', text: 'Hello 👑', citations: [{ type: 'char_location', cited_text: 'x' }] },
      { type: 'tool_use', id: 't', name: 'f', input: { x: 1 } },
    ],
    stop_reason: 'stop_sequence',
    stop_sequence: 'END',
    usage: { input_tokens: 3, output_tokens: 5 },
  };

  it('tells the start, each block, the reason of the stop and the end, each event under its type', () => {
    const begun = { ...reply, content: [], stop_reason: null, stop_sequence: null };
    const start = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
    const delta = (index: number, change: object) => ({ type: 'content_block_delta', index, delta: change });
    const stop = (index: number) => ({ type: 'content_block_stop', index });
    const expected = [
      { type: 'message_start', message: begun },
      start(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Hm' }),
      delta(0, { type: 'signature_delta', signature: 's' }),
      stop(0),
      start(1, { type: 'redacted_thinking', data: 'r' }),
      stop(1),
      start(2, { type: 'text', text: '', citations: [] }),
      delta(2, { type: 'text_delta', text: 'Hello 👑' }),
      delta(2, { type: 'citations_delta', citation: { type: 'char_location', cited_text: 'x' } }),
      stop(2),
      start(3, { type: 'tool_use', id: 't', name: 'f', input: {} }),
      delta(3, { type: 'input_json_delta', partial_json: '{"x":1}' }),
      stop(3),
      {
        type: 'message_delta',
        delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' },
        usage: { input_tokens: 3, output_tokens: 5 },
      },
      { type: 'message_stop' },
    ];
    expect(eventsOf('anthropic', reply)).to.deep.equal(expected);
    expect(told(streamOf(dialects.anthropic, json(reply))).map(({ event }) => event)).to.deep.equal(
      expected.map(({ type }) => type),
    );
  });

  it('counts none where the reply counted nothing', () => {
    const { usage, ...without } = reply;
    expect(roundTrip('anthropic', without)).to.deep.equal({ ...without, usage: { input_tokens: 0, output_tokens: 0 } });
  });

  it('tells a content of plain strings as blocks of text', () => {
    expect(roundTrip('anthropic', { ...reply, content: ['Hello'] })).to.have.deep.property('content', [
      { type: 'text', text: 'Hello' },
    ]);
  });
});

describe('a whole message from Anthropic’s events', () => {
  const start = (content_block: object, index?: number) => ({ type: 'content_block_start', index, content_block });
  const delta = (type: string, fields: object, index?: number) => ({
    type: 'content_block_delta',
    index,
    delta: { type: `${type}_delta`, ...fields },
  });
  const contentOf = (...events: readonly object[]): unknown =>
    (wholeOfEvents('anthropic', [...events, { type: 'message_stop' }]) as { content: unknown }).content;

  it('is whole: about, blocks, the reason of the stop and the last counts', () => {
    const about = { id: 'm-1', type: 'message', role: 'assistant', model: 'm' };
    const whole = wholeOfEvents('anthropic', [
      {
        type: 'message_start',
        message: { ...about, content: [], stop_reason: null, usage: { input_tokens: 3, output_tokens: 1 } },
      },
      { type: 'ping' },
      start({ type: 'text', text: '' }, 0),
      delta('text', { text: 'Hel' }, 0),
      delta('text', { text: 'lo' }, 0),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } },
      { type: 'message_news', id: 'other' },
      { type: 'message_stop' },
    ]);
    expect(whole).to.deep.equal({
      ...about,
      content: [{ type: 'text', text: 'Hello' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 5 },
    });
  });

  it('has every text exactly, however it was cut', () => {
    const pieces = fc.array(fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(pieces, pieces, fc.boolean(), (said, thought, numbered) => {
        const [first, second] = numbered ? [4, 7] : [];
        const content = contentOf(
          start({ type: 'thinking', thinking: '', signature: '' }, first),
          ...thought.map((thinking) => delta('thinking', { thinking }, first)),
          delta('signature', { signature: 's' }, first),
          start({ type: 'text', text: '' }, second),
          ...said.map((text) => delta('text', { text }, second)),
        );
        expect(content).to.deep.equal([
          { type: 'thinking', thinking: thought.join(''), signature: 's' },
          { type: 'text', text: said.join('') },
        ]);
      }),
    );
  });

  describe('has a tool’s input', () => {
    const begun = { type: 'tool_use', id: 't', name: 'f', input: {} };
    const rows: readonly (readonly [title: string, begun: object, pieces: readonly string[], input: unknown])[] = [
      ['from its pieces', begun, ['', '{"x":', '"é"}'], { x: 'é' }],
      ['of {} where it came empty', begun, [''], {}],
      ['of {} where it came with no piece', begun, [], {}],
      ['of {} where it was not begun either', { type: 'tool_use' }, [''], {}],
      ['where it came whole with its start', { ...begun, input: { x: 1 } }, [''], { x: 1 }],
      ['as the text it is where it was cut, so that nobody runs it', begun, ['{"x":'], '{"x":'],
    ];
    for (const [title, block, pieces, input] of rows) {
      it(title, () => {
        const deltas = pieces.map((partial_json) => delta('input_json', { partial_json }, 0));
        expect(contentOf(start(block, 0), ...deltas)).to.deep.equal([{ ...block, input }]);
      });
    }
  });

  it('has the citations of a text', () => {
    const [a, b] = ['a', 'b'].map((cited_text) => ({ type: 'char_location', cited_text }));
    expect(
      contentOf(
        start({ type: 'text', text: '', citations: [] }),
        delta('citations', { citation: a }),
        delta('text', { text: 'x' }),
        delta('citations', { citation: b }),
      ),
    ).to.deep.equal([{ type: 'text', text: 'x', citations: [a, b] }]);
  });

  it('has blocks whose start is missing', () => {
    expect(contentOf(delta('text', { text: 'Hel' }), delta('text', { text: 'lo' }))).to.deep.equal([
      { type: 'text', text: 'Hello' },
    ]);
  });

  it('has what the start of the message holds already', () => {
    const content = [{ type: 'text', text: 'Hello' }];
    expect(contentOf({ type: 'message_start', message: { content } })).to.deep.equal(content);
    expect(contentOf({ type: 'message_start' })).to.deep.equal([]);
  });
});
