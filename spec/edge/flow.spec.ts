import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import type { Failure } from '../../lib/core/failure.js';
import type { Warning } from '../../lib/core/warning.js';
import { eventsOf } from '../../lib/edge/events.js';
import { nothingSeen, watched } from '../../lib/edge/flow.js';
import { anthropic, openai } from '../support/chunks.js';
import { drain, type Piece, sourceOfPieces } from '../support/sources.js';
import { attempt, timeouts } from '../support/values.js';

const { text, thought, tool, finish, error, done } = openai;

const pass = async (pieces: readonly Piece[], dialect: 'openai' | 'anthropic' = 'openai', idleMs = 1000) => {
  const warnings: Warning[] = [];
  const source = sourceOfPieces(...pieces);
  const trying = attempt('http://127.0.0.1:1', { target: { timeouts: { ...timeouts, idleMs } } });
  const call = { _tag: 'Chat', dialect, stream: false, body: { model: 'm', messages: [] } } as const;
  const flow = watched(eventsOf(source, { ...trying, call }), nothingSeen, (warning) => warnings.push(warning));
  const { text: passed, failure } = await drain(flow);
  return { passed, failure, warnings, seen: flow.seen(), source };
};
const brokenOff = (by: string) => ({ _tag: 'BrokenOff', by });

