import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../../lib/core/attempt.js';
import { sourceOfBody, withLayer } from '../../lib/core/body-layers.js';
import type { Clock } from '../../lib/core/clock.js';
import { type Answered, type Body, bytes, held } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { deliveredBy } from '../../lib/core/source.js';
import { dialects } from '../../lib/dialects/index.js';
import { clock } from '../../lib/edge/clock.js';
import { eventsOf } from '../../lib/stream/events.js';
import { keepAlive } from '../../lib/stream/keep-alive.js';
import { monitor, nothingSeen } from '../../lib/stream/monitor.js';
import { resume } from '../../lib/stream/resume.js';
import { openai, textOf } from '../support/chunks.js';
import { inFakeTime } from '../support/fake-time.js';
import { pause } from '../support/proxy.js';
import { drain, sourceOfPieces } from '../support/sources.js';
import { attempt, plan, planned } from '../support/values.js';

const { role, text, finish, done } = openai;
const stream = role + text('a') + finish() + done;
const GONE: Failure = { _tag: 'ClientGone' };

/** What comes of an answer that is there once so many waits for it have timed out. */
const answer = async (timeouts: number, result: E.Either<Failure, Body>, isStream = true, status = 200) => {
  const value = planned({ plan: plan({ stream: isStream }) });
  const inner = () => async () =>
    E.map((body: Body): Answered => ({ ...value, reply: { status, headers: { mine: '1' }, body }, attempts: [] }))(
      result,
    );
  let waits = 0;
  const within: Clock['within'] = async (_ms, pending) => {
    waits += 1;
    return waits <= timeouts ? undefined : pending;
  };
  const answered = await keepAlive({ within })(inner)(value)();
  if (E.isLeft(answered)) return { opened: false, passed: '', failure: answered.left };
  const { reply } = answered.right;
  const { text: passed, failure } = await drain(sourceOfBody(reply.body));
  return { opened: reply.headers.mine === undefined, passed, failure };
};

