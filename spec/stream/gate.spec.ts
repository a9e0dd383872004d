import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { sourceOfBody } from '../../lib/core/body-layers.js';
import { held } from '../../lib/core/exchange.js';
import type { StreamingSettings } from '../../lib/core/settings.js';
import type { Warning } from '../../lib/core/warning.js';
import { dialects } from '../../lib/dialects/index.js';
import { clock } from '../../lib/edge/clock.js';
import { gate } from '../../lib/stream/gate.js';
import type { Monitored } from '../../lib/stream/monitor.js';
import { openai, textOf } from '../support/chunks.js';
import { inFakeTime } from '../support/fake-time.js';
import { drain, type FakeSource, type Piece, sourceOfPieces } from '../support/sources.js';
import { attempt, timeouts } from '../support/values.js';

const { role, text, thought, finish, error, done } = openai;

interface Outcome {
  readonly reading: unknown;
  /** Whether the rest of the body is still with the upstream. */
  readonly isOpen: boolean;
  readonly passed: string;
  readonly failure: unknown;
  readonly warnings: readonly Warning[];
  readonly source: FakeSource;
}

const times = { ...timeouts, firstContentMs: 150, idleMs: 40 };

const judge = async (
  pieces: readonly Piece[],
  commit: StreamingSettings['commit'] = 'first_content',
  replyLimitBytes = 1e6,
  needChars = 0,
): Promise<Outcome> => {
  const warnings: Warning[] = [];
  const source = sourceOfPieces(...pieces);
  const body = held(source, O.some(99));
  const trying = attempt('http://127.0.0.1:1', {
    target: { timeouts: times, replyLimitBytes },
    plan: { stream: true },
  });
  const read = await gate({
    commit,
    onBreak: 'error',
    needChars,
    warn: (_id, warning) => warnings.push(warning),
    clock,
  })(trying, body)();
  if (E.isLeft(read)) return { reading: read.left, isOpen: false, passed: '', failure: undefined, warnings, source };
  const { text: passed, failure } = await drain(sourceOfBody(read.right.body));
  return { reading: read.right.reading, isOpen: read.right.body._tag === 'Held', passed, failure, warnings, source };
};

