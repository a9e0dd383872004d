import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Failure } from '../../lib/core/failure.js';
import type { Warning } from '../../lib/core/warning.js';
import { dialects } from '../../lib/dialects/index.js';
import { clock } from '../../lib/edge/clock.js';
import { eventsOf } from '../../lib/stream/events.js';
import { monitor, nothingSeen } from '../../lib/stream/monitor.js';
import { anthropic, openai, textOf } from '../support/chunks.js';
import { inFakeTime } from '../support/fake-time.js';
import { pause } from '../support/proxy.js';
import { drain, type Piece, sourceOfPieces } from '../support/sources.js';
import { attempt, timeouts } from '../support/values.js';

const { role, text, thought, tool, finish, error, done } = openai;

const pass = async (pieces: readonly Piece[], dialect: 'openai' | 'anthropic' = 'openai', idleMs = 1000) => {
  const warnings: Warning[] = [];
  const source = sourceOfPieces(...pieces);
  const trying = attempt('http://127.0.0.1:1', { target: { timeouts: { ...timeouts, idleMs } } });
  const call = { _tag: 'Chat', dialect: dialects[dialect], stream: false, body: { model: 'm', messages: [] } } as const;
  const flow = monitor(eventsOf(clock, source, { ...trying, call }), nothingSeen, (warning) => warnings.push(warning));
  const { text: passed, failure } = await drain(flow);
  return { passed, failure, warnings, seen: flow.seen(), source };
};
const brokenOff = (by: string) => ({ _tag: 'BrokenOff', by });