describe('a stream that is kept alive', () => {
  inFakeTime();
  it('is not touched where the answer comes in time', async () => {
    expect(await answer(0, E.right(bytes(Buffer.from(stream))))).to.deep.equal({
      opened: false,
      passed: stream,
      failure: undefined,
    });
    expect(await answer(0, E.left(GONE))).to.deep.equal({ opened: false, passed: '', failure: GONE });
  });
  it('is opened with a comment, repeats it, and then says what the answer says', async () => {
    const body = { ...held(sourceOfPieces(text('a') + finish() + done), O.none), prefix: Buffer.from(role) };
    expect(await answer(2, E.right(body))).to.deep.equal({
      opened: true,
      passed: `${': ka\n\n'.repeat(2)}${stream}`,
      failure: undefined,
    });
    expect(await answer(1, E.right(bytes(Buffer.from(stream))))).to.deep.include({ passed: `: ka\n\n${stream}` });
  });
  it('tells the tries that its head could not tell, and those that were made later', async () => {
    const tried = (number: number): Attempt => ({
      number,
      target: 'target',
      status: O.none,
      reason: O.none,
      hintMs: O.none,
      durationMs: 1,
      waitMs: O.none,
    });
    const value = planned({ plan: plan({ stream: true }) });
    const whole = { status: 200, headers: {}, body: bytes(Buffer.from(stream)) };
    const ask = () => async () => E.right({ answered: { ...value, reply: whole, attempts: [tried(3)] }, ask: O.none });
    const events = eventsOf(clock, sourceOfPieces(role + text('a')), attempt('http://127.0.0.1:1'));
    const opened = held(
      monitor(events, nothingSeen, () => {}),
      O.none,
    );
    const body = withLayer(opened, resume(dialects.openai, ask));
    const inner = () => async () => {
      await pause(30);
      return E.right({ ...value, reply: { ...whole, body }, attempts: [tried(1), tried(2)] });
    };
    const answered = await keepAlive(clock, { openMs: 5, everyMs: 1000 })(inner)(value)();
    if (E.isLeft(answered)) throw new Error('left');
    expect(answered.right.attempts).to.deep.equal([]);
    const source = sourceOfBody(answered.right.reply.body);
    expect(deliveredBy(source).attempts).to.deep.equal([]);
    expect(textOf((await drain(source)).text)).to.equal('aa');
    expect(deliveredBy(source).attempts).to.deep.equal([tried(1), tried(2), tried(3)]);
  });
  it('says a JSON answer as a stream', async () => {
    const json = {
      id: 'x',
      choices: [{ index: 0, message: { role: 'assistant', content: 'whole' }, finish_reason: 'stop' }],
    };
    const { passed } = await answer(1, E.right(bytes(Buffer.from(JSON.stringify(json)))));
    expect(textOf(passed)).to.equal('whole');
  });
  it('ends with the failure, where it comes to one', async () => {
    expect(await answer(1, E.left(GONE))).to.deep.equal({ opened: true, passed: ': ka\n\n', failure: GONE });
  });
  describe('ends with a failure, and not as a good one does, where a stage answers', () => {
    const failureOf = async (body: Body, status: number) => {
      const { opened, passed, failure } = await answer(1, E.right(body), true, status);
      expect({ opened, passed }).to.deep.equal({ opened: true, passed: ': ka\n\n' });
      return failure;
    };
    it('with an error, in its words', async () => {
      const error = bytes(Buffer.from('{"error":{"message":"down"}}'));
      expect(await failureOf(error, 503)).to.deep.include({ _tag: 'Refused', status: 503, says: 'down' });
    });
    it('with a status alone', async () => {
      const says = 'A stage of the proxy answered with status 404.';
      expect(await failureOf(bytes(Buffer.alloc(0)), 404)).to.deep.include({ _tag: 'Refused', status: 404, says });
    });
    it('with another status for an open stream, which is given up', async () => {
      const source = sourceOfPieces(stream);
      expect(await failureOf(held(source, O.none), 502)).to.deep.include({ _tag: 'Refused', status: 502 });
      expect(source.abandoned()).to.deep.equal(GONE);
    });
    it('with what is no stream and cannot be made one', async () => {
      for (const text of ['hello', '', '{"error":{"message":"down"}}']) {
        expect(await failureOf(bytes(Buffer.from(text)), 200)).to.include({ _tag: 'StageFault' });
      }
    });
  });
  it('ends with a failure where what came is JSON too long to be read, which is given up', async () => {
    const source = sourceOfPieces('[]}');
    const body = { ...held(source, O.none), prefix: Buffer.from('{"choices":') };
    const { passed, failure } = await answer(1, E.right(body));
    expect(passed).to.equal(': ka\n\n');
    expect(failure).to.include({ _tag: 'Malformed' });
    expect(source.abandoned()).to.deep.equal(GONE);
  });
  it('leaves whole replies alone, however long they take', async () => {
    expect(await answer(1, E.right(bytes(Buffer.from('{}'))), false)).to.deep.equal({
      opened: false,
      passed: '{}',
      failure: undefined,
    });
  });
  it('gives up what it reads when it is given up itself', async () => {
    const source = sourceOfPieces(5000);
    const value = planned({ plan: plan({ stream: true }) });
    let resolve: (answered: E.Either<Failure, Answered>) => void = () => {};
    const pending = new Promise<E.Either<Failure, Answered>>((resolved) => {
      resolve = resolved;
    });
    const answered = await keepAlive(clock, { openMs: 5, everyMs: 1000 })(() => () => pending)(value)();
    if (E.isLeft(answered)) throw new Error('left');
    const reading = sourceOfBody(answered.right.reply.body);
    reading.abandon(GONE);
    await reading.next();
    resolve(E.right({ ...value, reply: { status: 200, headers: {}, body: held(source, O.none) }, attempts: [] }));
    const next = reading.next();
    await pause(20);
    reading.abandon(GONE);
    expect(await next).to.deep.equal(E.left(GONE));
  });
});
