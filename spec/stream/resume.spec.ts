import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../../lib/core/attempt.js';
import { sourceOfBody, withLayer } from '../../lib/core/body-layers.js';
import { type Ask, type Body, bytes, type Held, held } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { deliveredBy } from '../../lib/core/source.js';
import { type DialectName, dialects } from '../../lib/dialects/index.js';
import { clock } from '../../lib/edge/clock.js';
import { eventsOf } from '../../lib/stream/events.js';
import { monitor, nothingSeen } from '../../lib/stream/monitor.js';
import { resume } from '../../lib/stream/resume.js';
import { anthropic, openai, textOf } from '../support/chunks.js';
import { failures } from '../support/failures.js';
import { drain, type Piece, sourceOfPieces } from '../support/sources.js';
import { attempt, planned } from '../support/values.js';

const { role, text, thought, tool, finish, done, error } = openai;
const RESET: Failure = { _tag: 'Broken', code: 'ECONNRESET', unused: false };

const bodyOf = (dialect: DialectName, pieces: readonly Piece[]): Held => {
  const call = { _tag: 'Chat', dialect: dialects[dialect], stream: false, body: { model: 'm', messages: [] } } as const;
  const events = eventsOf(clock, sourceOfPieces(...pieces), { ...attempt('http://127.0.0.1:1'), call });
  return held(
    monitor(events, nothingSeen, () => {}),
    O.none,
  );
};

type Next = readonly Piece[] | ((partial: string) => readonly Piece[]) | Body | Failure;

const isFailure = (next: Body | Failure): next is Failure => next._tag !== 'Bytes' && next._tag !== 'Held';

const tried = (number: number): Attempt => ({
  number,
  target: 'target',
  status: O.none,
  reason: O.none,
  hintMs: O.none,
  durationMs: 1,
  waitMs: O.none,
});

/** A reply that goes on with these, one after the other; what was asked, and all that the client got. */
const run = async (pieces: readonly Piece[], nexts: readonly Next[], dialect: DialectName = 'openai') => {
  const asked: string[] = [];
  const asking =
    ([next, ...later]: typeof nexts): Ask =>
    (partial) =>
    async () => {
      asked.push(partial);
      if (next === undefined) return E.left({ _tag: 'BrokenOff', by: 'end' });
      if (typeof next === 'object' && '_tag' in next && isFailure(next)) return E.left(next);
      const pieces = typeof next === 'function' ? next(partial) : next;
      const body = '_tag' in pieces ? pieces : bodyOf(dialect, pieces);
      const reply = { status: 200, headers: {}, body };
      const answered = { ...planned(), reply, attempts: [tried(asked.length)] };
      return E.right({ answered, ask: O.some(asking(later)) });
    };
  const source = sourceOfBody(withLayer(bodyOf(dialect, pieces), resume(dialects[dialect], asking(nexts))));
  const { text: stream, failure } = await drain(source);
  return { asked, stream, shown: textOf(stream), failure, attempts: deliveredBy(source).attempts };
};
const broken = (by: string) => ({ _tag: 'BrokenOff', by });

