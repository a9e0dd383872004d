import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as sinon from 'sinon';
import type { Hooks } from '../lib/core/custom-stage.js';
import { type Answered, bytes, held, type Received, type Reply, type Request, type Try } from '../lib/core/exchange.js';
import { clientError, type Failure } from '../lib/core/failure.js';
import type { Headers } from '../lib/core/headers.js';
import type { Dated } from '../lib/core/models-store.js';
import type { Settings } from '../lib/core/settings.js';
import { atOnce, type Steps } from '../lib/core/steps.js';
import { type Edge, pipeline, STEPS } from '../lib/pipeline.js';
import { failures } from './support/failures.js';
import { drainBody, sourceOfPieces } from './support/sources.js';
import { received, request, settings } from './support/values.js';

const URL_OF_TARGET = 'https://secret-host.example/v1';
const SETTINGS = settings(URL_OF_TARGET, {
  target: { ...settings(URL_OF_TARGET).target, apiKey: O.some('secret-key') },
});

const HELLO = bytes(Buffer.from('{"model":"m","messages":[{"role":"user","content":"hi"}]}'));
const GOOD_TEXT = '{"choices":[{"message":{"content":"Hello"}}]}';

const asked = (changes: Partial<Received['request']> = {}): Received =>
  received({ request: request({ body: HELLO, ...changes }) });

const reply = (status: number, text = '{}', headers: Headers = {}): Reply => ({
  status,
  headers,
  body: bytes(Buffer.from(text)),
});
const GOOD = reply(200, GOOD_TEXT, { 'content-type': 'application/json' });
const BUSY = reply(503);

const STREAMED = bytes(Buffer.from('{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'));
const UNREAD = held(sourceOfPieces(), O.none);
const STREAM: Reply = { status: 200, headers: { 'content-type': 'text/event-stream' }, body: UNREAD };

type Sent = E.Either<Failure, Reply>;

/** An edge that answers one outcome a try, the last again and again, and whose clock only its sleep moves. */
const fakeEdge = (...outcomes: readonly [Sent, ...Sent[]]) => {
  let nowMs = 0;
  const [own, last] = [new Map<string, Dated>(), new Map<string, Dated>()];
  const send = sinon.stub<[Try], TE.TaskEither<Failure, Reply>>();
  outcomes.forEach((outcome, call) => {
    send.onCall(call).returns(TE.fromEither(outcome));
  });
  send.returns(TE.fromEither(outcomes[outcomes.length - 1] as Sent));
  return {
    send,
    buffer: sinon.stub<Parameters<Edge['buffer']>, ReturnType<Edge['buffer']>>().returns(TE.right(GOOD.body)),
    gate: sinon
      .stub<Parameters<Edge['gate']>, ReturnType<Edge['gate']>>()
      .callsFake((_attempt, body) => TE.right({ body, reading: { _tag: 'Content' } })),
    readPrefix: sinon
      .stub<Parameters<Edge['readPrefix']>, ReturnType<Edge['readPrefix']>>()
      .returns(TE.right(bytes(Buffer.from('{}')))),
    inTurns: async <A>(steps: Steps<A>) => atOnce(steps),
    warn: sinon.stub<Parameters<Edge['warn']>, void>(),
    resume: sinon.stub<Parameters<Edge['resume']>, ReturnType<Edge['resume']>>().returns((source) => source),
    emit: () => {},
    keepAlive: (inner: Parameters<Edge['keepAlive']>[0]) => inner,
    store: {
      own: {
        recall: (key: string) => O.fromNullable(own.get(key)),
        keep: (key: string, dated: Dated) => void own.set(key, dated),
      },
      last: {
        recall: (key: string) => async () => O.fromNullable(last.get(key)),
        keep: (key: string, dated: Dated) => async () => {
          last.set(key, dated);
          return O.none;
        },
      },
    },
    now: () => nowMs,
    wallClock: () => 0,
    random: () => 0,
    sleep: (ms: number) => async () => {
      nowMs += ms;
      return E.right(undefined);
    },
  };
};

const handled = (edge: Edge, came: Received = asked(), its: Settings = SETTINGS) => pipeline(its, edge).handle(came)();

const textOf = ({ body }: Reply): string =>
  body._tag === 'Bytes' ? body.bytes.toString() : expect.fail('not in memory');
