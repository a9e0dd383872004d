import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Fields, TextPiece as Piece, TextFlow } from '../../lib/core/dialect.js';
import type { Failure } from '../../lib/core/failure.js';
import { dialects } from '../../lib/dialects/index.js';
import { type Parted, reasoningApart } from '../../lib/dialects/reasoning.js';
import { rewriter, rewrittenWhole } from '../../lib/dialects/rewrite.js';
import type { Changes } from '../../lib/dialects/text-changes.js';
import { wholeOf } from '../support/at-once.js';

type DialectName = 'openai' | 'anthropic';

const LEFT: Failure = { _tag: 'StageFault', stage: 's', why: 'left nothing of the reply' };

const text = (said: string): readonly Piece[] => (said === '' ? [] : [{ kind: 'text', text: said }]);

const changes = (more: Partial<Changes>): Changes => ({
  json: O.none,
  text: O.none,
  fault: () => O.none,
  nothingLeft: LEFT,
  ...more,
});

/** Each flow is new for each choice. */
const flowing =
  (make: (choice: number) => TextFlow): (() => Changes) =>
  () =>
    changes({ text: O.some(make) });

const same = flowing(() => ({ push: text, end: () => [] }));
const upper = flowing(() => ({ push: (said) => text(said.toUpperCase()), end: () => [] }));
/** Holds all back. */
const atEnd = flowing(() => {
  let all = '';
  return {
    push: (said) => {
      all += said;
      return [];
    },
    end: () => text(all),
  };
});
/** Holds the last so many back. */
const late = (count: number) =>
  flowing(() => {
    let held = '';
    return {
      push: (said) => {
        held += said;
        const out = held.slice(0, Math.max(0, held.length - count));
        held = held.slice(out.length);
        return text(out);
      },
      end: () => text(held),
    };
  });
const counting = flowing((choice) => {
  let calls = 0;
  return {
    push: (said) => {
      calls += 1;
      return text(said);
    },
    end: () => text(`<${choice}${calls > 0 ? '' : ' silent'}>`),
  };
});
/** What stands between brackets is thought. */
const thinking = flowing(() => ({
  push: (said) => Array.from(said, (c): Piece => ({ kind: c === c.toUpperCase() ? 'reasoning' : 'text', text: c })),
  end: () => [],
}));
const nothing = flowing(() => ({ push: () => [], end: () => [] }));

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (...choices: object[]): string =>
  event({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices });
const delta = (content: unknown, index = 0, more: object = {}): string =>
  chunk({ index, delta: { content }, finish_reason: null, ...more });
const finish = (index = 0, reason = 'stop'): string => chunk({ index, delta: {}, finish_reason: reason });
const DONE = 'data: [DONE]\n\n';

const named = (value: { readonly type: string }): string => `event: ${value.type}\n${event(value)}`;
const start = (index: number, block: object): string =>
  named({ type: 'content_block_start', index, content_block: block } as never);
const said = (index: number, words: string): string =>
  named({ type: 'content_block_delta', index, delta: { type: 'text_delta', text: words } } as never);
const stop = (index: number): string => named({ type: 'content_block_stop', index } as never);
const BEGIN = named({ type: 'message_start', message: { id: 'm', role: 'assistant', content: [] } } as never);
const STOP =
  named({ type: 'message_delta', delta: { stop_reason: 'end_turn' } } as never) + named({ type: 'message_stop' });
const TEXT = { type: 'text', text: '' };

type Result = { readonly out: string; readonly failure?: Failure };

const LIMIT = 1000;

const streamed = (dialect: DialectName, made: Changes, pieces: readonly (string | Buffer)[]): Result => {
  const { push, end } = rewriter(dialects[dialect], made, LIMIT);
  let out = '';
  for (const piece of [...pieces.map(Buffer.from), undefined]) {
    const result = piece === undefined ? end() : push(piece);
    if (E.isLeft(result)) return { out, failure: result.left };
    out += result.right.toString();
  }
  return { out };
};
const outOf = (dialect: DialectName, made: Changes, ...pieces: readonly string[]): string => {
  const { out, failure } = streamed(dialect, made, pieces);
  expect(failure).to.equal(undefined);
  return out;
};
/** The stream as a whole reply. */
const joined = (dialect: DialectName, stream: string): Fields =>
  JSON.parse(wholeOf(dialects[dialect], Buffer.from(stream)).toString());
