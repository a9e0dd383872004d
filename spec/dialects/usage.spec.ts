import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import type { Usage } from '../../lib/core/custom-stage.js';
import type { Dialect } from '../../lib/core/dialect.js';
import { type Body, bytes, held } from '../../lib/core/exchange.js';
import { allDialects, dialects } from '../../lib/dialects/index.js';
import { countUsage } from '../../lib/dialects/usage.js';
import { drainBody, sourceOfPieces } from '../support/sources.js';

const counted = (body: Body, dialect: Dialect = dialects.openai): O.Option<Usage> => {
  let usage: O.Option<Usage> = O.none;
  countUsage(dialect, body, (seen) => {
    usage = seen;
  });
  return usage;
};

/** What is counted of a stream that comes in these pieces, and what of it goes on. */
const streamed = async (pieces: readonly Buffer[], dialect: Dialect): Promise<readonly [O.Option<Usage>, string]> => {
  let usage: O.Option<Usage> = O.none;
  const body = countUsage(dialect, held(sourceOfPieces(), O.none), (seen) => {
    usage = seen;
  });
  const { text } = await drainBody(body, ...pieces);
  return [usage, text];
};

const cut = (content: Buffer, size: number): readonly Buffer[] =>
  Array.from({ length: Math.ceil(content.length / size) }, (_, i) => content.subarray(i * size, (i + 1) * size));

const OPENAI = { usage: { prompt_tokens: 12, completion_tokens: 96, total_tokens: 108 } };
const ANTHROPIC = [
  { type: 'message_start', message: { content: [], usage: { input_tokens: 12, output_tokens: 1 } } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Say "usage".' } },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 96 } },
];
const WHOLE = O.some({ inputTokens: 12, outputTokens: 96 });

const sse = (events: readonly object[]): Buffer =>
  Buffer.from(`: hello\n\n${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`);
const json = (value: object): Body => bytes(Buffer.from(JSON.stringify(value)));

describe('dialects/usage', () => {
  it('counts the tokens of a whole reply, in either dialect', () => {
    expect(counted(json({ choices: [], ...OPENAI }))).to.deep.equal(WHOLE);
    expect(
      counted(json({ content: [], usage: { input_tokens: 12, output_tokens: 96 } }), dialects.anthropic),
    ).to.deep.equal(WHOLE);
  });

  it('counts what went through the cache of Anthropic as input', () => {
    const usage = { input_tokens: 2, cache_read_input_tokens: 7, cache_creation_input_tokens: 3, output_tokens: 96 };
    expect(counted(json({ usage }), dialects.anthropic)).to.deep.equal(WHOLE);
    expect(
      counted(
        json({
          usage: { ...usage, input_tokens: 12, cache_read_input_tokens: null, cache_creation_input_tokens: null },
        }),
        dialects.anthropic,
      ),
    ).to.deep.equal(WHOLE);
  });

  it('knows nothing where nothing, or no number, is said', () => {
    const replies = [
      {},
      { usage: null },
      { usage: { total_tokens: 0 } },
      { usage: { prompt_tokens: '12' } },
      { usage: { prompt_tokens: 12 } },
      { usage: { output_tokens: 96 } },
    ];
    for (const dialect of allDialects) {
      for (const value of replies) expect(counted(json(value), dialect), JSON.stringify(value)).to.deep.equal(O.none);
    }
    expect(counted(bytes(Buffer.from('{"usage"')))).to.deep.equal(O.none);
    expect(counted(bytes(Buffer.from('')))).to.deep.equal(O.none);
  });

  it('counts the tokens of a stream, the last that were told, however it is cut, and changes none of it', async () => {
    const late = [...ANTHROPIC, { type: 'message_delta', usage: { input_tokens: 12 } }];
    for (const [dialect, events] of [
      [dialects.openai, [{ choices: [] }, { usage: null }, OPENAI]],
      [dialects.anthropic, ANTHROPIC],
      [dialects.anthropic, late],
    ] as const) {
      const stream = sse(events);
      expect(counted(bytes(stream), dialect)).to.deep.equal(WHOLE);
      for (const size of [1, 7, stream.length]) {
        expect(await streamed(cut(stream, size), dialect)).to.deep.equal([WHOLE, stream.toString()]);
      }
    }
  });

  it('leaves JSON that is too long to be read', () => {
    const body = { ...held(sourceOfPieces(), O.none), prefix: Buffer.from('{"choices":[') };
    expect(countUsage(dialects.openai, body, () => expect.fail('counted'))).to.equal(body);
  });
});