const errorOf = (answer: Reply): unknown => (JSON.parse(textOf(answer)) as { error: unknown }).error;

const CANARY = 'Error: canary at /home/secret/path.ts:1:1';
const throwing = (): never => {
  throw new Error(CANARY);
};

describe('pipeline', () => {
  it('answers with the good reply as it came, and emits its summary', async () => {
    const edge = fakeEdge(E.right(GOOD));
    const { reply: answer, summary } = await handled(edge);
    expect(answer.status).to.equal(200);
    expect(textOf(answer)).to.equal(GOOD_TEXT);
    expect(answer.headers).to.include({ 'x-request-id': 'id-1', 'x-seaking-attempts': '1' });
    expect(summary).to.deep.include({ id: 'id-1', path: '/v1/chat/completions', model: O.some('m'), reason: O.none });
    expect(summary.attempts.length).to.equal(1);
    sinon.assert.calledOnce(edge.send);
  });

  it('sends the bytes that came, to the target, with its key', async () => {
    const edge = fakeEdge(E.right(GOOD));
    await handled(edge, asked({ headers: { authorization: 'Bearer client' } }));
    const { outgoing, target } = edge.send.firstCall.args[0];
    expect(outgoing.body).to.equal(HELLO);
    expect(outgoing.path).to.equal('/v1/chat/completions');
    expect({ ...outgoing.headers }).to.deep.equal({
      'accept-encoding': 'identity',
      authorization: 'Bearer secret-key',
    });
    expect(target).to.equal(SETTINGS.target);
  });

  it('tries again what may be mended, and then answers with the good reply', async () => {
    const { reply: answer, summary } = await handled(fakeEdge(E.left(failures.Broken), E.right(BUSY), E.right(GOOD)));
    expect(answer.status).to.equal(200);
    expect(answer.headers).to.include({ 'x-seaking-attempts': '3' });
    expect(summary.attempts.map(({ reason }) => reason)).to.deep.equal([
      O.some('connection_broken'),
      O.some('overloaded'),
      O.none,
    ]);
  });

  it('reports the last failure once the tries are used up', async () => {
    const edge = fakeEdge(E.left(failures.Broken), E.right(BUSY));
    const { reply: answer, summary } = await handled(edge);
    expect(answer.status).to.equal(503);
    expect(errorOf(answer)).to.include({ code: 'overloaded', type: 'server_error' });
    expect(answer.headers).to.include({ 'x-seaking-attempts': '4', 'x-should-retry': 'false' });
    expect(summary).to.deep.include({ reason: O.some('overloaded') });
    sinon.assert.callCount(edge.send, 4);
  });

  it('sends once what the upstream rejects, and says why, without a host or a key', async () => {
    const said = '{"error":{"message":"No model x at secret-host.example for secret-key"}}';
    const edge = fakeEdge(E.right(reply(404, said)), E.right(GOOD));
    const { reply: answer } = await handled(edge);
    expect(answer.status).to.equal(404);
    expect(textOf(answer)).to.include('No model x').and.not.include('secret');
    sinon.assert.calledOnce(edge.send);
  });

  it('does not say again what the client has said', async () => {
    const prompt = 'the dragon sleeps under the mountain';
    const body = bytes(Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: prompt }] })));
    const said = JSON.stringify({ error: { message: `No such message: ${prompt}, here` } });
    const edge = fakeEdge(E.right(reply(400, said)));
    const { reply: answer } = await handled(edge, received({ request: request({ body }) }));
    expect(textOf(answer)).to.include('No such message').and.not.include('dragon');
  });

  it('says what a provider behind the upstream has said, without a host, a key or a prompt', async () => {
    const prompt = 'the dragon sleeps under the mountain';
    const body = bytes(Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: prompt }] })));
    const raw = JSON.stringify({
      error: { message: `Too many images in "${prompt}" for secret-key at secret-host.example` },
    });
    const said = JSON.stringify({ error: { message: 'Provider returned error', code: 400, metadata: { raw } } });
    const { reply: answer } = await handled(
      fakeEdge(E.right(reply(400, said))),
      received({ request: request({ body }) }),
    );
    expect(textOf(answer))
      .to.include('Too many images')
      .and.not.match(/Provider returned|dragon|secret/);
  });

  it('answers with a 500 where the first step throws', async () => {
    const headers = Object.defineProperty({}, 'host', {
      enumerable: true,
      get: () => {
        throw new Error('a canary');
      },
    });
    const { admit, refuse } = pipeline(SETTINGS, fakeEdge(E.right(GOOD)));
    const admitted = admit({ method: 'POST', path: '/v1/messages', headers });
    if (E.isRight(admitted)) return expect.fail('it was let in');
    expect(admitted.left).to.deep.include({ _tag: 'StageFault', stage: 'admit', why: '' });
    const told = refuse('id-1', { method: 'POST', path: '/v1/messages', headers: {} }, admitted.left);
    expect(told.status).to.equal(500);
    expect(JSON.parse(textOf(told))).to.have.property('type', 'error');
    expect(textOf(told)).to.not.include('canary');
  });

  it('goes by the lists of statuses in the settings', async () => {
    const retry = { ...SETTINGS.retry, retryCodes: new Set([418]), failCodes: new Set([503]) };
    const listed = { ...SETTINGS, retry };
    expect((await handled(fakeEdge(E.right(BUSY), E.right(GOOD)), asked(), listed)).reply.status).to.equal(503);
    expect((await handled(fakeEdge(E.right(reply(418)), E.right(GOOD)), asked(), listed)).reply.status).to.equal(200);
  });

  it('sends nothing that cannot be read', async () => {
    const edge = fakeEdge(E.right(GOOD));
    const { reply: answer, summary } = await handled(edge, asked({ body: bytes(Buffer.from('{')) }));
    expect(answer.status).to.equal(400);
    expect(errorOf(answer)).to.include({ message: 'The body is not valid JSON.', code: 'invalid_request' });
    expect(summary).to.deep.include({ attempts: [], model: O.none, reason: O.some('invalid_request') });
    sinon.assert.notCalled(edge.send);
  });

  it("speaks Anthropic's dialect to its clients", async () => {
    const { reply: answer } = await handled(fakeEdge(E.right(BUSY)), asked({ path: '/v1/messages' }));
    expect(JSON.parse(textOf(answer))).to.deep.include({ type: 'error' });
  });

  it('lets a stream break off with words that its client can read', async () => {
    const { body } = (await handled(fakeEdge(E.right(STREAM)), asked({ body: STREAMED }))).reply;
    const { text, failure } = await drainBody(body, ': ka\n\n', failures.Broken);
    expect(text).to.match(/^: ka\n\ndata: .*\n\ndata: \[DONE\]\n\n$/);
    expect(failure).to.equal(undefined);
  });

  it('has a stream go on that breaks off, where the user wants that', async () => {
    const resumeOf = async (its: Settings): Promise<boolean> => {
      const edge = fakeEdge(E.right(STREAM));
      await handled(edge, asked({ body: STREAMED }), its);
      return edge.resume.called;
    };
    expect(await resumeOf(SETTINGS)).to.equal(false);
    const streaming = { ...SETTINGS.streaming, onBreak: 'continue' } as const;
    expect(await resumeOf({ ...SETTINGS, streaming })).to.equal(true);
  });

  it('has it go on from what its stages have sent', async () => {
    const withBody = (sent: Request, change: object): Request => {
      const body = sent.body._tag === 'Bytes' ? JSON.parse(sent.body.bytes.toString()) : expect.fail('not in memory');
      return { ...sent, body: bytes(Buffer.from(JSON.stringify({ ...body, ...change }))) };
    };
    const hooks: Hooks = {
      request: (e) => ({ ...e, request: withBody(e.request, { model: 'mapped' }) }),
      attempt: (e) => (e.plan.isContinuation ? e : { ...e, outgoing: withBody(e.outgoing, { stop: ['END'] }) }),
    };
    const edge = fakeEdge(E.right(STREAM));
    const its: Settings = { ...SETTINGS, streaming: { ...SETTINGS.streaming, onBreak: 'continue' } };
    const stages = [{ label: 'mine', timeoutMs: 1000, hooks }];
    await pipeline(its, edge, stages).handle(asked({ body: STREAMED }))();
    await edge.resume.firstCall.args[1]('Hel')();
    const [first, second] = edge.send.args.map(([{ outgoing }]) =>
      outgoing.body._tag === 'Bytes' ? JSON.parse(outgoing.body.bytes.toString()) : undefined,
    );
    expect(first)
      .to.include({ model: 'mapped' })
      .and.deep.include({ stop: ['END'] });
    expect(second).to.deep.equal({ ...first, messages: [...first.messages, { role: 'assistant', content: 'Hel' }] });
  });

  it('judges what a good status brings, and tries again what is empty', async () => {
    const { reply: answer, summary } = await handled(fakeEdge(E.right(reply(200, '{"choices":[]}')), E.right(GOOD)));
    expect(textOf(answer)).to.equal(GOOD_TEXT);
    expect(summary.attempts.map(({ reason }) => reason)).to.deep.equal([O.some('empty_reply'), O.none]);
  });

  it('warns of what the user should know of a reply that is good all the same', async () => {
    const thought = '{"choices":[{"message":{"content":"","reasoning":"Hm"},"finish_reason":"length"}]}';
    const edge = fakeEdge(E.right(reply(200, thought)));
    expect((await handled(edge)).reply.status).to.equal(200);
    sinon.assert.calledOnceWithExactly(edge.warn, 'id-1', 'cut_while_thinking');
  });

  it('tries a filtered reply again where the user wants that', async () => {
    const filtered = reply(200, '{"choices":[{"message":{"content":""},"finish_reason":"content_filter"}]}');
    const refused = await handled(fakeEdge(E.right(filtered), E.right(GOOD)));
    expect(errorOf(refused.reply)).to.include({ code: 'content_filtered' });
    const its = { ...SETTINGS, retry: { ...SETTINGS.retry, retryFiltered: 1 } };
    expect((await handled(fakeEdge(E.right(filtered), E.right(GOOD)), asked(), its)).reply.status).to.equal(200);
  });

  it('keeps a list of models, for when the upstream gives none', async () => {
    const list = '{"object":"list","data":[{"id":"a"}]}';
    const edge = fakeEdge(E.right(reply(200, list)), E.left(failures.Unreachable));
    const { handle } = pipeline({ ...SETTINGS, models: { ttlMs: 0, fallback: [] } }, edge);
    const listing = asked({ method: 'GET', path: '/v1/models', body: bytes(Buffer.alloc(0)) });
    expect(textOf((await handle(listing)()).reply)).to.equal(list);
    const { reply: answer } = await handle(listing)();
    expect(textOf(answer)).to.equal(list);
    expect(answer.headers).to.include({ 'x-seaking-models': 'stale' });
    sinon.assert.calledTwice(edge.send);
  });

  it('lets what keeps the connection alive stand around the whole wait', async () => {
    const edge = fakeEdge(E.left(failures.Broken), E.right(GOOD));
    const keepAlive = sinon.spy((inner: Parameters<Edge['keepAlive']>[0]): Parameters<Edge['keepAlive']>[0] => {
      return (planned) => TE.map((answered: Answered) => ({ ...answered, id: `kept-${answered.id}` }))(inner(planned));
    });
    const { reply: answer } = await handled({ ...edge, keepAlive });
    expect(answer.headers).to.include({ 'x-request-id': 'kept-id-1', 'x-seaking-attempts': '2' });
  });

  it('logs nothing of a client that has left but that it has', async () => {
    const { summary } = await handled(fakeEdge(E.left(failures.ClientGone)));
    expect(summary.reason).to.deep.equal(O.some('client_gone'));
  });

  describe('a throw', () => {
    const good = fakeEdge(E.right(GOOD));
    const unread = { ...GOOD, body: UNREAD };
    const bodyThatThrows = {
      _tag: 'Bytes' as const,
      get bytes(): Buffer {
        return throwing();
      },
    };
    const headersThatThrow: Headers = {
      get 'x-a'(): string {
        return throwing();
      },
    };
    const unparsable = settings('/home/secret/no url');
    const withHeaders =
      (headers: Headers): Edge['keepAlive'] =>
      (inner) =>
      (planned) =>
        TE.map((answered: Answered): Answered => ({ ...answered, reply: { ...answered.reply, headers } }))(
          inner(planned),
        );

    const steps: readonly (readonly [title: string, step: string, edge: Edge, came?: Received, its?: Settings])[] = [
      ['of decode', 'decode', good, asked({ body: bodyThatThrows })],
      ['of address', 'address', good, asked(), unparsable],
      ['of sending', 'forward', { ...good, send: throwing }],
      ['of sending, late', 'forward', { ...good, send: () => async () => throwing() }],
      ['of holding a body', 'forward', { ...fakeEdge(E.right(unread)), buffer: throwing }],
      ['of the gate', 'forward', { ...fakeEdge(E.right(STREAM)), gate: throwing }, asked({ body: STREAMED })],
      ['of skimming an error', 'forward', { ...fakeEdge(E.right({ ...unread, status: 500 })), readPrefix: throwing }],
      ['of the judge', 'retry-schedule', fakeEdge(E.right({ ...BUSY, body: bodyThatThrows }))],
      ['of the clock', 'retry-schedule', { ...good, now: throwing }],
      ['of the wall clock', 'retry-schedule', { ...good, wallClock: throwing }],
      ['of the dice', 'retry-schedule', { ...fakeEdge(E.right(BUSY)), random: throwing }],
      ['of sleep', 'retry-schedule', { ...fakeEdge(E.right(BUSY)), sleep: throwing }],
      ['of the fields of a reply', 'forward', fakeEdge(E.right({ ...GOOD, headers: headersThatThrow }))],
      ['of encode', 'encode', { ...good, keepAlive: withHeaders(headersThatThrow) }],
    ];
    for (const [title, step, edge, came, its] of steps) {
      it(`${title} is a stage_fault of ${step}, and the client sees nothing of it`, async () => {
        const { reply: answer, summary } = await handled(edge, came, its);
        expect(answer.status).to.equal(500);
        expect(errorOf(answer)).to.deep.equal({
          message: `A stage of the proxy failed (${step}).`,
          type: 'server_error',
          code: 'stage_fault',
          param: null,
        });
        expect(JSON.stringify([answer, textOf(answer)])).not.to.match(/canary|secret|\.ts|\n\s*at /);
        expect(summary.reason).to.deep.equal(O.some('stage_fault'));
      });
    }
  });

  it('gives every request one outcome and keeps to its number of tries, whatever the upstream does', async () => {
    const outcome = fc.constantFrom<Sent[]>(
      E.right(GOOD),
      E.right(BUSY),
      E.right(reply(429, '{}', { 'retry-after': '1' })),
      E.right(reply(301, '', { location: 'https://evil.example' })),
      ...Object.values<Failure>(failures).map((failure) => E.left(failure)),
      E.left<Failure>({ _tag: 'Broken', code: 'ECONNRESET', unused: true }),
    );
    await fc.assert(
      fc.asyncProperty(fc.tuple(outcome, outcome, outcome, outcome), async (outcomes) => {
        const edge = fakeEdge(...outcomes);
        const { reply: answer, summary } = await handled(edge);
        expect(summary.attempts.length).to.be.within(1, 1 + SETTINGS.retry.maxRetries);
        expect(answer.headers).to.include({ 'x-seaking-attempts': String(summary.attempts.length) });
        expect(O.isNone(summary.reason)).to.equal(answer.status === 200);
        const resent = edge.send.callCount - summary.attempts.length;
        expect(resent, 'sent again at once').to.be.within(0, 1);
        expect(JSON.stringify([answer, textOf(answer)])).not.to.include('secret');
      }),
    );
  });

  it('answers with a 500 where its list lacks a step', async () => {
    for (const name of ['judge', 'classify']) {
      const steps = STEPS.filter((step) => step.name !== name);
      const { reply: answer } = await pipeline(SETTINGS, fakeEdge(E.right(GOOD)), [], steps).handle(asked())();
      expect(errorOf(answer)).to.include({ message: 'A stage of the proxy failed (the pipeline lacks a step).' });
    }
  });

  it('admits and refuses before there is a body', () => {
    const { admit, refuse } = pipeline(SETTINGS, fakeEdge(E.right(GOOD)));
    const head = { method: 'GET', path: '//v1/models', headers: { host: 'localhost' } };
    expect(admit(head)).to.deep.equal(E.right({ ...head, path: '/v1/models' }));
    expect(admit({ ...head, headers: { host: 'evil.example' } })).to.deep.equal(E.left({ _tag: 'HostNotAllowed' }));
    const refusal = refuse('id-2', head, clientError(431, 'Too many fields.'));
    expect(refusal).to.deep.include({ status: 431, reasonPhrase: 'Too many fields.' });
    expect(refusal.headers).to.include({ 'x-request-id': 'id-2' });
  });
});