describe('a stream after commit', () => {
  it('is passed on byte for byte, however it is cut', async () => {
    const stream = `\uFEFF: hello\r\n\r\n${text('wave 🌊')}: ka\n\n${text('b').replaceAll('\n', '\r\n')}${finish()}${done}`;
    const bytes = Buffer.from(stream);
    for (const size of [1, 2, 3, 7, 64, 10_000]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await pass(pieces)).to.deep.include({ passed: stream, failure: undefined, warnings: [] });
    }
  });
  it('gets the blank line that its last event lacks', async () => {
    const { passed } = await pass([text('a') + finish().trimEnd()]);
    expect(passed.replace(/\n+/g, '\n')).to.equal((text('a') + finish() + done).replace(/\n+/g, '\n'));
    expect(passed).to.match(/\n\ndata: \[DONE\]\n\n$/);
  });
  it('loses what breaks the reader of SillyTavern', async () => {
    const { passed, failure, warnings } = await pass([
      text('a'),
      'data:\n\n',
      'data: null\n\n',
      'data: {"cho\n\n',
      text('b') + finish() + done,
    ]);
    expect({ passed, failure }).to.deep.equal({ passed: text('a') + text('b') + finish() + done, failure: undefined });
    expect(warnings).to.deep.equal(['event_dropped', 'event_dropped', 'event_dropped']);
  });
  it('is whole with a finish_reason or [DONE], and broken off without both', async () => {
    expect((await pass([text('a') + finish()])).failure).to.equal(undefined);
    expect((await pass([text('a') + done])).failure).to.equal(undefined);
    expect(await pass([text('a')])).to.deep.include({ passed: text('a'), failure: brokenOff('end') });
  });
  it('is not whole at the end of one choice, while another has begun and not ended', async () => {
    const other = (event: string) => event.replace('"index":0', '"index":1');
    const half = text('a') + other(text('b')) + finish();
    expect((await pass([half])).failure).to.deep.equal(brokenOff('end'));
    expect((await pass([half + other(finish())])).failure).to.equal(undefined);
    expect((await pass([half + done])).failure).to.equal(undefined);
  });
  it('is whole with a stop_reason or message_stop in the dialect of Anthropic, and broken off without both', async () => {
    const { start, block, text: said, blockStop, delta, stop } = anthropic;
    const beginning = start + block() + said('a') + blockStop();
    expect((await pass([beginning + delta + stop], 'anthropic')).failure).to.equal(undefined);
    expect((await pass([beginning + delta], 'anthropic')).failure).to.equal(undefined);
    expect((await pass([beginning], 'anthropic')).failure).to.deep.equal(brokenOff('end'));
  });
  const breaks: readonly (readonly [string, Failure, object])[] = [
    ['a reset', { _tag: 'Broken', code: 'ECONNRESET', unused: false }, brokenOff('reset')],
    ['bytes that cannot be read', { _tag: 'Malformed', detail: 'HPE' }, brokenOff('reset')],
    ['silence', { _tag: 'TimedOut', phase: 'idle', limitMs: 1, sent: true }, brokenOff('silence')],
    ['the limit of the whole', { _tag: 'TimedOut', phase: 'total', limitMs: 1, sent: true }, brokenOff('total')],
    ['the client', { _tag: 'ClientGone' }, { _tag: 'ClientGone' }],
    ['the proxy', { _tag: 'ShuttingDown' }, { _tag: 'ShuttingDown' }],
  ];
  for (const [name, failure, expected] of breaks) {
    it(`is ended by ${name}, and what came is kept`, async () => {
      expect(await pass([text('a'), failure])).to.deep.include({ passed: text('a'), failure: expected });
    });
  }
  it('is ended by an error event, which does not reach the client as it is', async () => {
    expect(await pass([text('a'), text('b') + error + text('c')])).to.deep.include({
      passed: text('a') + text('b'),
      failure: brokenOff('error'),
    });
  });
  it('is ended by an event that has not come whole', async () => {
    expect(await pass([text('a'), text('b').slice(0, 30)])).to.deep.include({
      passed: text('a'),
      failure: brokenOff('end'),
    });
  });
  it('says that the model only thought, unless the limit of tokens cut it short', async () => {
    expect((await pass([thought('hm') + finish()])).failure).to.deep.equal(brokenOff('thought'));
    expect((await pass([thought('hm') + finish(), done])).failure).to.deep.equal(brokenOff('thought'));
    expect((await pass([thought('hm') + finish('length') + done])).failure).to.equal(undefined);
  });
  it('says that a filter took it all', async () => {
    expect((await pass([thought('hm') + finish('content_filter') + done])).failure).to.deep.equal(brokenOff('error'));
  });
  it('is over at [DONE]: what comes behind it is not passed on, and is not waited for', async () => {
    expect(await pass([text('a') + finish() + done + text('b'), text('c')])).to.deep.include({
      passed: text('a') + finish() + done,
      failure: undefined,
    });
    const { failure, source } = await pass([text('a') + finish() + done, 5000]);
    expect(failure).to.equal(undefined);
    expect(source.abandoned()).not.to.equal(undefined);
  });
  it('passes [DONE] on before it looks for what stands behind it', async () => {
    const flow = watched(
      eventsOf(sourceOfPieces(text('a') + finish() + done, 5000), attempt('http://127.0.0.1:1')),
      nothingSeen,
      () => {},
    );
    const startedAt = performance.now();
    expect(await flow.next()).to.have.property('_tag', 'Right');
    expect(performance.now() - startedAt).to.be.below(80);
    expect((await drain(flow)).failure).to.equal(undefined);
  });
  it('answers the same again once it is over', async () => {
    const flow = watched(eventsOf(sourceOfPieces(text('a')), attempt('http://127.0.0.1:1')), nothingSeen, () => {});
    const first = await drain(flow);
    expect((await drain(flow)).failure).to.deep.equal(first.failure);
  });
  it('tells what was seen: the text, whether there was anything else, and where another could join', async () => {
    const plain = (await pass([text('a'), text('b'), finish()])).seen;
    expect({ text: plain.text, last: plain.last.toString(), isPlain: plain.isPlain }).to.deep.equal({
      text: 'ab',
      last: text('b'),
      isPlain: true,
    });
    expect((await pass([text('a'), tool])).seen.isPlain).to.equal(false);
    expect((await pass([text('a').replace('"index":0', '"index":1')])).seen.isPlain).to.equal(false);
    expect((await pass([thought('hm')])).seen).to.deep.include({ text: '', isPlain: true });
  });
  it('takes comments alone for silence in the end, but never what a slow reader takes', async () => {
    const comments = Array.from({ length: 8 }, () => [20, ': ka\n\n'] as const).flat();
    expect((await pass([text('a'), ...comments, text('b') + finish()], 'openai', 30)).failure).to.deep.equal(
      brokenOff('silence'),
    );
    expect((await pass([text('a'), ...comments, text('b') + finish()], 'openai', 500)).failure).to.equal(undefined);
    const flow = watched(
      eventsOf(
        sourceOfPieces(text('a'), ': ka\n\n', ': ka\n\n', text('b') + finish()),
        attempt('http://127.0.0.1:1', { target: { timeouts: { ...timeouts, idleMs: 10 } } }),
      ),
      nothingSeen,
      () => {},
    );
    for (let i = 0; i < 3; i++) {
      expect(await flow.next()).to.have.property('_tag', 'Right');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await drain(flow)).failure).to.equal(undefined);
  });

  describe('whose model has said all', () => {
    const { start, block, text: said, blockStop, delta, stop } = anthropic;
    const whole = { openai: text('a') + finish(), anthropic: start + block() + said('a') + blockStop() + delta };
    const last = { openai: done, anthropic: stop };
    const failures: readonly Failure[] = [
      { _tag: 'Broken', code: 'ECONNRESET', unused: false },
      { _tag: 'Malformed', detail: 'HPE_INVALID_CHUNK_SIZE' },
      { _tag: 'TimedOut', phase: 'idle', limitMs: 1, sent: true },
      { _tag: 'TimedOut', phase: 'total', limitMs: 1, sent: true },
    ];
    for (const dialect of ['openai', 'anthropic'] as const) {
      const expected = { passed: whole[dialect] + last[dialect], failure: undefined };
      it(`gets the event that its readers wait for where it ends without it: ${dialect}`, async () => {
        expect(await pass([whole[dialect]], dialect)).to.deep.include(expected);
        expect(await pass([whole[dialect] + last[dialect]], dialect)).to.deep.include(expected);
      });
      for (const failure of failures) {
        it(`is whole however its connection ends: ${failure._tag} (${dialect})`, async () => {
          expect(await pass([whole[dialect], failure], dialect)).to.deep.include(expected);
          // A reset may come before the blank line, or in the middle of what is no part of the reply.
          const trimmed = await pass([whole[dialect].trimEnd(), failure], dialect);
          expect(trimmed.passed.replace(/\n+/g, '')).to.equal(expected.passed.replace(/\n+/g, ''));
          expect(trimmed.failure).to.equal(undefined);
          const ended = await pass([(whole[dialect] + last[dialect]).trimEnd(), failure], dialect);
          expect(ended.passed.replace(/\n+/g, '')).to.equal(expected.passed.replace(/\n+/g, ''));
          expect(await pass([`${whole[dialect]}data: {"usa`, failure], dialect)).to.deep.include(expected);
        });
      }
    }
    it('is closed within 5 s where its connection stays open, or only comments come', async () => {
      const comments = Array.from({ length: 200 }, () => [100, ': ka\n\n'] as const).flat();
      const startedAt = performance.now();
      const check = async (dialect: 'openai' | 'anthropic', then: readonly Piece[]) => {
        const { passed, failure, source } = await pass([whole[dialect], ...then], dialect, 30_000);
        expect(passed.replaceAll(': ka\n\n', '')).to.equal(whole[dialect] + last[dialect]);
        expect(failure).to.equal(undefined);
        expect(source.abandoned()).not.to.equal(undefined);
        expect(performance.now() - startedAt).to.be.within(1000, 5000);
      };
      await Promise.all(
        (['openai', 'anthropic'] as const).flatMap((dialect) => [check(dialect, [20_000]), check(dialect, comments)]),
      );
    });
    it('gets what still comes: a count of tokens, and the end', async () => {
      const usage = 'data: {"choices":[],"usage":{"total_tokens":5}}\n\n';
      expect(await pass([whole.openai, 300, usage, 300, done])).to.deep.include({
        passed: whole.openai + usage + done,
        failure: undefined,
      });
    });
    it('is not whole for a client that has gone, nor for a proxy that stops', async () => {
      for (const _tag of ['ClientGone', 'ShuttingDown'] as const) {
        expect(await pass([whole.openai, { _tag }])).to.deep.include({ passed: whole.openai, failure: { _tag } });
      }
    });
    it('is not whole where another choice has begun, or an error follows', async () => {
      const other = text('b').replace('"index":0', '"index":1');
      const reset = failures[0] as Failure;
      expect((await pass([other + whole.openai, reset])).failure).to.deep.equal(brokenOff('reset'));
      expect((await pass([whole.openai + error])).failure).to.deep.equal(brokenOff('error'));
    });
    it('is waited for as long as any other where more choices were asked for than have ended', async () => {
      const trying = attempt('http://127.0.0.1:1', { target: { timeouts: { ...timeouts, idleMs: 30_000 } } });
      const call = {
        _tag: 'Chat',
        dialect: 'openai',
        stream: false,
        body: { model: 'm', messages: [], n: 2 },
      } as const;
      const second = whole.openai.replaceAll('"index":0', '"index":1');
      const events = eventsOf(sourceOfPieces(whole.openai, 5500, second, 20_000), { ...trying, call });
      expect(await drain(watched(events, nothingSeen, () => {}))).to.deep.equal({
        text: whole.openai + second + done,
        failure: undefined,
      });
    }).timeout(15_000);
  });
});