describe('a stream that may go on', () => {
  it('is passed on as it is where it does not break', async () => {
    const stream = role + text('a') + finish() + done;
    expect(await run([stream], [])).to.deep.include({ asked: [], stream, failure: undefined, attempts: [] });
  });
  it('goes on with what another reply says, as one stream', async () => {
    const { asked, stream, shown, failure } = await run(
      [role, text('One '), RESET],
      [[role, text('two.').replaceAll('"id":"c"', '"id":"d"'), finish() + done]],
    );
    expect({ asked, shown, failure }).to.deep.equal({ asked: ['One '], shown: 'One two.', failure: undefined });
    expect(stream).to.equal(role + text('One ') + text('two.') + finish() + done);
  });
  it('does not go on where it is longer than what is kept of it', async () => {
    const half = text('a'.repeat(600_000));
    const other = text('b'.repeat(600_000));
    expect(await run([role, half, half, RESET], [[text('b') + finish() + done]])).to.deep.include({
      asked: [],
      failure: broken('reset'),
    });
    const { asked, failure } = await run([role, half, RESET], [[other, other, RESET], [text('b') + finish() + done]]);
    expect(asked).to.have.length(1);
    expect(failure).to.deep.equal(broken('reset'));
  });
  it('goes on as often as it may', async () => {
    const { asked, shown, failure, attempts } = await run(
      [role, text('1'), RESET],
      [
        [role, text('2'), RESET],
        [role, text('3'), RESET],
        [role, text('4'), finish()],
      ],
    );
    expect({ asked, shown, failure }).to.deep.equal({ asked: ['1', '12', '123'], shown: '1234', failure: undefined });
    expect(attempts, 'what that took').to.deep.equal([tried(1), tried(2), tried(3)]);
  });
  it('ends with the failure that broke it once it may not go on', async () => {
    expect(await run([role, text('1'), RESET], [[role, text('2'), RESET]])).to.deep.include({
      shown: '12',
      failure: broken('reset'),
    });
    expect(await run([role, text('1'), RESET], [{ _tag: 'Unreachable', code: 'X' }])).to.deep.include({
      shown: '1',
      failure: broken('reset'),
    });
  });
  it('tells what it took, where it ended in vain', async () => {
    const gaveUp: Failure = { ...failures.GaveUp, attempts: [tried(1), tried(2)] };
    expect((await run([role, text('1'), RESET], [gaveUp])).attempts).to.deep.equal([tried(1), tried(2)]);
  });
  it('leaves out what the second reply repeats', async () => {
    const had = 'Every wave that breaks before the shore is sent again.';
    const again = ['before the ', 'shore is sent ', 'again. And none twice.'].map(text);
    expect(await run([role, text(had), RESET], [[role, ...again, finish() + done]])).to.deep.include({
      shown: `${had} And none twice.`,
      failure: undefined,
    });
  });
  it('does not pass on a reply that begins anew', async () => {
    const had = 'Every wave that breaks before the shore is sent again.';
    expect(
      await run([role, text(had), RESET], [[role, text('Every wave that breaks on the rocks'), finish()]]),
    ).to.deep.include({ shown: had, failure: broken('error') });
  });
  it('ends well where the second reply says only that it is done', async () => {
    expect(await run([role, text('One '), RESET], [bytes(Buffer.from(done))])).to.deep.include({
      shown: 'One ',
      failure: undefined,
    });
  });
  it('asks no third time where the second reply cannot be joined', async () => {
    const had = 'Every wave that breaks before the shore is sent again.';
    const anew = [role, text('Every wave that breaks on the rocks'), finish()];
    expect(await run([role, text(had), RESET], [anew, [text('x')]])).to.deep.include({ asked: [had], shown: had });
    expect((await run([role, text('a'), RESET], [[text('b'), tool], [text('c')]])).asked).to.deep.equal(['a']);
  });
  it('does not pass on a whole reply that begins anew', async () => {
    const had = 'Every wave that breaks before the shore is sent again.';
    const whole = bytes(Buffer.from(role + text('Every wave that breaks on the rocks') + finish() + done));
    expect(await run([role, text(had), RESET], [whole])).to.deep.include({ shown: had, failure: broken('error') });
  });
  it('keeps what it held back when the second reply ends', async () => {
    expect(await run([role, text('Every wave that breaks'), RESET], [[role, text(' wave'), finish()]])).to.deep.include(
      { shown: 'Every wave that breaks wave', failure: undefined },
    );
    expect(
      await run(
        [role, text('Every wave'), RESET],
        [[role, `${text(' wave') + finish()}data: {"choices":[],"usage":{}}\n\n${done}`]],
      ),
    ).to.deep.include({ shown: 'Every wave wave', failure: undefined });
  });
  it('joins a reply that came whole, and one whose beginning was read already', async () => {
    const whole = bytes(Buffer.from(role + text('two') + finish() + done));
    expect(await run([role, text('One '), RESET], [whole])).to.deep.include({ shown: 'One two', failure: undefined });
    const withPrefix: Body = { ...bodyOf('openai', [text('o') + finish()]), prefix: Buffer.from(role + text('tw')) };
    expect(await run([role, text('One '), RESET], [withPrefix])).to.deep.include({
      shown: 'One two',
      failure: undefined,
    });
  });
  it('turns a JSON reply into the rest of the stream, and gives up on one that is too long to be read', async () => {
    const json = JSON.stringify({ choices: [{ index: 0, message: { content: 'two' }, finish_reason: 'stop' }] });
    expect(await run([role, text('One '), RESET], [bytes(Buffer.from(json))])).to.deep.include({
      shown: 'One two',
      failure: undefined,
    });
    const long: Body = { ...held(sourceOfPieces(json), O.none), prefix: Buffer.from('{"choices"') };
    expect(await run([role, text('One '), RESET], [long])).to.deep.include({ shown: 'One ', failure: broken('reset') });
  });
  it('does not go on behind the end of a reply that went on', async () => {
    const { asked, shown, failure } = await run(
      [role, text('1'), RESET],
      [[role, text('2') + finish(), RESET], [text('3')]],
    );
    expect({ asked, shown, failure }).to.deep.equal({ asked: ['1'], shown: '12', failure: undefined });
  });
  it('reads a second reply that nobody watched as it is', async () => {
    const second: Body = held(sourceOfPieces(role, text('two'), finish()), O.none);
    expect(await run([role, text('One '), RESET], [second])).to.deep.include({ shown: 'One two', failure: undefined });
  });
  it('asks for the whole reply where there was no text yet', async () => {
    expect(await run([role, thought('hm'), RESET], [[role, thought('well'), text('a') + finish()]])).to.deep.include({
      asked: [''],
      shown: 'a',
      failure: undefined,
    });
  });
  it('cannot join a tool call, before or after', async () => {
    expect(await run([role, text('a'), tool, RESET], [[text('b')]])).to.deep.include({
      asked: [],
      failure: broken('reset'),
    });
    expect(await run([role, text('a'), RESET], [[text('b'), tool, text('c')]])).to.deep.include({
      shown: 'ab',
      failure: broken('error'),
    });
  });
  it('does not go on behind the end, nor for a client that has gone', async () => {
    expect(await run([role, text('a'), finish(), RESET], [[text('b')]])).to.deep.include({
      asked: [],
      failure: undefined,
    });
    expect(await run([role, text('a'), finish(), error], [[text('b')]])).to.deep.include({
      asked: [],
      failure: broken('error'),
    });
    expect(await run([role, text('a'), { _tag: 'ClientGone' }], [[text('b')]])).to.deep.include({
      asked: [],
      failure: { _tag: 'ClientGone' },
    });
  });
  it('does not go on where nobody watched what came', async () => {
    const ask = () => async () => expect.fail('asked');
    const source = sourceOfPieces('a', { _tag: 'BrokenOff', by: 'end' });
    expect(await drain(resume(dialects.openai, ask)(source))).to.deep.equal({ text: 'a', failure: broken('end') });
  });
  it('mends a character that was cut in two', async () => {
    const { shown } = await run([role, text('wave \ud83c'), RESET], [[role, text('🌊!'), finish()]]);
    expect(shown).to.equal('wave 🌊!');
  });
  it('gives up the connection that it reads when it is given up itself', async () => {
    const ask = () => async () => E.left<Failure>({ _tag: 'ClientGone' });
    const opened = { ...bodyOf('openai', [text('a'), 5000]), prefix: Buffer.from(role) };
    const body = withLayer(opened, resume(dialects.openai, ask));
    const reading = sourceOfBody(body);
    expect(await reading.next()).to.deep.equal(E.right(O.some(Buffer.from(role))));
    expect(await reading.next()).to.deep.equal(E.right(O.some(Buffer.from(text('a')))));
    reading.abandon({ _tag: 'ClientGone' });
    expect(await reading.next()).to.deep.equal(E.left({ _tag: 'ClientGone' }));
  });
  it('passes on what keeps the connection alive meanwhile', async () => {
    const { stream } = await run([role, text('One '), RESET], [[role, ': ka\n\n', text('two') + finish() + done]]);
    expect(stream).to.equal(`${role}${text('One ')}: ka\n\n${text('two')}${finish()}${done}`);
  });
  it('does not go on behind a stop_reason, though the end is missing', async () => {
    const { start, block, text: said, blockStop, delta, stop } = anthropic;
    const first = start + block() + said('a') + blockStop() + delta;
    expect(await run([first], [[stop]], 'anthropic')).to.deep.include({ asked: [], failure: undefined });
  });
  it('goes on where text came behind the finish, or the reason says that it failed', async () => {
    const { start, block, text: said, delta, stop, blockStop } = anthropic;
    const whole = { shown: 'ab', failure: undefined };
    expect(await run([role, finish(), text('a')], [[text('b'), finish()]])).to.deep.include(whole);
    expect(await run([role, text('a'), finish('network_error')], [[text('b'), finish()]])).to.deep.include(whole);
    const rest = [start, block(), said('b'), blockStop(), delta, stop];
    expect(await run([start, block(), delta, said('a')], [rest], 'anthropic')).to.deep.include(whole);
    const failed = delta.replace('end_turn', 'error');
    expect(await run([start, block(), said('a'), failed], [rest], 'anthropic')).to.deep.include(whole);
  });
  it('leaves out what the second reply repeats, also behind a count of tokens that comes first', async () => {
    const usage = 'data: {"choices":[],"usage":{"total_tokens":1}}\n\n';
    const had = 'Every wave that breaks ';
    expect(await run([role, text(had), RESET], [[usage, text(' '), text('again.'), finish()]])).to.deep.include({
      shown: `${had}again.`,
      failure: undefined,
    });
  });
  it('joins text beside a hollow tool call', async () => {
    const hollow = text('b').replace('"content"', '"function_call":{"name":"","arguments":""},"content"');
    expect(await run([role, text('a'), RESET], [[hollow, finish()]])).to.deep.include({
      shown: 'ab',
      failure: undefined,
    });
  });
  it('does not go on behind the end of the block that it would go on in', async () => {
    const { start, block, text: said, blockStop, delta, stop } = anthropic;
    const closed = start + block() + said('One.') + blockStop();
    const next = start + block() + said(' Two.') + blockStop() + delta + stop;
    expect(await run([closed, RESET], [[next]], 'anthropic')).to.deep.include({
      asked: [],
      stream: closed,
      failure: broken('reset'),
    });
    // The second reply may break there too.
    const second = start + block() + said(' Two.') + blockStop();
    expect(await run([start + block() + said('One.'), RESET], [[second, RESET], [next]], 'anthropic')).to.deep.include({
      asked: ['One.'],
      stream: closed.replace(blockStop(), said(' Two.') + blockStop()),
      failure: broken('reset'),
    });
  });
  it('goes on where only the block of the thoughts has ended', async () => {
    const { start, block, text: said, blockStop, delta, stop } = anthropic;
    const first = start + block(0, 'thinking') + blockStop(0) + block(1) + said('One ', 1);
    const next = start + block() + said('two.') + blockStop() + delta + stop;
    const { shown, failure } = await run([first, RESET], [[next]], 'anthropic');
    expect({ shown, failure }).to.deep.equal({ shown: 'One two.', failure: undefined });
  });
  it('goes on in the same block in the dialect of Anthropic, and not where there is none', async () => {
    const { start, block, text: said, blockStop, delta, stop } = anthropic;
    const first = start + block(1) + said('One ', 1);
    const { stream, failure } = await run(
      [first, RESET],
      [[start + block(0), said('two.', 0) + blockStop(0) + delta + stop]],
      'anthropic',
    );
    expect({ stream, failure }).to.deep.equal({
      stream: first + said('two.', 1) + blockStop(1) + delta + stop,
      failure: undefined,
    });
    expect(await run([start + block(0, 'thinking'), RESET], [[stop]], 'anthropic')).to.deep.include({
      asked: [],
      failure: broken('reset'),
    });
  });
  it('shows exactly the reply, wherever it is cut and however often, if each model goes on from there', async () => {
    const made = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(made, fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }), async (reply, lengths) => {
        fc.pre(reply.trim() === reply);
        /** What a model says that was given this much, and after so many characters the connection breaks. */
        const from = (given: string, length: number | undefined): readonly Piece[] => {
          const rest = reply.slice(given.replace(/[\uD800-\uDBFF]$/, '').trimEnd().length);
          // Something must be left to be said: an empty reply is no continuation.
          return length === undefined || length >= rest.length
            ? [role, text(rest), finish() + done]
            : [role, text(rest.slice(0, length)), RESET];
        };
        const nexts = [...lengths.slice(1), undefined].map((length) => (given: string) => from(given, length));
        const { shown, failure } = await run(from('', lengths[0]), lengths.length === 0 ? [] : nexts);
        expect(failure).to.equal(undefined);
        expect(shown).to.equal(reply);
      }),
      { numRuns: 300 },
    );
  });
});
