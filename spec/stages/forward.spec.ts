import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as sinon from 'sinon';
import { type Body, bytes, type Call, held, type Replied, type Reply, type Try } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import type { Headers } from '../../lib/core/headers.js';
import type { Reading } from '../../lib/core/reading.js';
import { atOnce, type Steps } from '../../lib/core/steps.js';
import { dialects } from '../../lib/dialects/index.js';
import { type ForwardDeps, forward, readAgain } from '../../lib/stages/forward.js';
import { CHAT_END, CHAT_REPLY, chatEvent, MESSAGE_REPLY } from '../support/answers.js';
import { failures } from '../support/failures.js';
import { sourceOfPieces } from '../support/sources.js';
import { attempt, type TryChanges } from '../support/values.js';

const unread = held(sourceOfPieces(), O.none);
const START = bytes(Buffer.from('start'));
const GATED = { ...held(sourceOfPieces(), O.none), prefix: Buffer.from('data: {}\n\n') };
const STREAM = chatEvent('Hello.') + CHAT_END;

const JSON_TYPE: Headers = { 'content-type': 'application/json' };
const STREAM_TYPE: Headers = { 'content-type': 'text/event-stream' };

const reply = (status: number, headers: Headers = {}, body: Body = unread): Reply => ({ status, headers, body });
const inMemory = (text: string): Body => bytes(Buffer.from(text));

interface Given extends TryChanges {
  readonly call?: Call;
}
const trying = ({ call, ...changes }: Given = {}): Try => {
  const value = attempt('http://127.0.0.1:1', changes);
  return call === undefined ? value : { ...value, call };
};
const STREAMING: Given = { plan: { stream: true } };
const PASSED_THROUGH: Given = { plan: { inspected: false }, call: { _tag: 'Other', dialect: dialects.openai } };
const MODELS: Given = { call: { _tag: 'Models', dialect: dialects.openai } };
const ANTHROPIC: Given = {
  call: { _tag: 'Chat', dialect: dialects.anthropic, stream: false, body: { model: 'm', messages: [{}] } },
};

/** An edge that answers so; whatever is held comes whole as `whole`. */
const edge = (came: E.Either<Failure, Reply>, whole: Body = inMemory(CHAT_REPLY)) => ({
  send: sinon.stub<[Try], ReturnType<ForwardDeps['send']>>().returns(TE.fromEither(came)),
  buffer: sinon.stub<Parameters<ForwardDeps['buffer']>, ReturnType<ForwardDeps['buffer']>>().returns(TE.right(whole)),
  readPrefix: sinon
    .stub<Parameters<ForwardDeps['readPrefix']>, ReturnType<ForwardDeps['readPrefix']>>()
    .returns(TE.right(START)),
  gate: sinon
    .stub<Parameters<ForwardDeps['gate']>, ReturnType<ForwardDeps['gate']>>()
    .returns(TE.right({ body: GATED, reading: { _tag: 'ThinkingOnly', cut: false } })),
  inTurns: async <A>(steps: Steps<A>) => atOnce(steps),
  warn: sinon.stub<Parameters<ForwardDeps['warn']>, void>(),
  emit: sinon.stub<Parameters<ForwardDeps['emit']>, void>(),
});
type FakeEdge = ReturnType<typeof edge>;

const brought = async (deps: FakeEdge, value: Try): Promise<Replied> => {
  const result = await forward(deps)(value)();
  return E.isRight(result) ? result.right : expect.fail(result.left._tag);
};

/** What is read of a reply whose whole body this is. */
const readingOf = async (body: string, given: Given = {}, headers = JSON_TYPE): Promise<Reading> => {
  const whole = inMemory(body);
  const replied = await brought(edge(E.right(reply(200, headers)), whole), trying(given));
  expect(replied.reply.body).to.equal(whole);
  return replied.reading;
};

const untouched = ({ buffer, readPrefix, gate, warn }: FakeEdge): void => {
  for (const effect of [buffer, readPrefix, gate, warn]) sinon.assert.notCalled(effect);
};

const UNREAD: Reading = { _tag: 'Unread' };
const CONTENT: Reading = { _tag: 'Content' };