describe('a stream after commit', () => {
  inFakeTime();
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
  it('is broken off by a reason that says failure, and by an end behind more text', async () => {
    expect((await pass([text('a'), finish('network_error'), done])).failure).to.deep.equal(brokenOff('error'));
    expect((await pass([text('a'), finish(), text('b')])).failure).to.deep.equal(brokenOff('end'));
    expect((await pass([text('a'), finish(), role])).failure).to.equal(undefined);
  });
  it('is given in its usual shape', async () => {
    const { passed } = await pass([text('a'), text('7').replace('"7"', '7'), done]);
    expect(passed).to.equal(text('a') + text('7') + done);
  });
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
  it('is ended by an error that is no data, under whatever field', async () => {
    for (const field of ['error', 'Error', 'message', 'x-err'])
      for (const end of ['\n\n', '\n', '\r\n\r\n', `\n${done}`])
        expect(
          await pass([`${text('a')}${field}: {"error":{"code":500,"message":"No"}}${end}`, text('b') + done]),
        ).to.deep.include({ passed: text('a'), failure: brokenOff('error') });
    for (const line of [
      'error: {"code":500,"message":"No"}',
      'error: "No"',
      'error: it broke',
      '{"error":"No"}',
      ': {"error":"No"}',
    ])
      for (const between of ['', '\n'])
        expect(await pass([`${text('a')}${between}${line}\n\n`, text('b') + done]), line).to.deep.include({
          passed: text('a') + between,
          failure: brokenOff('error'),
        });
    expect(await pass([`${text('a').trimEnd()}\nerror: {"message":"No"}\n\n`, done])).to.deep.include({
      passed: text('a'),
      failure: brokenOff('error'),
    });
  });
  it('is not ended by what only looks like an error', async () => {
    for (const line of ['error: null', 'error: {}', 'error:', 'id: {"message":"x"}', ': {"detail":"x"}', 'x: {"a":1}'])
      expect(await pass([text('a'), `${line}\n\n`, text('b') + finish() + done]), line).to.deep.include({
        passed: `${text('a')}${line}\n\n${text('b')}${finish()}${done}`,
        failure: undefined,
      });
  });
  it('gets the blank lines that its events lack, one by one as they come', async () => {
    const [a, b, end] = [text('a'), text('b'), finish()].map((event) => event.trimEnd());
    const stream = `${a}\n${b}\n${end}\ndata: [DONE]\n\n`;
    expect(await pass([stream])).to.deep.include({
      passed: text('a') + text('b') + finish() + done,
      failure: undefined,
      warnings: [],
    });
    const flow = monitor(
      eventsOf(clock, sourceOfPieces(`${a}\n`, `${b}\n`, 50_000), attempt('http://127.0.0.1:1')),
      nothingSeen,
      () => {},
    );
    expect(await flow.next()).to.deep.equal(E.right(O.some(Buffer.from(text('a')))));
    flow.abandon({ _tag: 'ClientGone' });
  });
  it('has comments in the place of words that keep it open', async () => {
    const words = ['data: : keepalive\n\n', 'data: ping\n\n', 'data: heartbeat\n\n', '[DONE]\n\n'];
    const { passed, failure, warnings } = await pass([text('a'), ...words, text('b') + finish()]);
    expect({ passed, failure, warnings }).to.deep.equal({
      passed: `${text('a')}${': keep-alive\n\n'.repeat(4)}${text('b')}${finish()}${done}`,
      failure: undefined,
      warnings: [],
    });
  });
  it('takes such words alone for silence in the end, as comments are', async () => {
    const words = Array.from({ length: 8 }, () => [20, 'data: ping\n\n'] as const).flat();
    expect((await pass([text('a'), ...words, text('b') + finish()], 'openai', 30)).failure).to.deep.equal(
      brokenOff('silence'),
    );
  });
  it('is whole with a bare [DONE] for its end, and the end is told', async () => {
    for (const end of ['[DONE]', '[DONE]\n', ' [DONE] \n\n'])
      expect(await pass([text('a'), end])).to.deep.include({
        passed: `${text('a')}: keep-alive\n\n${done}`,
        failure: undefined,
      });
  });
  it('has one blank line in the place of very many', async () => {
    const { passed, failure } = await pass([text('a'), '\n'.repeat(100_000), text('b') + finish() + done]);
    expect({ passed, failure }).to.deep.equal({
      passed: `${text('a')}\n${text('b')}${finish()}${done}`,
      failure: undefined,
    });
  });
  it('gets the blocks of a whole message of Anthropic’s that came as one event', async () => {
    const whole = { content: [{ type: 'text', text: 'Hello.' }], stop_reason: 'end_turn' };
    for (const value of [
      { type: 'message', id: 'm', ...whole },
      { id: 'm', type: 'message', ...whole },
    ]) {
      const { passed, failure } = await pass([`data: ${JSON.stringify(value)}\n\n`], 'anthropic');
      expect(failure).to.equal(undefined);
      expect(textOf(passed)).to.equal('Hello.');
    }
  });
  it('keeps no more than a million characters, and none where it is more than text', async () => {
    const half = text('a'.repeat(600_000));
    expect((await pass([half])).seen)
      .to.deep.include({ isPlain: true })
      .and.have.property('text')
      .of.length(600_000);
    expect((await pass([half, half, half])).seen).to.deep.include({ isPlain: false, text: '' });
    expect((await pass([text('a'), tool, text('b')])).seen).to.deep.include({ isPlain: false, text: '' });
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
    const flow = monitor(
      eventsOf(clock, sourceOfPieces(text('a') + finish() + done, 5000), attempt('http://127.0.0.1:1')),
      nothingSeen,
      () => {},
    );
    const startedAt = performance.now();
    expect(await flow.next()).to.have.property('_tag', 'Right');
    expect(performance.now() - startedAt).to.be.below(80);
    expect((await drain(flow)).failure).to.equal(undefined);
  });
  it('answers the same again once it is over', async () => {
    const flow = monitor(
      eventsOf(clock, sourceOfPieces(text('a')), attempt('http://127.0.0.1:1')),
      nothingSeen,
      () => {},
    );
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
    const flow = monitor(
      eventsOf(
        clock,
        sourceOfPieces(text('a'), ': ka\n\n', ': ka\n\n', text('b') + finish()),
        attempt('http://127.0.0.1:1', { target: { timeouts: { ...timeouts, idleMs: 10 } } }),
      ),
      nothingSeen,
      () => {},
    );
    for (let i = 0; i < 3; i++) {
      expect(await flow.next()).to.have.property('_tag', 'Right');
      await pause(50);
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
        dialect: dialects.openai,
        stream: false,
        body: { model: 'm', messages: [], n: 2 },
      } as const;
      const second = whole.openai.replaceAll('"index":0', '"index":1');
      const events = eventsOf(clock, sourceOfPieces(whole.openai, 5500, second, 20_000), { ...trying, call });
      expect(await drain(monitor(events, nothingSeen, () => {}))).to.deep.equal({
        text: whole.openai + second + done,
        failure: undefined,
      });
    });
  });
});
