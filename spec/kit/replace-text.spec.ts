import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { type Answered, type Body, type Bytes, bytes, type Held, held, type Replied } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { dialects } from '../../lib/dialects/index.js';
import { rewriting } from '../../lib/hooks/rewrite.js';
import { defineStage } from '../../lib/index.js';
import { replaceText } from '../../lib/kit/replace-text.js';
import { install, reply, response, run, runText, startProxy, type Text } from '../../lib/testing/index.js';
import { wholeOf } from '../support/at-once.js';
import { drainBody, sourceOfPieces } from '../support/sources.js';
import { problem } from './options.js';

type DialectName = 'openai' | 'anthropic';

type Options = Readonly<Record<string, unknown>>;

const using = (options: Options) => ({ stage: replaceText.definition as never, with: options });
const through = (options: Options, ...pieces: readonly string[]): Text => runText(using(options), pieces);
const replaced = (rule: object, text: string): string => through({ rules: [rule] }, text).text;

describe('kit/replace-text', () => {
  it('replaces a text, letter by letter', () => {
    expect(replaced({ find: 'a.b', with: '$1' }, 'a.b axb a.b')).to.equal('$1 axb $1');
    expect(replaced({ find: '[OOC]' }, '[OOC]Hi')).to.equal('Hi');
    expect(replaced({ find: 'aa', with: 'b' }, 'aaaaa')).to.equal('bba');
  });

  it('replaces what a pattern finds, with its groups', () => {
    expect(replaced({ pattern: '(\\w+)@(?P<host>\\w+)', with: `$2 at \${host}, $1, $0, $$` }, 'x me@sea y')).to.equal(
      'x sea at sea, me, me@sea, $ y',
    );
    expect(replaced({ pattern: 'a(b)?', with: '<$1>' }, 'a ab')).to.equal('<> <b>');
  });

  it('knows the beginning, the end, and where words end', () => {
    expect(replaced({ pattern: '^a', with: 'b' }, 'aa')).to.equal('ba');
    expect(replaced({ pattern: 'a$', with: 'b' }, 'aa')).to.equal('ab');
    expect(replaced({ pattern: '\\ba\\b', with: 'b' }, 'a aa a')).to.equal('b aa b');
  });

  it('finds no match that is longer than it looks for, and no empty one', () => {
    expect(replaced({ pattern: '<.*?>', within: 5 }, '<abc> <abcd>')).to.equal(' <abcd>');
    expect(replaced({ pattern: 'x*', with: '!' }, 'abc')).to.equal('abc');
    expect(replaced({ pattern: 'x*', with: '!' }, 'axxc')).to.equal('a!c');
  });

  it('finds the longest match that is short enough, whatever could be longer', () => {
    const rule = { pattern: '\\(OOC.*\\)', within: 20 };
    for (let dashes = 0; dashes < 20; dashes += 1) {
      const longer = `${'-'.repeat(dashes)})`;
      const after = 'z'.repeat(30);
      const left = 8 + longer.length <= 20 ? after : longer + after;
      expect(replaced(rule, `(OOC: x)${longer}${after}`), `${dashes}`).to.equal(left);
    }
  });

  it('takes no beginning of a match that is too long for one', () => {
    expect(replaced({ pattern: 'xa+', within: 3 }, 'xaaaaaa xaa')).to.equal('xaaaaaa ');
  });

  it('never takes a character apart', () => {
    expect(replaced({ pattern: '[^a]x', within: 2 }, '\u{1F600}x')).to.equal('\u{1F600}x');
    expect(replaced({ pattern: '[^a]x', within: 3 }, '\u{1F600}x')).to.equal('');
  });

  it('takes time in proportion to the text, however often a match begins that is too long', function () {
    this.timeout(4000);
    const text = `${'('.repeat(20_000)}${'-'.repeat(200)})`;
    expect(replaced({ pattern: '\\(.*\\)' }, text)).to.equal(text);
  });

  it('applies its rules in order, each on what the one before has made', () => {
    expect(
      through(
        {
          rules: [
            { find: 'a', with: 'b' },
            { find: 'bb', with: 'c' },
          ],
        },
        'ab',
        'a',
      ).text,
    ).to.equal('cb');
  });

  it('finds what comes in pieces, and is no later than it has to be', () => {
    const options = { rules: [{ find: 'marker', with: '!' }] };
    expect(through(options, 'a mar', 'ker b').text).to.equal('a ! b');
    const { text } = replaceText.definition.make({ rules: [{ find: 'ab', with: '' }] } as never, {} as never);
    const transform = text?.({} as never, 0);
    expect(transform?.push('xyz')).to.deep.include({ text: 'x' });
    expect(transform?.end()).to.deep.include({ text: 'yz' });
  });

  describe('with reasoning', () => {
    it('moves them to the reasoning, or removes them, with the blanks behind', () => {
      const said = '  <think>Hm.\nWell.</think>\n\nHello <think>!';
      expect(through({ think: 'move' }, said)).to.deep.equal({ reasoning: 'Hm.\nWell.', text: 'Hello <think>!' });
      expect(through({ think: 'remove' }, said)).to.deep.equal({ reasoning: '', text: 'Hello <think>!' });
      expect(through({ think: 'move' }, '<thinking>a</think></thinking>b')).to.deep.equal({
        reasoning: 'a</think>',
        text: 'b',
      });
    });

    it('takes one that is never closed for a thought to its end', () => {
      expect(through({ think: 'move' }, '<think>Hm</thi')).to.deep.equal({ reasoning: 'Hm</thi', text: '' });
      expect(through({ think: 'remove' }, '<think>Hm')).to.deep.equal({ reasoning: '', text: '' });
    });

    it('takes several, one behind the other, and tags in capital letters', () => {
      const said = '<Think>a</THINK>\n<thinking> b</thinking>\n\n<think></think>c <think>d</think>';
      expect(through({ think: 'move' }, said)).to.deep.equal({ reasoning: 'a\n\n b', text: 'c <think>d</think>' });
      expect(through({ think: 'remove' }, said)).to.deep.equal({ reasoning: '', text: 'c <think>d</think>' });
    });

    it('leaves a text that has none as it is', () => {
      for (const text of ['Hello <think>x</think>', '<thin ice', '<', '  ', '', '<thinker>']) {
        expect(through({ think: 'move' }, text), text).to.deep.equal({ reasoning: '', text });
      }
      expect(through({ think: 'move' }, '<think>a</think>  ').text).to.equal('');
    });

    it('passes reasoning on as it comes', () => {
      const { text } = replaceText.definition.make({ think: 'move' } as never, {} as never);
      const transform = text?.({} as never, 0);
      expect(transform?.push('<thi')).to.deep.equal({ reasoning: '', text: '' });
      expect(transform?.push('nk>Hm, ')).to.deep.equal({ reasoning: 'Hm, ', text: '' });
      expect(transform?.push('so</th')).to.deep.equal({ reasoning: 'so', text: '' });
      expect(transform?.push('ink>\n')).to.deep.equal({ reasoning: '', text: '' });
      expect(transform?.push(' a')).to.deep.equal({ reasoning: '', text: 'a' });
    });

    it('has them out before its rules see the text', () => {
      expect(
        through({ think: 'move', rules: [{ pattern: '^a', with: 'b' }, { find: 'think' }] }, '<think>think</think>aa'),
      ).to.deep.equal({
        reasoning: 'think',
        text: 'ba',
      });
    });
  });

  describe('where the model only thought aloud', () => {
    const ALOUD = '<think>I was thinking';
    const asked = async (options: Options, value: Replied): Promise<string> => {
      const ran = await run(using(options), 'reply', value);
      return ran._tag === 'Failed' && ran.failure._tag === 'Unwanted' ? ran.failure.says : ran._tag;
    };
    const saying = (content: string, finish = 'stop', more: object = {}): Replied =>
      reply({ reply: { body: { choices: [{ index: 0, message: { content, ...more }, finish_reason: finish }] } } });

    it('wants another reply, unless the limit of tokens cut this one, or something else was said', async () => {
      for (const think of ['move', 'remove']) {
        expect(await asked({ think }, saying(ALOUD))).to.equal('the model only thought');
        expect(await asked({ think }, saying(`${ALOUD}</think>\n`))).to.equal('the model only thought');
        expect(await asked({ think }, saying(ALOUD, 'length'))).to.equal('Value');
        expect(await asked({ think }, saying(ALOUD, 'tool_calls', { tool_calls: [{ id: 'c' }] }))).to.equal('Value');
        expect(await asked({ think }, saying(`${ALOUD}</think>Hi`))).to.equal('Value');
      }
      const stream = `data: ${JSON.stringify({ choices: [{ delta: { content: ALOUD }, finish_reason: 'stop' }] })}\n\n`;
      expect(await asked({ think: 'move' }, reply({ reply: { body: stream } }))).to.equal('the model only thought');
      const content = [{ type: 'text', text: ALOUD }];
      const message = { type: 'message', content, stop_reason: 'end_turn' };
      expect(await asked({ think: 'move' }, reply({ dialect: 'anthropic', reply: { body: message } }))).to.equal(
        'the model only thought',
      );
    });

    it('leaves to others what is no chat, no good reply, no whole one, or none of its matter', async () => {
      const value = saying(ALOUD);
      const open = { ...held(sourceOfPieces(), O.none), prefix: Buffer.from('data: {}\n\n') };
      const others: readonly Replied[] = [
        { ...value, call: { _tag: 'Other', dialect: dialects.openai } },
        { ...value, plan: { ...value.plan, isContinuation: true } },
        { ...value, reply: { ...value.reply, body: open } },
        reply({ reply: { status: 503, body: ALOUD } }),
      ];
      for (const other of others) expect(await asked({ think: 'move' }, other)).to.equal('Value');
      expect(replaceText.definition.make({ rules: [{ find: 'a' }] } as never, {} as never)).not.to.have.property(
        'reply',
      );
    });

    it('gets another reply, and ends in an error that says so', async () => {
      const first = defineStage({
        name: 'aloud',
        make: () => ({
          reply: (e) => (e.number === 1 ? { ...e, reply: saying(ALOUD).reply } : e),
        }),
      });
      const always = defineStage({
        name: 'aloud',
        make: () => ({ reply: (e) => ({ ...e, reply: saying(ALOUD).reply }) }),
      });
      const proxies = await Promise.all(
        [first, always].map((stage) => startProxy({ stages: [using({ think: 'move' }), { stage } as never] })),
      );
      const [mended, lasting] = await Promise.all(proxies.map((proxy) => proxy.ask({ says: 'Hello' })));
      expect(mended?.text).to.include('Hello');
      expect(mended?.attempts).to.have.lengthOf(2);
      expect(lasting?.status).to.equal(502);
      expect(lasting?.body).to.include("A stage rejected the upstream's reply (the model only thought), 4 attempts");
      await Promise.all(proxies.map((proxy) => proxy.close()));
    });
  });

  it('takes a text of reasoning alone apart, however many there are', () => {
    const said = '<think></think>'.repeat(20_000);
    expect(through({ think: 'move' }, `${said}Hi`)).to.deep.equal({ reasoning: '', text: 'Hi' });
    expect(through({ think: 'move' }, ...Array.from('  <think>a</think>b')).text).to.equal('b');
  });

  it('makes of a text what it makes of the whole, wherever it is cut', () => {
    const letter = fc.constantFrom(
      'a',
      'b',
      'ab',
      '<',
      '>',
      ' ',
      '\u{1F600}',
      '<think>',
      '</think>',
      '<Thought>',
      '</thought>',
      'x1',
      '\n',
    );
    const text = fc.array(letter, { maxLength: 40 }).map((letters) => letters.join(''));
    const rule = fc.constantFrom<object>(
      { find: 'ab', with: 'x' },
      { find: 'aba' },
      { pattern: '\\ba+\\b', with: '[$0]', within: 4 },
      { pattern: '<[^>]*>', within: 6 },
      { pattern: '(a|ab)(b*)', with: '$2$1', within: 3 },
      { pattern: 'a.*b', within: 5 },
      { pattern: '^.', with: '!' },
      { pattern: '.$', with: '?' },
      { pattern: '(?m)^a', with: 'A', within: 2 },
      { pattern: 'b|', with: 'B', within: 1 },
    );
    const options = fc.record({ rules: fc.array(rule, { minLength: 1, maxLength: 3 }) }, { requiredKeys: ['rules'] });
    const think = fc.constantFrom({}, { think: 'move' }, { think: 'remove' });
    fc.assert(
      fc.property(options, think, text, fc.array(fc.nat(10), { maxLength: 20 }), (rules, thoughts, all, sizes) => {
        const pieces: string[] = [];
        let rest = all;
        for (const size of sizes) {
          pieces.push(rest.slice(0, size));
          rest = rest.slice(size);
        }
        const given = { ...rules, ...thoughts };
        expect(through(given, ...pieces, rest)).to.deep.equal(through(given, all));
      }),
      { numRuns: 1000 },
    );
  });

  describe('makes of a stream what it makes of the whole reply', () => {
    const NOTHING = { text: '', reasoning: '' };
    const letter = fc.constantFrom(
      'a',
      'b',
      'ab',
      '[O',
      'OC]',
      ' ',
      '\u{1F600}',
      '\ud83d',
      '<think>',
      '</think>',
      'Hi',
    );
    const pieces = fc.array(
      fc.array(letter, { minLength: 1, maxLength: 6 }).map((letters) => letters.join('')),
      { minLength: 1, maxLength: 6 },
    );
    const rule = fc.constantFrom<object>(
      { find: '[OOC]' },
      { find: 'ab', with: 'x' },
      { pattern: '^Hi', with: 'Ho' },
      { pattern: '.$', with: '?' },
      { pattern: 'a.*b', within: 5 },
      { pattern: '(?s).*', within: 3 },
    );
    const options = fc
      .record({ rules: fc.array(rule, { maxLength: 2 }), think: fc.constantFrom(undefined, 'move', 'remove') })
      .filter(({ rules, think }) => rules.length > 0 || think !== undefined)
      .map(({ rules, think }) => ({ rules, ...(think === undefined ? {} : { think }) }));
    const form = fc.record({
      isCut: fc.boolean(),
      /** A `finish_reason` in each chunk, as some have it. */
      finishes: fc.boolean(),
      /** The `text` of older completions. */
      isOlder: fc.boolean(),
      sizes: fc.array(fc.nat(80), { maxLength: 30 }),
    });
    type Form = typeof form extends fc.Arbitrary<infer F> ? F : never;

    const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
    const BODIES: Readonly<Record<DialectName, (all: readonly string[], form: Form) => readonly [object, string]>> = {
      openai: (all, { isCut, finishes, isOlder }) => {
        const end = isCut ? 'length' : 'stop';
        const chunk = (said: string, finish_reason: string | null) =>
          event({
            choices: [{ index: 0, ...(isOlder ? { text: said } : { delta: { content: said } }), finish_reason }],
          });
        const whole = isOlder ? { text: all.join('') } : { message: { content: all.join('') } };
        const chunks = all.map((each) => chunk(each, finishes ? end : null)).join('');
        return [
          { choices: [{ index: 0, ...whole, finish_reason: end }] },
          `${chunks}${finishes ? '' : chunk('', end)}data: [DONE]\n\n`,
        ];
      },
      anthropic: (all, { isCut }) => {
        const stop_reason = isCut ? 'max_tokens' : 'end_turn';
        const delta = (text: string) =>
          event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
        return [
          { content: [{ type: 'text', text: all.join('') }], stop_reason },
          event({ type: 'message_start', message: { content: [] } }) +
            event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }) +
            all.map(delta).join('') +
            event({ type: 'content_block_stop', index: 0 }) +
            event({ type: 'message_delta', delta: { stop_reason } }) +
            event({ type: 'message_stop' }),
        ];
      },
    };

    /** What a client reads of a whole reply. */
    const readOf = (dialect: DialectName, json: string): Text => {
      if (dialect === 'openai') {
        const [{ message = {}, text = '' } = {}] = JSON.parse(json).choices;
        return { text: message.content ?? text, reasoning: message.reasoning_content ?? '' };
      }
      return JSON.parse(json).content.reduce(
        (all: Text, block: { text?: string; thinking?: string }) => ({
          text: all.text + (block.text ?? ''),
          reasoning: all.reasoning + (block.thinking ?? ''),
        }),
        NOTHING,
      );
    };
    const cut = (stream: string, sizes: readonly number[]): readonly Buffer[] => {
      let rest = Buffer.from(stream);
      const taken = sizes.map((size) => {
        const piece = rest.subarray(0, size);
        rest = rest.subarray(size);
        return piece;
      });
      return [...taken, rest];
    };
    const changed = (given: Options, dialect: DialectName, body: Body): E.Either<Failure, Body> => {
      const value = response({ dialect });
      const stage = { ...install(using(given)), at: 0 };
      const went = rewriting([stage])({ ...value, reply: { ...value.reply, body } });
      return E.map(({ reply }: Answered): Body => reply.body)(went);
    };
    const wholly = async (given: Options, dialect: DialectName, content: string): Promise<Text | string> => {
      const body = changed(given, dialect, bytes(Buffer.from(content)));
      if (E.isLeft(body)) return body.left._tag;
      return readOf(dialect, (body.right as Bytes).bytes.toString());
    };
    const streamed = async (
      given: Options,
      dialect: DialectName,
      pieces: readonly Buffer[],
    ): Promise<Text | string> => {
      const body = E.toUnion(changed(given, dialect, held(sourceOfPieces(), O.none))) as Held;
      const { text, failure } = await drainBody(body, ...pieces);
      if (failure !== undefined) return failure._tag === 'BrokenOff' ? 'BadReply' : failure._tag;
      return readOf(dialect, wholeOf(dialects[dialect], Buffer.from(text)).toString());
    };

    for (const dialect of ['openai', 'anthropic'] as const) {
      it(`in ${dialect}, whatever its form and wherever it is cut`, async () => {
        await fc.assert(
          fc.asyncProperty(options, pieces, form, async (given, all, shape) => {
            const [whole, stream] = BODIES[dialect](all, shape);
            const entire = await wholly(given, dialect, JSON.stringify(whole));
            expect(await streamed(given, dialect, cut(stream, shape.sizes))).to.deep.equal(entire);
            // What a stage makes of the text by itself, in whichever reply it stands.
            if (typeof entire !== 'string') expect(entire).to.deep.equal(through(given, all.join('')));
          }),
          { numRuns: 500 },
        );
      });
    }

    it('in openai, for each of two choices, whatever stands between their chunks', async () => {
      const kind = fc.constantFrom('normal', 'each', 'last' as const);
      const between = fc.constantFrom<object>(
        { type: 'ping' },
        { choices: [] },
        { choices: [], usage: { total_tokens: 1 } },
        { choices: [0, 1].map((index) => ({ index, delta: {}, finish_reason: null })) },
      );
      const chunk = (index: number, content: string, finish_reason: string | null): object => ({
        choices: [{ index, delta: { content }, finish_reason }],
      });
      /** `each`: a finish in each chunk; `last`: in the last that has text. */
      const chunksOf = (index: number, all: readonly string[], how: string): readonly object[] => [
        ...all.map((said, place) =>
          chunk(index, said, how === 'each' || (how === 'last' && all.length === place + 1) ? 'stop' : null),
        ),
        ...(how === 'normal' ? [chunk(index, '', 'stop')] : []),
      ];
      const mixed = (choices: readonly (readonly object[])[], turns: readonly (object | number)[]): string => {
        const rest = choices.map((chunks) => [...chunks]);
        const taken = turns.flatMap((turn) => (typeof turn === 'number' ? (rest[turn]?.splice(0, 1) ?? []) : [turn]));
        return `${[...taken, ...rest.flat()].map(event).join('')}data: [DONE]\n\n`;
      };
      const rules = fc.array(rule, { minLength: 1, maxLength: 2 });
      const both = fc.tuple(pieces, pieces);
      const turns = fc.array(fc.oneof(fc.nat(1), between), { maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(rules, both, fc.tuple(kind, kind), turns, async (given, texts, kinds, order) => {
          const expected = texts.map((all) => through({ rules: given }, all.join('')).text);
          fc.pre(expected.every((text) => text.trim() !== ''));
          const stream = mixed(
            texts.map((all, index) => chunksOf(index, all, kinds[index] as string)),
            order,
          );
          const body = E.toUnion(changed({ rules: given }, 'openai', held(sourceOfPieces(), O.none))) as Held;
          const { text: out } = await drainBody(body, stream);
          const { choices } = JSON.parse(wholeOf(dialects.openai, Buffer.from(out)).toString());
          for (const [index, text] of expected.entries()) {
            const choice = choices.find((each: { index: number }) => each.index === index);
            expect(choice.message.content).to.equal(text);
            expect(choice.finish_reason).to.equal('stop');
          }
        }),
        { numRuns: 500 },
      );
    });
  });

  it('loses nothing where its rules find nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 10 }), (pieces) => {
        expect(through({ rules: [{ pattern: 'zzzz' }, { find: 'yyyy' }] }, ...pieces).text).to.equal(pieces.join(''));
      }),
    );
  });

  it('does so in whole proxies, streamed and whole', async () => {
    const proxy = await startProxy({
      stages: [using({ think: 'move', rules: [{ pattern: '(?i)hello', with: 'Ahoy' }] })],
    });
    for (const dialect of ['openai', 'anthropic'] as const) {
      for (const stream of [false, true]) {
        const { text, body } = await proxy.ask({
          dialect,
          stream,
          says: '<think>A greeting.</think>\nHello, sea! \u{1F600}',
        });
        expect(text).to.equal('Ahoy, sea! \u{1F600}');
        expect(body)
          .to.include(dialect === 'openai' ? '"reasoning_content":"' : '"type":"thinking"')
          .and.not.include('</think>');
      }
    }
    await proxy.close();
  });

  it('refuses what makes no sense', () => {
    expect(problem(replaceText, {})).to.equal('with: replace-text needs think or rules');
    expect(problem(replaceText, { rules: [] })).to.include('replace-text needs think or rules');
    for (const rule of [{}, { find: 'a', pattern: 'b' }, { with: 'x' }]) {
      expect(problem(replaceText, { rules: [rule] })).to.include('each rule needs either find or pattern');
    }
    expect(problem(replaceText, { rules: [{ find: 'a', within: 3 }] })).to.include('within goes with pattern');
    expect(problem(replaceText, { rules: [{ pattern: '(a)', with: '$2' }] })).to.include('the pattern has no group 2');
    expect(problem(replaceText, { rules: [{ pattern: '(a)', with: `\${b}` }] })).to.include(
      'the pattern has no group b',
    );
    const rules = [
      { find: 'a', within: 3 },
      { pattern: 'a' },
      { pattern: '(a)', with: '$1 $2 $$ $3 $2' },
      { with: 'x' },
    ];
    expect(problem(replaceText, { rules }).split('\n')).to.deep.equal([
      'with.rules[0].within: within goes with pattern',
      'with.rules[2].with: the pattern has no group 2',
      'with.rules[2].with: the pattern has no group 3',
      'with.rules[3]: each rule needs either find or pattern',
    ]);
    expect(problem(replaceText, { rules: [{ pattern: '(?=a)' }] })).to.include(
      'with.rules[0].pattern: expected a pattern',
    );
    expect(
      problem(replaceText, {
        rules: [
          { pattern: 'a', within: 0 },
          { find: 'b', with: 5 },
        ],
      }),
    )
      .to.include('with.rules[0].within: expected a number of characters')
      .and.include('with.rules[1].with: expected text');
  });
});