const whole = (dialect: DialectName, made: Changes, value: object | string): unknown => {
  const body = typeof value === 'string' ? value : JSON.stringify(value);
  const result = rewrittenWhole(dialects[dialect], made, Buffer.from(body));
  if (E.isLeft(result)) return result.left;
  const out = result.right.toString();
  return typeof value === 'string' ? out : JSON.parse(out);
};

describe('rewriting a reply', () => {
  describe("of OpenAI's", () => {
    it('changes the text of each event, and nothing else of it', () => {
      const more = { logprobs: null, seed: 1 };
      expect(outOf('openai', upper(), delta('ab', 0, more) + finish() + DONE)).to.equal(
        delta('AB', 0, more) + finish() + DONE,
      );
    });

    it('leaves what it does not change byte for byte', () => {
      const stream = `: ka\r\n\r\ndata:{"choices": [ ] ,"usage":{"total_tokens":1.0}}\r\n\r\ndata: nonsense\n\n${delta('ab')}${finish()}${DONE}`;
      expect(outOf('openai', same(), stream)).to.equal(stream);
      expect(outOf('openai', changes({}), stream)).to.equal(stream);
      expect(outOf('openai', same(), event({ a: 1 }) + DONE)).to.equal(event({ a: 1 }) + DONE);
    });

    it('gives what was held back with the finish of its choice, before [DONE], or at the end', () => {
      const late = chunk({ index: 0, delta: { content: 'ab' }, finish_reason: 'stop' });
      const none = delta('').repeat(2);
      expect(outOf('openai', atEnd(), delta('a'), delta('b'), finish(), DONE)).to.equal(none + late + DONE);
      expect(outOf('openai', atEnd(), delta('a'), delta('b'), DONE)).to.equal(none + delta('ab') + DONE);
      expect(outOf('openai', atEnd(), delta('a'), delta('b'))).to.equal(none + delta('ab'));
    });

    it('gives it also with a finish that has no delta', () => {
      const bare = chunk({ index: 0, finish_reason: 'stop' });
      const full = chunk({ index: 0, finish_reason: 'stop', delta: { content: 'a' } });
      expect(outOf('openai', atEnd(), delta('a') + bare + DONE)).to.equal(delta('') + full + DONE);
      expect(outOf('openai', same(), delta('a') + bare + DONE)).to.equal(delta('a') + bare + DONE);
    });

    it('has no text to give where there was none', () => {
      const body = '{ "choices": [ { "message": { "content": null, "tool_calls": [ {} ] } } ] }';
      expect(whole('openai', counting(), body)).to.equal(body);
    });

    it('gives it once, without the usage of the chunk that it is made like', () => {
      const counted = (content: string) =>
        event({
          id: 'c',
          choices: [{ index: 0, delta: { content }, finish_reason: null }],
          usage: { total_tokens: 1 },
        });
      const usage = event({ id: 'd', choices: [], usage: { total_tokens: 1 } });
      const like = event({ id: 'c', choices: [{ index: 0, delta: { content: 'ab' }, finish_reason: null }] });
      expect(outOf('openai', atEnd(), counted('ab'), usage, DONE)).to.equal(counted('') + usage + like + DONE);
    });

    it('gives the last text with a finish at once, whatever comes behind it', () => {
      const { push } = rewriter(dialects.openai, late(3)(), LIMIT);
      const given = (piece: string) => O.toUndefined(O.fromEither(push(Buffer.from(piece))))?.toString();
      const tool = chunk({ index: 2, delta: { tool_calls: [{ id: 'c' }] }, finish_reason: 'tool_calls' });
      const ended = (content: string, index: number) => delta(content, index, { finish_reason: 'stop' });
      const pieces = [tool, delta('abcd'), finish(), delta('vw', 1), ended('xyz', 1), chunk()];
      expect(pieces.map(given)).to.deep.equal([
        tool,
        delta('a'),
        chunk({ index: 0, delta: { content: 'bcd' }, finish_reason: 'stop' }),
        delta('', 1),
        ended('vwxyz', 1),
        chunk(),
      ]);
    });

    describe('from an upstream that puts a finish into each chunk', () => {
      const each = (content: string, index = 0) => delta(content, index, { finish_reason: 'stop' });
      const like = (content: string, reason: string | null, index = 0) =>
        chunk({ index, delta: content === '' ? {} : { content }, finish_reason: reason });
      const usage = event({ id: 'c', choices: [], usage: { total_tokens: 1 } });

      it('ends each choice once, behind its last text, and tells the finish there', () => {
        for (const end of [DONE, '']) {
          expect(outOf('openai', counting(), each('a'), each('b'), end)).to.equal(
            delta('a') + delta('b') + like('<0>', 'stop') + end,
          );
          expect(outOf('openai', same(), each('a'), end)).to.equal(delta('a') + like('', 'stop') + end);
        }
        const mixed = [each('a'), each('x', 1), each('b'), each('y', 1)];
        expect(outOf('openai', counting(), ...mixed, DONE)).to.equal(
          delta('a') + delta('x', 1) + delta('b') + delta('y', 1) + like('<0>', 'stop') + like('<1>', 'stop', 1) + DONE,
        );
      });

      it('ends none for what stands between its texts', () => {
        const ping = event({ type: 'ping' });
        const thought = chunk({ index: 0, delta: { reasoning_content: 'Hm.' }, finish_reason: null });
        for (const between of [like('', null), thought, ping, usage, chunk()]) {
          expect(outOf('openai', counting(), each('a'), between, each('b'), DONE)).to.equal(
            delta('a') + between + delta('b') + like('<0>', 'stop') + DONE,
          );
        }
        expect(outOf('openai', counting(), each('a'), finish(), each('b'), DONE)).to.equal(
          delta('a') + like('', null) + delta('b') + like('<0>', 'stop') + DONE,
        );
        expect(outOf('openai', counting(), finish(), delta('a'), each('b'), each('c'), DONE)).to.equal(
          finish() + delta('a') + delta('b') + delta('c') + like('<0>', 'stop') + DONE,
        );
      });

      it('has the usage behind the finish, once', () => {
        for (const end of [DONE, '']) {
          expect(outOf('openai', counting(), each('a'), usage, end)).to.equal(
            delta('a') + like('<0>', 'stop') + usage + end,
          );
        }
      });

      it('holds no text back but what the transform does', () => {
        const { push } = rewriter(dialects.openai, same(), LIMIT);
        expect(push(Buffer.from(each('a')))).to.deep.equal(E.right(Buffer.from(delta('a'))));
      });
    });

    it('ends a choice that speaks on behind its finish no more than once again', () => {
      const each = (content: string) => delta(content, 0, { finish_reason: 'stop' });
      expect(outOf('openai', counting(), delta('a'), each('b'), each('c'), delta('d'), each('e'), DONE)).to.equal(
        delta('a') + each('b<0>') + delta('c') + delta('d') + delta('e') + each('<0>') + DONE,
      );
    });

    it('has a state for each choice, however they are mixed', () => {
      const both = chunk(
        { index: 0, delta: { content: 'a' }, finish_reason: null },
        { index: 1, delta: { content: 'x' }, finish_reason: null },
      );
      const out = outOf('openai', counting(), both, delta('b', 1), finish(0), finish(1), DONE);
      const { choices } = joined('openai', out) as { choices: { message: { content: string } }[] };
      expect(choices.map(({ message }) => message.content)).to.deep.equal(['a<0>', 'xb<1>']);
    });

    it('has no text to end in a choice that had none, though it ends with one that had', () => {
      const both = chunk(
        { index: 0, delta: {}, finish_reason: 'stop' },
        { index: 1, delta: {}, finish_reason: 'stop' },
      );
      const ended = both.replace('{}', '{"content":"<0>"}');
      expect(outOf('openai', counting(), delta('a'), both, DONE)).to.equal(delta('a') + ended + DONE);
    });

    it('counts choices that have no index by their place', () => {
      const stream = chunk({ delta: { content: 'a' } }, { delta: { content: 'b' } }) + DONE;
      expect(outOf('openai', counting(), stream)).to.include('"content":"<1>"');
    });

    it('does not show half a character', () => {
      const seen: string[] = [];
      const looking = flowing(() => ({
        push: (words) => {
          seen.push(words);
          return text(words);
        },
        end: () => [],
      }));
      const out = outOf('openai', looking(), delta('a\ud83d') + delta('\ude00b') + delta('\ud83d') + finish() + DONE);
      expect(seen).to.deep.equal(['a', '\u{1F600}b', '\ud83d']);
      expect(joined('openai', out)).to.have.nested.property('choices[0].message.content', 'a\u{1F600}b\ud83d');
    });

    it('takes text in parts, and text of older completions', () => {
      const parts = [
        { type: 'text', text: 'a' },
        { type: 'image_url', image_url: {} },
        { type: 'text', text: 'b' },
      ];
      const changed = [
        { type: 'text', text: 'AB' },
        { type: 'image_url', image_url: {} },
      ];
      expect(outOf('openai', upper(), delta(parts) + DONE)).to.equal(delta(changed) + DONE);
      expect(outOf('openai', same(), delta(parts) + DONE)).to.equal(delta(parts) + DONE);
      const old = (words: string) => chunk({ index: 0, text: words, finish_reason: null });
      expect(outOf('openai', upper(), old('a') + DONE)).to.equal(old('A') + DONE);
      expect(outOf('openai', same(), old('a') + DONE)).to.equal(old('a') + DONE);
      expect(
        whole('openai', thinking(), {
          choices: [{ message: { content: [{ type: 'text', text: 'A' }], tool_calls: [{ id: 'c' }] } }],
        }),
      ).to.deep.equal({
        choices: [{ message: { content: [], reasoning_content: 'A', tool_calls: [{ id: 'c' }] } }],
      });
    });

    it('keeps text of older completions where it was, and puts their reasoning into a message beside it', () => {
      const old = (more: object) => chunk({ index: 0, finish_reason: null, ...more });
      const rest = chunk({ index: 0, text: 'ab', finish_reason: null });
      expect(outOf('openai', atEnd(), old({ text: 'ab' }) + DONE)).to.equal(old({ text: '' }) + rest + DONE);
      expect(outOf('openai', thinking(), old({ text: 'Ab' }) + old({ text: 'C', delta: {} }) + DONE)).to.equal(
        old({ text: 'b', delta: { reasoning_content: 'A' } }) +
          old({ text: '', delta: { reasoning_content: 'C' } }) +
          DONE,
      );
      const reply = { choices: [{ index: 0, text: 'Ab', finish_reason: 'stop' }] };
      const [choice] = reply.choices;
      const after = { ...choice, text: 'b', message: { reasoning_content: 'A' } };
      expect(whole('openai', thinking(), reply)).to.deep.equal({ choices: [after] });
      // Readers look at `text` only where there is no content at all.
      expect(whole('openai', upper(), { choices: [{ text: 'a', message: { content: '' } }] })).to.deep.equal({
        choices: [{ message: { content: 'A' } }],
      });
    });

    it('puts reasoning where clients look for it, behind what is there', () => {
      const out = outOf(
        'openai',
        thinking(),
        delta('aB') + chunk({ delta: { content: 'C', reasoning_content: 'x' } }) + DONE,
      );
      expect(joined('openai', out))
        .to.have.nested.property('choices[0].message')
        .that.includes({ content: 'a', reasoning_content: 'BxC' });
      const message = { content: 'aB', reasoning_content: 'x' };
      expect(whole('openai', thinking(), { choices: [{ message }] })).to.deep.equal({
        choices: [{ message: { content: 'a', reasoning_content: 'xB' } }],
      });
    });
  });

  describe("of Anthropic's", () => {
    it('changes the text of each block, and nothing else', () => {
      const stream = BEGIN + start(0, TEXT) + said(0, 'a') + said(0, 'b') + stop(0) + STOP;
      const changed = BEGIN + start(0, TEXT) + said(0, 'A') + said(0, 'B') + stop(0) + STOP;
      expect(outOf('anthropic', upper(), stream)).to.equal(changed);
    });

    it('gives what was held back before the end of its block', () => {
      const stream = BEGIN + start(0, TEXT) + said(0, 'a') + said(0, 'b') + stop(0) + STOP;
      expect(outOf('anthropic', atEnd(), stream)).to.equal(BEGIN + start(0, TEXT) + said(0, 'ab') + stop(0) + STOP);
      expect(outOf('anthropic', atEnd(), BEGIN + start(0, TEXT) + said(0, 'a'))).to.equal(
        BEGIN + start(0, TEXT) + said(0, 'a'),
      );
      const unended = BEGIN + start(0, TEXT) + said(0, 'a');
      expect(outOf('anthropic', atEnd(), unended + STOP)).to.equal(unended + stop(0) + STOP);
      expect(outOf('anthropic', same(), BEGIN)).to.equal(BEGIN);
    });

    it('puts reasoning into blocks of its own, and counts those behind anew', () => {
      const tool = { type: 'tool_use', id: 't', name: 'n', input: {} };
      const json = (index: number) =>
        named({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: '{}' } } as never);
      const thought = (index: number, words: string): string =>
        start(index, { type: 'thinking', thinking: '', signature: '' }) +
        named({ type: 'content_block_delta', index, delta: { type: 'thinking_delta', thinking: words } } as never) +
        stop(index);
      const stream =
        BEGIN + start(0, TEXT) + said(0, 'A') + said(0, 'b') + stop(0) + start(1, tool) + json(1) + stop(1) + STOP;
      expect(outOf('anthropic', thinking(), stream)).to.equal(
        BEGIN + thought(0, 'A') + start(1, TEXT) + said(1, 'b') + stop(1) + start(2, tool) + json(2) + stop(2) + STOP,
      );
      const blocks = [{ type: 'text', text: 'Ab' }, { type: 'text', text: '' }, tool];
      expect(whole('anthropic', thinking(), { content: blocks })).to.deep.equal({
        content: [
          { type: 'thinking', thinking: 'A', signature: '' },
          { type: 'text', text: 'b' },
          { type: 'text', text: '' },
          tool,
        ],
      });
    });

    it('takes text that stands in the start of a block, other deltas in it, and blocks without a start', () => {
      const cited = named({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'citations_delta', citation: {} },
      } as never);
      expect(
        outOf('anthropic', upper(), BEGIN + start(0, { type: 'text', text: 'a' }) + cited + stop(0) + STOP),
      ).to.equal(BEGIN + start(0, TEXT) + said(0, 'A') + cited + stop(0) + STOP);
      expect(outOf('anthropic', upper(), BEGIN + said(0, 'a') + said(0, '') + stop(0) + STOP)).to.equal(
        BEGIN + start(0, TEXT) + said(0, 'A') + said(0, '') + stop(0) + STOP,
      );
      const odd = named({ type: 'content_block_delta', index: 7 } as never) + stop(7) + event({ a: 1 });
      expect(outOf('anthropic', upper(), BEGIN + odd)).to.equal(BEGIN + odd);
      expect(outOf('anthropic', same(), named({ type: 'content_block_start', index: 0 } as never))).to.equal(
        named({ type: 'content_block_start', index: 0 } as never),
      );
    });

    it('leaves events of which nothing changes byte for byte', () => {
      const raw = (value: object) => `data:  ${JSON.stringify({ ...value, own: 1.5 })}\r\n\r\n`;
      const at = (index: number, words: string) =>
        raw({ type: 'content_block_delta', index, delta: { type: 'text_delta', text: words } });
      const opened = (index: number, block: object) =>
        raw({ type: 'content_block_start', content_block: block, index });
      const closed = (index: number) => raw({ type: 'content_block_stop', index });
      const thought =
        opened(0, { type: 'thinking', thinking: '' }) +
        raw({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'a' } }) +
        closed(0);
      const stream =
        BEGIN +
        thought +
        (opened(1, TEXT) + at(1, '') + at(1, 'b') + at(1, '') + at(1, 'c') + closed(1)) +
        (opened(2, TEXT) + at(2, '') + closed(2)) +
        (opened(3, { type: 'text', text: 'd' }) + at(3, 'e') + closed(3)) +
        STOP;
      expect(outOf('anthropic', same(), stream)).to.equal(stream);
      expect(outOf('anthropic', upper(), stream)).to.include(thought + opened(1, TEXT));
    });

    it('leaves out what is empty in a block whose text is held back', () => {
      const stream = BEGIN + start(0, TEXT) + said(0, 'a') + said(0, '') + stop(0) + STOP;
      expect(outOf('anthropic', atEnd(), stream)).to.equal(BEGIN + start(0, TEXT) + said(0, 'a') + stop(0) + STOP);
    });

    it('loses nothing where an upstream leaves out the starts and the stops of its blocks', () => {
      const stream = BEGIN + said(0, 'One') + said(1, 'two') + STOP;
      expect(joined('anthropic', outOf('anthropic', atEnd(), stream)).content).to.deep.equal([
        { type: 'text', text: 'One' },
        { type: 'text', text: 'two' },
      ]);
    });

    it('counts the blocks of text alone, streamed and whole', () => {
      const thought = { type: 'thinking', thinking: 'Hm.', signature: '' };
      const block = (index: number, words: string) => start(index, TEXT) + said(index, words) + stop(index);
      const stream = BEGIN + start(0, thought) + stop(0) + block(1, 'a') + block(2, 'b') + STOP;
      const content = [thought, { type: 'text', text: 'a' }, { type: 'text', text: 'b' }];
      const after = [thought, { type: 'text', text: 'a<0>' }, { type: 'text', text: 'b<1>' }];
      expect(whole('anthropic', counting(), { content })).to.deep.equal({ content: after });
      expect(joined('anthropic', outOf('anthropic', counting(), stream)).content).to.deep.equal(after);
    });

    it('leaves a whole message of which nothing changes byte for byte', () => {
      const message = '{ "content": [ {"type":"text","text":"a"}, {"type":"text","text":""} ] }';
      expect(whole('anthropic', same(), message)).to.equal(message);
      expect(whole('anthropic', same(), '{ "a": 1 }')).to.equal('{ "a": 1 }');
    });
  });

  describe('with other JSON', () => {
    const marking = () =>
      changes({ json: O.some((fields: Fields) => ('model' in fields ? { ...fields, model: 'alias' } : fields)) });

    it('changes each event, and the whole', () => {
      expect(outOf('openai', marking(), delta('a') + event({ a: 1 }) + DONE)).to.equal(
        delta('a').replace('"m"', '"alias"') + event({ a: 1 }) + DONE,
      );
      expect(outOf('anthropic', marking(), event({ model: 'm' }))).to.equal(event({ model: 'alias' }));
      expect(whole('openai', marking(), { model: 'm', choices: [] })).to.deep.equal({ model: 'alias', choices: [] });
      expect(whole('openai', marking(), delta('a') + DONE)).to.equal(delta('a').replace('"m"', '"alias"') + DONE);
    });

    it('leaves what is no object as it is', () => {
      for (const body of ['[1]', '5', 'no JSON', '']) expect(whole('openai', marking(), body)).to.equal(body);
    });
  });

  describe('of which nothing is left', () => {
    const FULL: Readonly<Record<DialectName, string>> = {
      openai: delta('a') + finish() + DONE,
      anthropic: BEGIN + start(0, TEXT) + said(0, 'a') + stop(0) + STOP,
    };
    const WHOLE: Readonly<Record<DialectName, object>> = {
      openai: { choices: [{ message: { content: 'a' } }] },
      anthropic: { content: [{ type: 'text', text: 'a' }] },
    };
    for (const dialect of ['openai', 'anthropic'] as const) {
      it(`fails, streamed or whole, for ${dialect}`, () => {
        const { out, failure } = streamed(dialect, nothing(), [FULL[dialect]]);
        expect(failure).to.deep.equal(LEFT);
        expect(out).not.to.include('message_stop').and.not.to.include('DONE');
        expect(whole(dialect, nothing(), WHOLE[dialect])).to.deep.equal(LEFT);
        expect(whole(dialect, nothing(), FULL[dialect])).to.deep.equal(LEFT);
        expect(streamed(dialect, nothing(), [FULL[dialect].split('data: [DONE]')[0] as string]).failure).to.deep.equal(
          LEFT,
        );
      });
    }

    it('is good where there was no text, or something else too', () => {
      const tool = chunk({ index: 0, delta: { tool_calls: [{ index: 0, function: { name: 'f' } }] } });
      expect(outOf('openai', nothing(), delta('a') + tool + finish() + DONE)).to.equal(
        delta('') + tool + finish() + DONE,
      );
      expect(outOf('openai', nothing(), tool + finish() + DONE)).to.equal(tool + finish() + DONE);
    });
  });

  describe('in which the model only thought', () => {
    const BROKEN: Failure = { _tag: 'BrokenOff', by: 'thought' };
    const EMPTY: Failure = { _tag: 'BadReply', reason: 'empty_reply', status: 200, text: '', hintMs: O.none };
    const apart = (isMoved: boolean) =>
      flowing(() => {
        const { push, end } = reasoningApart();
        const pieces = (parted: Parted): readonly Piece[] => [
          ...(isMoved ? [{ kind: 'reasoning', text: parted.reasoning } as const] : []),
          ...text(parted.text),
        ];
        return { push: (words) => pieces(push(words)), end: () => pieces(end()) };
      });
    const STREAM: Readonly<Record<DialectName, (words: string, isCut: boolean) => string>> = {
      openai: (words, isCut) => delta(words) + finish(0, isCut ? 'length' : 'stop') + DONE,
      anthropic: (words, isCut) =>
        BEGIN + start(0, TEXT) + said(0, words) + stop(0) + (isCut ? STOP.replace('end_turn', 'max_tokens') : STOP),
    };
    const REPLY: Readonly<Record<DialectName, (words: string, isCut: boolean) => object>> = {
      openai: (content, isCut) => ({
        choices: [{ index: 0, message: { content }, finish_reason: isCut ? 'length' : 'stop' }],
      }),
      anthropic: (words, isCut) => ({
        content: [{ type: 'text', text: words }],
        stop_reason: isCut ? 'max_tokens' : 'end_turn',
      }),
    };
    const ALOUD = '<think>I was thinking';
    for (const dialect of ['openai', 'anthropic'] as const) {
      for (const isMoved of [true, false]) {
        it(`it is no fault of a stage that ${isMoved ? 'moves' : 'removes'} thoughts, for ${dialect}`, () => {
          const stopped = STREAM[dialect](ALOUD, false);
          const { out, failure } = streamed(dialect, apart(isMoved)(), [stopped]);
          expect(failure).to.deep.equal(BROKEN);
          expect(out).not.to.include('message_stop').and.not.to.include('DONE');
          expect(whole(dialect, apart(isMoved)(), REPLY[dialect](ALOUD, false))).to.deep.equal(EMPTY);
          expect(whole(dialect, apart(isMoved)(), stopped)).to.deep.equal(EMPTY);
        });

        it(`it is good where the limit of tokens cut it, ${isMoved ? 'moved' : 'removed'}, for ${dialect}`, () => {
          const out = outOf(dialect, apart(isMoved)(), STREAM[dialect](ALOUD, true));
          expect(out.includes('I was thinking')).to.equal(isMoved);
          expect(out).not.to.include('<think>');
          const entire = JSON.stringify(whole(dialect, apart(isMoved)(), REPLY[dialect](ALOUD, true)));
          expect(entire).to.include(dialect === 'openai' ? '"choices"' : '"content"');
          expect(entire.includes('I was thinking')).to.equal(isMoved);
        });
      }

      it(`it is one where a stage moves all of a text, and none where it takes away what was said, for ${dialect}`, () => {
        expect(whole(dialect, thinking(), REPLY[dialect]('HM', false))).to.deep.equal(EMPTY);
        expect(whole(dialect, nothing(), REPLY[dialect](`${ALOUD}</think>Hi`, true))).to.deep.equal(LEFT);
        expect(whole(dialect, nothing(), REPLY[dialect](`${ALOUD}`, false))).to.deep.equal(EMPTY);
        expect(whole(dialect, same(), REPLY[dialect](ALOUD, false))).to.deep.equal(REPLY[dialect](ALOUD, false));
      });
    }
  });

  describe('that is no stream', () => {
    const long = 'x'.repeat(LIMIT + 1);

    it('lets all go on as it came once an event is too long for one, behind what was held back', () => {
      const held = delta('ab');
      const pieces = [held, 'data: {', long, 'more\n\n', held, DONE];
      expect(outOf('openai', atEnd(), ...pieces)).to.equal(delta('') + held + pieces.slice(1).join(''));
      const { push, end } = rewriter(dialects.openai, upper(), LIMIT);
      expect(push(Buffer.from(long))).to.deep.equal(E.right(Buffer.from(long)));
      expect(push(Buffer.from('y'))).to.deep.equal(E.right(Buffer.from('y')));
      expect(end()).to.deep.equal(E.right(Buffer.alloc(0)));
    });

    it('has events of any length where the whole is in memory', () => {
      const { length } = long;
      expect(whole('openai', upper(), delta(long) + finish() + DONE)).to.equal(
        delta('X'.repeat(length)) + finish() + DONE,
      );
    });
  });

  it('ends with the fault of a stage', () => {
    const wrong: Failure = { _tag: 'StageFault', stage: 's', why: 'threw' };
    let calls = 0;
    const failing = () =>
      changes({
        text: O.some(() => ({ push: text, end: () => [] })),
        fault: () => (++calls > 1 ? O.some(wrong) : O.none),
      });
    expect(streamed('openai', failing(), [delta('a'), delta('b')])).to.deep.equal({ out: delta('a'), failure: wrong });
    calls = 5;
    expect(whole('openai', failing(), { choices: [] })).to.deep.equal(wrong);
    expect(whole('openai', failing(), delta('a'))).to.deep.equal(wrong);
  });

  describe('is the same for a stream as for the whole, however both are cut', () => {
    const words = fc.array(fc.string({ unit: 'binary', maxLength: 5 }), { minLength: 1, maxLength: 8 });
    const cuts = fc.array(fc.nat(60), { maxLength: 20 });
    const cut = (stream: string, sizes: readonly number[]): readonly Buffer[] => {
      const bytes = Buffer.from(stream);
      const pieces: Buffer[] = [];
      let at = 0;
      for (const size of sizes) {
        pieces.push(bytes.subarray(at, at + size));
        at += size;
      }
      return [...pieces, bytes.subarray(at)];
    };
    const contentOf = (dialect: DialectName, value: unknown): string =>
      dialect === 'openai'
        ? (value as { choices: { message: { content: string | null } }[] }).choices
            .map(({ message }) => message.content ?? '')
            .join('|')
        : (value as { content: { text?: string }[] }).content.map(({ text: each = '' }) => each).join('');
    const STREAM: Readonly<Record<DialectName, (all: readonly string[]) => string>> = {
      openai: (all) => all.map((each) => delta(each)).join('') + finish() + DONE,
      anthropic: (all) => BEGIN + start(0, TEXT) + all.map((each) => said(0, each)).join('') + stop(0) + STOP,
    };
    const REPLY: Readonly<Record<DialectName, (all: readonly string[]) => object>> = {
      openai: (all) => ({ choices: [{ message: { content: all.join('') }, finish_reason: 'stop' }] }),
      anthropic: (all) => ({ content: [{ type: 'text', text: all.join('') }] }),
    };
    for (const dialect of ['openai', 'anthropic'] as const) {
      it(`in ${dialect}`, () => {
        fc.assert(
          fc.property(words, cuts, fc.nat(9), (all, sizes, held) => {
            fc.pre(all.join('').trim() !== '');
            for (const make of [same, atEnd, late(held), counting]) {
              const { out, failure } = streamed(dialect, make(), cut(STREAM[dialect](all), sizes));
              expect(failure).to.equal(undefined);
              const entire = whole(dialect, make(), REPLY[dialect](all));
              expect(contentOf(dialect, joined(dialect, out))).to.equal(contentOf(dialect, entire));
              if (make !== counting) expect(contentOf(dialect, entire)).to.equal(all.join(''));
            }
          }),
        );
      });
    }
  });
});