describe('the gate', () => {
  inFakeTime();
  it('opens at the first content, with all that came before it', async () => {
    const outcome = await judge([role, text('a'), text('b') + finish() + done]);
    expect(outcome).to.deep.include({ reading: { _tag: 'Content' }, isOpen: true, failure: undefined });
    expect(outcome.passed).to.equal(role + text('a') + text('b') + finish() + done);
  });
  it('does not ask for more than the first content', async () => {
    const source = sourceOfPieces(role, text('a'), text('b'));
    const trying = attempt('http://127.0.0.1:1', { plan: { stream: true } });
    await gate({ commit: 'first_content', onBreak: 'error', needChars: 0, warn: () => {}, clock })(
      trying,
      held(source, O.none),
    )();
    expect(source.asked()).to.equal(2);
  });
  it('opens no earlier than a stage has as much text as it needs, or all', async () => {
    const judging = (pieces: readonly Piece[]) => judge(pieces, 'first_content', 1e6, 3);
    const rest = finish() + done;
    const longer = await judging([role, text('a'), text('b'), text('c'), text('d') + rest]);
    expect(longer).to.include({ isOpen: true, passed: role + text('a') + text('b') + text('c') + text('d') + rest });
    const opened = sourceOfPieces(role, text('a'), text('b'), text('c'), text('d'));
    const trying = attempt('http://127.0.0.1:1', { plan: { stream: true } });
    await gate({ commit: 'first_content', onBreak: 'error', needChars: 3, warn: () => {}, clock })(
      trying,
      held(opened, O.none),
    )();
    expect(opened.asked()).to.equal(4);
    const shorter = await judging([role, text('a'), text('b') + rest]);
    expect(shorter).to.include({ isOpen: false, passed: role + text('a') + text('b') + rest });
    const broken = await judging([role, text('a'), text('b')]);
    expect(broken.reading).to.deep.equal({ _tag: 'BrokenOff' });
  });
  it('opens no earlier than a stage has as much text as it needs of each choice that has begun', async () => {
    const of = (index: number, delta: object) => `data: ${JSON.stringify({ choices: [{ index, delta }] })}\n\n`;
    const says = (index: number, content: string) => of(index, { content });
    const opensAfter = async (...pieces: readonly string[]): Promise<string> => {
      const source = sourceOfPieces(...pieces);
      const trying = attempt('http://127.0.0.1:1', { plan: { stream: true } });
      const read = await gate({ commit: 'first_content', onBreak: 'error', needChars: 3, warn: () => {}, clock })(
        trying,
        held(source, O.none),
      )();
      expect(E.isRight(read) && read.right.body._tag).to.equal('Held');
      return pieces.slice(0, source.asked()).join('');
    };
    const apart = [says(0, 'a'), says(1, 'b'), says(0, 'aa'), says(1, 'bb'), says(1, 'b')];
    expect(await opensAfter(...apart)).to.equal(apart.slice(0, 4).join(''));
    const thinking = [of(1, { reasoning_content: 'hm' }), says(0, 'aaa'), says(1, 'bbb'), says(1, 'b')];
    expect(await opensAfter(...thinking)).to.equal(thinking.slice(0, 3).join(''));
    const many = Array.from({ length: 128 }, (_, index) => says(index, 'aaa')).join('');
    expect(await opensAfter(many + says(128, 'a'), says(128, 'a')), 'more choices than there may be').to.equal(
      many + says(128, 'a'),
    );
    const short = [says(0, 'a') + finish(), says(1, 'bbbb'), says(1, 'b') + done];
    expect(await judge(short, 'first_content', 1e6, 3)).to.include({ isOpen: false, passed: short.join('') });
  });
  it('holds more that says nothing, while a stage needs text', async () => {
    const neutral = Array.from(
      { length: 300 },
      () => `data: ${JSON.stringify({ choices: [], pad: 'x'.repeat(1000) })}\n\n`,
    );
    expect((await judge([...neutral, text('abc') + finish() + done])).warnings).to.deep.equal([]);
    const outcome = await judge([...neutral, text('abc') + finish() + done], 'first_content', 1e6, 3);
    expect(outcome).to.deep.include({ reading: { _tag: 'Content' }, isOpen: false });
  });
  it('keeps events without content, and not comments, pings and what breaks the client', async () => {
    const before = `: ka\n\n${role}data:\n\ndata: null\n\n`;
    const outcome = await judge([before + text('a') + finish() + done]);
    expect(outcome.passed).to.equal(role + text('a') + finish() + done);
    expect(outcome.warnings).to.deep.equal(['event_dropped', 'event_dropped']);
  });
  it('tells of ten events that it leaves out, and of no more, before commit and behind it', async () => {
    const outcome = await judge(['data:\n\n'.repeat(8) + text('a'), 'data: null\n\n'.repeat(20), finish() + done]);
    expect(outcome.passed).to.equal(text('a') + finish() + done);
    expect(outcome.warnings).to.deep.equal(Array.from({ length: 10 }, () => 'event_dropped'));
  });
  it('judges a stream whole that came whole', async () => {
    expect(await judge([role + text('a') + finish() + done])).to.deep.include({
      reading: { _tag: 'Content' },
      isOpen: false,
    });
    for (const pieces of [[], [role], [': ka\n\n'], [role + finish() + done], [done], [text(' ') + finish() + done]]) {
      expect((await judge(pieces)).reading, String(pieces)).to.deep.equal({ _tag: 'Empty' });
    }
  });
  it('tells an error before the first content, and one that came with it, as what it is', async () => {
    expect((await judge([role, error])).reading).to.have.property('_tag', 'ErrorInReply');
    expect((await judge([role, text('a') + error])).reading).to.have.property('_tag', 'ErrorInReply');
    expect((await judge([role, 'data: {"cho\n\n'])).reading).to.have.property('_tag', 'Unparsable');
  });
  it('tells a reason that says failure, before content and with it, as an error', async () => {
    for (const pieces of [[role, finish('error')], [role + text('Half a') + finish('network_error') + done]]) {
      expect(await judge(pieces)).to.have.nested.property('reading._tag', 'ErrorInReply');
    }
  });
  it('is not opened by a hollow tool call', async () => {
    const hollow = text('').replace('"content"', '"function_call":{"name":"","arguments":""},"content"');
    expect((await judge([role, hollow, finish(), done])).reading).to.deep.equal({ _tag: 'Empty' });
  });
  it('leaves out an event that does not parse behind the first content, though it came with it', async () => {
    const cut = 'data: {"id":\n\n';
    for (const commit of ['first_content', 'complete'] as const) {
      const outcome = await judge([role + text('a') + cut + text('b') + finish() + done], commit);
      expect(outcome).to.deep.include({
        reading: { _tag: 'Content' },
        failure: undefined,
        warnings: ['event_dropped'],
      });
      expect(outcome.passed).to.equal(role + text('a') + text('b') + finish() + done);
    }
    expect((await judge([role + cut + text('a') + finish() + done])).reading).to.deep.equal({ _tag: 'Unparsable' });
  });
  it('gives up the connection of a stream that it does not open', async () => {
    expect((await judge([role, error, text('a')])).source.abandoned()).not.to.equal(undefined);
  });
  it('judges JSON and pages in the place of a stream', async () => {
    const json = JSON.stringify({ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] });
    expect(await judge([` ${json.slice(0, 9)}`, json.slice(9)])).to.deep.include({
      reading: { _tag: 'Content' },
      passed: json,
    });
    expect((await judge(['<html><title>502</title>'])).reading).to.deep.equal({
      _tag: 'WrongFormat',
      found: 'html',
      text: '502',
    });
    expect(await judge(['{"a":', '"'.padEnd(50)], 'first_content', 20)).to.deep.include({
      reading: { _tag: 'Unread' },
      isOpen: true,
    });
  });
  it('waits for more than the white space that some send while they wait', async () => {
    const json = JSON.stringify({ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] });
    expect(await judge(['\n', ' ', json])).to.deep.include({ reading: { _tag: 'Content' }, passed: json });
    expect(await judge(['\n', role + text('a'), finish() + done])).to.deep.include({ isOpen: true });
    expect((await judge(['\n', ' '])).reading).to.deep.equal({ _tag: 'Empty' });
  });
  it('does not keep white space before a reply, of which there may be much', async () => {
    const json = JSON.stringify({ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] });
    const white = Array.from({ length: 400 }, () => ' \n\r\n\t'.repeat(2000));
    const stream = role + text('a') + finish() + done;
    expect(await judge([...white, json], 'first_content', 1000)).to.deep.include({
      reading: { _tag: 'Content' },
      passed: json,
    });
    expect(await judge([...white, stream])).to.deep.include({ reading: { _tag: 'Content' }, passed: stream });
    expect((await judge(white)).reading).to.deep.equal({ _tag: 'Empty' });
    expect((await judge([...white, { _tag: 'Broken', code: 'x', unused: false }])).reading).to.have.property(
      '_tag',
      'Broken',
    );
  });
  it('gives up on white space that never ends', async () => {
    const { reading, source } = await judge(Array.from({ length: 40 }, () => Buffer.alloc(1024 * 1024, ' ')));
    expect(reading).to.deep.include({ _tag: 'Malformed' });
    expect(source.abandoned()).to.deep.include({ _tag: 'Malformed' });
  });
  it('judges JSON that is framed as a stream, and hands it on without what frames it', async () => {
    const json = JSON.stringify({ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] });
    expect(await judge([`${json}\n${done}`])).to.deep.include({ reading: { _tag: 'Content' }, passed: json });
    expect(await judge([`${json.slice(0, -1)}\n${done}`]))
      .to.have.property('reading')
      .that.deep.equals({
        _tag: 'Unparsable',
      });
  });
  it('hands a whole reply behind comments on as the stream that was asked for', async () => {
    const json = JSON.stringify({ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] });
    const { reading, passed } = await judge([': working\n\n', `${json}\n`, '\n']);
    expect(reading).to.deep.equal({ _tag: 'Content' });
    expect(textOf(passed)).to.equal('a');
    expect(passed).to.match(/data: \[DONE\]\n\n$/);
    expect((await judge([': working\n\n{"a":1}\n\n'])).reading).to.deep.include({ _tag: 'WrongFormat' });
  });
  it('takes the line [DONE] for no array, however it is cut', async () => {
    const stream = role + text('a') + finish();
    for (const pieces of [
      ['[DONE]\n', stream],
      ['[', 'DONE]\n\n', stream],
      [`\n[DO`, `NE]\n\n${stream}`],
    ])
      expect(await judge([...pieces, done])).to.deep.include({ reading: { _tag: 'Content' }, passed: stream + done });
    expect((await judge(['[', '1]'])).reading).to.deep.include({ _tag: 'WrongFormat', found: 'array' });
    expect((await judge(['['])).reading).to.deep.equal({ _tag: 'Unparsable' });
  });
  it('does not limit the wait for the rest of JSON as if it were the first content', async () => {
    const json = JSON.stringify({ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] });
    expect((await judge([json.slice(0, 9), 200, json.slice(9)])).reading).to.deep.equal({ _tag: 'Content' });
  });
  it('keeps the text of a stream that may be gone on with, and of no other', async () => {
    const seenOf = async (onBreak: StreamingSettings['onBreak'], body: object) => {
      const trying = attempt('http://127.0.0.1:1', { plan: { stream: true } });
      const call = {
        _tag: 'Chat',
        dialect: dialects.openai,
        stream: true,
        body: { model: 'm', messages: [], ...body },
      } as const;
      const source = sourceOfPieces(text('Half a'), text(' word'));
      const read = await gate({ commit: 'first_content', onBreak, needChars: 0, warn: () => {}, clock })(
        { ...trying, call },
        held(source, O.none),
      )();
      if (E.isLeft(read) || read.right.body._tag !== 'Held') return expect.fail('not open');
      const monitor = read.right.body.source as Monitored;
      await drain(monitor);
      return monitor.seen().text;
    };
    expect(await seenOf('continue', {})).to.equal('Half a word');
    expect(await seenOf('continue', { n: 1, response_format: { type: 'text' } })).to.equal('Half a word');
    expect(await seenOf('continue', { n: 2 })).to.equal('');
    expect(await seenOf('continue', { logprobs: true })).to.equal('');
    expect(await seenOf('error', {})).to.equal('');
  });
  it('holds thoughts back where text is waited for, however long they are', async () => {
    const thoughts = Array.from({ length: 40 }, () => thought('hm').repeat(60));
    const outcome = await judge([...thoughts, text('a'), finish() + done], 'first_text', 1e7);
    expect(outcome).to.deep.include({ reading: { _tag: 'Content' }, isOpen: true });
    expect((await judge([...thoughts, text('a')], 'first_text', 300_000)).reading).to.deep.equal({ _tag: 'Undecided' });
  });
  it('tells a stream that breaks before it could be opened as what broke it', async () => {
    expect((await judge([role, { _tag: 'Broken', code: 'ECONNRESET', unused: false }])).reading).to.have.property(
      '_tag',
      'Broken',
    );
    expect((await judge([{ _tag: 'Broken', code: 'ECONNRESET', unused: false }])).reading).to.have.property(
      '_tag',
      'Broken',
    );
  });
  it('waits for the first content so long and no longer, whatever else comes', async () => {
    const startedAt = performance.now();
    const { reading, source } = await judge([
      role,
      20,
      role,
      20,
      role,
      20,
      role,
      20,
      role,
      20,
      role,
      20,
      role,
      20,
      role,
      20,
      role,
      400,
    ]);
    expect(reading).to.deep.include({ _tag: 'TimedOut', phase: 'first_content', limitMs: 150 });
    expect(performance.now() - startedAt).to.be.within(140, 350);
    expect(source.abandoned()).to.deep.include({ phase: 'first_content' });
  });
  for (const [commit, said] of [
    ['complete', text('a')],
    ['complete', thought('hm')],
    ['first_text', thought('hm')],
  ] as const)
    it(`bounds the wait for the first sign of an answer, not how long it is held back then: ${commit}`, async () => {
      const slow = Array.from({ length: 5 }, () => [said, 50] as const).flat();
      const { reading, passed } = await judge([role, ...slow, text('b'), finish() + done], commit);
      expect(reading).to.deep.equal({ _tag: 'Content' });
      expect(passed).to.equal(`${role}${said.repeat(5)}${text('b')}${finish()}${done}`);
    });
  it('takes comments alone for silence, after three times the limit', async () => {
    const comments = Array.from({ length: 20 }, () => [30, ': ka\n\n'] as const).flat();
    const { reading } = await judge([role, ...comments], 'complete', 1e6);
    expect(reading).to.deep.include({ _tag: 'TimedOut' });
  });
  it('opens on thoughts, or holds them back until there is text', async () => {
    const stream = [role, thought('hm'), text('a'), finish() + done];
    expect(await judge(stream)).to.deep.include({ isOpen: true, passed: stream.join('') });
    expect(await judge(stream, 'first_text')).to.deep.include({ isOpen: true, passed: stream.join('') });
    expect((await judge([role, thought('hm'), finish() + done])).failure).to.deep.equal({
      _tag: 'BrokenOff',
      by: 'thought',
    });
    expect(await judge([role, thought('hm'), finish() + done], 'first_text')).to.deep.include({
      reading: { _tag: 'ThinkingOnly', cut: false },
      isOpen: false,
    });
  });
  it('holds the whole stream where nothing may be lost', async () => {
    const stream = [role, text('a'), text('b'), finish(), done];
    expect(await judge(stream, 'complete')).to.deep.include({
      isOpen: false,
      passed: stream.join(''),
      reading: { _tag: 'Content' },
    });
    expect((await judge([role, text('a')], 'complete')).reading).to.deep.equal({ _tag: 'BrokenOff' });
  });
  it('opens a stream of much without content rather than hold it all', async () => {
    const roles = Array.from({ length: 30 }, () => role.repeat(80));
    const outcome = await judge([...roles, text('a'), finish() + done]);
    expect(outcome).to.deep.include({ reading: { _tag: 'Undecided' }, isOpen: true });
    expect(outcome.passed).to.equal(roles.join('') + text('a') + finish() + done);
  });
  it('gives up on an event that never ends', async () => {
    expect((await judge([role, 'data: '.padEnd(600), 'x'.repeat(600)], 'first_content', 1000)).reading).to.deep.include(
      { _tag: 'Malformed' },
    );
  });
  it('takes no event of more than 2 MiB, of one line or of many', async () => {
    const piece = 'x'.repeat(64 * 1024);
    const line = Array.from({ length: 40 }, () => piece);
    const lines = Array.from({ length: 40 }, () => `data: ${piece}\n`);
    for (const long of [['data: ', ...line], ['error: ', ...line], lines])
      expect((await judge([role, ...long], 'first_content', 1e9)).reading).to.deep.include({ _tag: 'Malformed' });
    const big = text('a'.repeat(2_000_000));
    const cut = [big.slice(0, 1_000_000), big.slice(1_000_000)];
    expect((await judge([role, ...cut, finish() + done], 'first_content', 1e9)).passed).to.have.length(
      (role + big + finish() + done).length,
    );
  });

  describe('of a stream whose model has said all before it was opened', () => {
    const RESET = { _tag: 'Broken', code: 'ECONNRESET', unused: false } as const;
    const ended = { reading: { _tag: 'Content' }, isOpen: false, passed: role + text('a') + finish() + done };
    it('takes any end for a whole one, and adds the event that its readers wait for', async () => {
      for (const last of [[], [RESET], [': ka\n\n', RESET]]) {
        const outcome = await judge([role, text('a'), finish(), ...last], 'complete');
        expect(outcome).to.deep.include({ ...ended, failure: undefined });
      }
      expect(await judge([role, text('a'), RESET], 'complete')).to.deep.include({ reading: RESET });
    });
    it('does not wait for an end for ever', async () => {
      const startedAt = performance.now();
      const source = sourceOfPieces(role, text('a'), finish(), 20_000);
      const trying = attempt('http://127.0.0.1:1', { plan: { stream: true } });
      const deps = { commit: 'complete', needChars: 0, onBreak: 'error', warn: () => {}, clock } as const;
      const read = await gate(deps)(trying, held(source, O.none))();
      expect(E.isRight(read) && read.right.reading).to.deep.equal({ _tag: 'Content' });
      expect(performance.now() - startedAt).to.be.below(5000);
    });
    it('finds it empty where nothing was said', async () => {
      expect(await judge([role, finish(), RESET])).to.deep.include({ reading: { _tag: 'Empty' } });
    });
    it('reads JSON in its place that is whole, and never mends one that was cut', async () => {
      const json = '{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}';
      expect(await judge([json, RESET])).to.deep.include({ reading: { _tag: 'Content' }, passed: json });
      expect(await judge([json.slice(0, -1), RESET])).to.deep.include({ reading: RESET });
    });
  });
});