describe('stages/forward', () => {
  it('sends the try, and gives it back with the reply and what that means', async () => {
    const came = reply(201, { 'x-a': '1' });
    const deps = edge(E.right(came));
    const value = trying();
    const body = inMemory(CHAT_REPLY);
    expect(await brought(deps, value)).to.deep.equal({ ...value, reply: { ...came, body }, reading: CONTENT });
    sinon.assert.calledOnceWithExactly(deps.send, value);
  });

  it('sends nothing before it is run', () => {
    const deps = edge(E.right(reply(200)));
    const task = sinon.stub().resolves(E.right(reply(200)));
    deps.send.returns(task);
    forward(deps)(trying());
    sinon.assert.notCalled(task);
  });

  it('sends nothing again, whatever the failure: that is for the schedule to decide', async () => {
    const unused: Failure = { _tag: 'Broken', code: 'ECONNRESET', unused: true };
    for (const failure of [...Object.values<Failure>(failures), unused]) {
      const deps = edge(E.left(failure));
      expect(await forward(deps)(trying())()).to.deep.equal(E.left(failure));
      sinon.assert.calledOnce(deps.send);
      untouched(deps);
    }
  });

  describe('of a whole reply', () => {
    it("holds it, up to the target's limit", async () => {
      const deps = edge(E.right(reply(299, JSON_TYPE)));
      await brought(deps, trying({ target: { replyLimitBytes: 77 } }));
      sinon.assert.calledOnceWithExactly(
        deps.buffer,
        unread,
        77,
        sinon.match.func,
        sinon.match.instanceOf(AbortSignal),
      );
      sinon.assert.notCalled(deps.readPrefix);
      sinon.assert.notCalled(deps.gate);
      sinon.assert.notCalled(deps.warn);
    });

    it('reads what it means, in the dialect of the call', async () => {
      expect(await readingOf(CHAT_REPLY)).to.deep.equal(CONTENT);
      expect(await readingOf('{"choices":[]}')).to.deep.equal({ _tag: 'Empty' });
      expect(await readingOf('{"choices":')).to.deep.equal({ _tag: 'Unparsable' });
      expect(await readingOf('{"error":{"code":503}}')).to.have.property('_tag', 'ErrorInReply');
      expect(await readingOf(MESSAGE_REPLY, ANTHROPIC)).to.deep.equal(CONTENT);
      expect(await readingOf(MESSAGE_REPLY)).to.have.property('_tag', 'WrongFormat');
    });

    it('reads a stream that nobody asked for, whatever its media type', async () => {
      for (const type of [STREAM_TYPE, JSON_TYPE, {}]) {
        expect(await readingOf(STREAM, {}, type)).to.deep.equal(CONTENT);
        expect(await readingOf(chatEvent('Hel'), {}, type)).to.deep.equal({ _tag: 'BrokenOff' });
      }
    });

    it('hands JSON on without the end of a stream behind it, and comments before it', async () => {
      for (const body of [`${CHAT_REPLY}\ndata: [DONE]\n\n`, `: working\n\n${CHAT_REPLY}\n[DONE]\n`]) {
        const replied = await brought(edge(E.right(reply(200, JSON_TYPE)), inMemory(body)), trying());
        expect(replied.reading).to.deep.equal(CONTENT);
        expect(replied.reply.body).to.deep.equal(inMemory(CHAT_REPLY));
      }
    });

    it('passes one on unread that is longer than the limit, and warns', async () => {
      const long = { ...unread, prefix: Buffer.from(CHAT_REPLY) };
      const deps = edge(E.right(reply(200, JSON_TYPE)), long);
      const { reply: passed, reading, id } = await brought(deps, trying());
      expect(passed.body).to.equal(long);
      expect(reading).to.deep.equal(UNREAD);
      sinon.assert.calledOnceWithExactly(deps.warn, id, 'reply_too_long_to_judge');
    });

    it('reads one that is in memory already', async () => {
      const body = inMemory('{"choices":[]}');
      const deps = edge(E.right(reply(200, {}, body)));
      const replied = await brought(deps, trying());
      expect(replied.reply.body).to.equal(body);
      expect(replied.reading).to.deep.equal({ _tag: 'Empty' });
      untouched(deps);
    });

    it('fails as reading it fails', async () => {
      const deps = edge(E.right(reply(200)));
      deps.buffer.returns(TE.left(failures.Broken));
      expect(await forward(deps)(trying())()).to.deep.equal(E.left(failures.Broken));
    });
  });

  describe('of a list of models', () => {
    it('reads whether it is one', async () => {
      expect(await readingOf('{"object":"list","data":[{"id":"a"}]}', MODELS)).to.deep.equal(CONTENT);
      expect(await readingOf('[{"id":"a"}]', MODELS)).to.deep.equal(CONTENT);
      expect(await readingOf(CHAT_REPLY, MODELS)).to.have.property('_tag', 'WrongFormat');
      expect(await readingOf('{"error":{"code":503}}', MODELS)).to.have.property('_tag', 'ErrorInReply');
    });
  });

  describe('of a stream', () => {
    it('has it held back by the gate, and goes by what that reads', async () => {
      for (const type of [STREAM_TYPE, { 'content-type': 'Text/Event-Stream; charset=utf-8' }]) {
        const deps = edge(E.right(reply(200, type)));
        const value = trying(STREAMING);
        const replied = await brought(deps, value);
        expect(replied.reply.body).to.equal(GATED);
        expect(replied.reading).to.deep.equal({ _tag: 'ThinkingOnly', cut: false });
        sinon.assert.calledOnceWithExactly(deps.gate, value, unread);
        sinon.assert.notCalled(deps.buffer);
      }
    });

    it('has the gate look at what comes, whatever it says that it is', async () => {
      for (const headers of [
        {},
        { 'content-type': 'text/plain' },
        { 'content-type': 'text/html; a=application/json' },
        { 'content-type': 'application/json' },
        { 'content-type': 'Application/Problem+JSON; charset=utf-8' },
      ]) {
        const deps = edge(E.right(reply(200, headers)));
        expect((await brought(deps, trying(STREAMING))).reply.body).to.equal(GATED);
        sinon.assert.notCalled(deps.buffer);
      }
    });

    it('fails as the gate fails', async () => {
      const deps = edge(E.right(reply(200, STREAM_TYPE)));
      deps.gate.returns(TE.left(failures.TimedOut));
      expect(await forward(deps)(trying(STREAMING))()).to.deep.equal(E.left(failures.TimedOut));
    });
  });

  describe('of an error', () => {
    it('reads the first 64 KiB, judged or not, also where it says that it is a stream', async () => {
      for (const status of [300, 304, 400, 503]) {
        for (const given of [{}, STREAMING, PASSED_THROUGH, MODELS]) {
          const deps = edge(E.right(reply(status, STREAM_TYPE)));
          const replied = await brought(deps, trying(given));
          expect(replied.reply).to.deep.equal({ status, headers: STREAM_TYPE, body: START });
          expect(replied.reading).to.deep.equal(UNREAD);
          sinon.assert.calledOnceWithExactly(deps.readPrefix, unread, 65_536);
          sinon.assert.notCalled(deps.buffer);
          sinon.assert.notCalled(deps.gate);
        }
      }
    });

    it('takes what is in memory as it is', async () => {
      const deps = edge(E.right(reply(500, {}, START)));
      const replied = await brought(deps, trying());
      expect(replied.reply.body).to.equal(START);
      expect(replied.reading).to.deep.equal(UNREAD);
      untouched(deps);
    });

    it('fails as reading it fails', async () => {
      const deps = edge(E.right(reply(500)));
      deps.readPrefix.returns(TE.left(failures.TimedOut));
      expect(await forward(deps)(trying())()).to.deep.equal(E.left(failures.TimedOut));
    });
  });

  describe('of an error of another proxy that is told in the head of a success', () => {
    const headers = { ...STREAM_TYPE, 'x-oai-proxy-error': 'Slow down', 'x-oai-proxy-error-status': '429' };

    it('goes by the head, and reads the start of the body', async () => {
      for (const given of [{}, STREAMING, MODELS]) {
        const deps = edge(E.right(reply(200, headers)));
        const { reply: passed, reading } = await brought(deps, trying(given));
        expect(passed.body).to.equal(START);
        if (reading._tag !== 'ErrorInReply') return expect.fail(reading._tag);
        expect(reading.error).to.deep.include({ text: 'Slow down', status: O.some(429) });
        sinon.assert.calledOnceWithExactly(deps.readPrefix, unread, 65_536);
        sinon.assert.notCalled(deps.buffer);
        sinon.assert.notCalled(deps.gate);
      }
    });

    it('fails as reading it fails', async () => {
      const deps = edge(E.right(reply(200, headers)));
      deps.readPrefix.returns(TE.left(failures.Broken));
      expect(await forward(deps)(trying())()).to.deep.equal(E.left(failures.Broken));
    });

    it('says so too of a reply that a stage has changed, and of one that is in memory', async () => {
      const body = inMemory(CHAT_REPLY);
      const replied: Replied = { ...trying(), reply: reply(200, headers, body), reading: CONTENT };
      const again = await readAgain(edge(E.left(failures.Broken)))(replied)();
      expect(E.isRight(again) && again.right.reading._tag).to.equal('ErrorInReply');
      expect(E.isRight(again) && again.right.reply.body).to.equal(body);
    });

    it('says nothing where the reply is only passed on', async () => {
      const deps = edge(E.right(reply(200, headers)));
      expect((await brought(deps, trying(PASSED_THROUGH))).reply.body).to.equal(unread);
      untouched(deps);
    });
  });

  it('leaves a reply with the edge that is only passed on, whatever it is', async () => {
    for (const body of [unread, inMemory('{"choices":[]}')]) {
      for (const headers of [JSON_TYPE, STREAM_TYPE, {}]) {
        const deps = edge(E.right(reply(200, headers, body)));
        const replied = await brought(deps, trying(PASSED_THROUGH));
        expect(replied.reply).to.deep.equal({ status: 200, headers, body });
        expect(replied.reply.body).to.equal(body);
        expect(replied.reading).to.deep.equal(UNREAD);
        untouched(deps);
      }
    }
  });
});
