import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { bytes, type Decoded, held, type Replied, type Reply } from '../../lib/core/exchange.js';
import type { Stage } from '../../lib/core/stage.js';
import { dialects } from '../../lib/dialects/index.js';
import { stageHooks } from '../../lib/hooks/stage-hooks.js';
import {
  answer,
  defineStage,
  type Finished,
  type Hooks,
  refuse,
  type StageDefinition,
  textOfReply,
  tryAgain,
} from '../../lib/index.js';
import { type Asking, attempt, reply, request, run, startProxy, type TestProxy } from '../../lib/testing/index.js';
import { eventually, pause } from '../support/proxy.js';
import { sourceOfPieces } from '../support/sources.js';

const stage = (name: string, hooks: Hooks): StageDefinition =>
  defineStage({ name, make: () => hooks }) as StageDefinition;

const completion = (content: string): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: bytes(
    Buffer.from(
      JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] }),
    ),
  ),
});

const withBody = (e: Decoded, fields: object): Decoded =>
  e.call._tag === 'Chat' ? { ...e, call: { ...e.call, body: { ...e.call.body, ...fields } } } : e;

const sentIn = ({ request: { body } }: Decoded): object =>
  body._tag === 'Bytes' ? JSON.parse(body.bytes.toString()) : {};

const mark = <R extends { readonly headers: Reply['headers'] }>(message: R, value = 'a'): R => ({
  ...message,
  headers: { ...message.headers, 'x-mark': value },
});

const QUICK = 'error_handling: { base_delay: 1ms, max_delay: 10ms }\n';

describe('hooks', () => {
  let proxy: TestProxy | undefined;
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });
  const starting = async (all: readonly Hooks[], config = QUICK): Promise<TestProxy> => {
    await proxy?.close();
    proxy = await startProxy({ stages: all.map((hooks, i) => ({ stage: stage(`s${i}`, hooks) })), config });
    return proxy;
  };
  const asking = async (hooks: Hooks, asked: Asking = {}) => (await starting([hooks])).ask(asked);
  const errorIn = (body: string): { message: string; code: string } => JSON.parse(body).error;
  /** The value that one hook makes. */
  const madeBy = async <A>(ran: Promise<{ readonly _tag: string; readonly value?: A }>): Promise<A> =>
    (await ran).value ?? expect.fail((await ran)._tag);

  describe('a stage may give', () => {
    const changed = { max_tokens: 7 };
    const give: readonly (readonly [string, Hooks])[] = [
      ['a value', { request: (e) => withBody(e, changed) }],
      ['a promise', { request: async (e) => withBody(e, changed) }],
      ['an Either', { request: (e) => E.right(withBody(e, changed)) }],
      ['a TaskEither', { request: (e) => TE.right(withBody(e, changed)) }],
      ['a promise of an Either', { request: async (e) => E.right(withBody(e, changed)) }],
    ];
    for (const [name, hooks] of give) {
      it(name, async () => {
        const { sent, status } = await asking(hooks);
        expect(status).to.equal(200);
        expect(JSON.parse(sent[0] ?? '')).to.include(changed);
      });
    }
  });

  describe('the order', () => {
    /** Writes down each call of a hook. */
    const noting = (name: string, calls: string[]): Hooks => {
      const note = <A>(hook: string, e: A): A => {
        calls.push(`${hook} ${name}`);
        return e;
      };
      return {
        request: (e) => note('request', e),
        attempt: (e) => note('attempt', e),
        reply: (e) => note('reply', e),
        response: (e) => note('response', e),
        failure: (e) => note('failure', e),
        text: () => ({ push: (text) => text, end: () => note('text', '') }),
        json: ({ fields }) => note('json', fields),
        finished: (e) => note('finished', e),
      };
    };

    it('is that of the config for requests, and the opposite one for replies', async () => {
      const calls: string[] = [];
      await (await starting([noting('a', calls), noting('b', calls)])).ask({ faults: ['http-503'] });
      await proxy?.close();
      expect(calls).to.deep.equal([
        'request a',
        'request b',
        ...['attempt a', 'attempt b', 'reply b', 'reply a'],
        ...['attempt a', 'attempt b', 'reply b', 'reply a'],
        ...['response b', 'json b', 'text b'],
        ...['response a', 'json a', 'text a'],
        ...['finished b', 'finished a'],
      ]);
    });

    it('is the same for failures, and where hooks answer late', async () => {
      const calls: string[] = [];
      const late: Hooks = {
        request: async (e) => e,
        attempt: async (e) => e,
        reply: async (e) => e,
        failure: async (e) => e,
      };
      const all = [noting('a', calls), late, noting('b', calls), late];
      await (await starting(all)).ask({ faults: ['http-401'] });
      await proxy?.close();
      expect(calls).to.deep.equal([
        ...['request a', 'request b', 'attempt a', 'attempt b', 'reply b', 'reply a'],
        ...['failure b', 'failure a', 'finished b', 'finished a'],
      ]);
    });

    it('leaves a stage that answers, and those inside it, out of the way of its reply', async () => {
      const calls: string[] = [];
      for (const [own, seen] of [
        [() => answer(completion('Early.')), ['response', 'json', 'text']],
        [() => refuse('No.'), ['failure']],
      ] as const) {
        calls.splice(0);
        const ending: Hooks = { ...noting('b', calls), request: own };
        const { sent } = await (await starting([noting('a', calls), ending, noting('c', calls)])).ask();
        await proxy?.close();
        expect(sent).to.deep.equal([]);
        expect(calls).to.deep.equal([
          'request a',
          ...seen.map((hook) => `${hook} a`),
          ...['finished c', 'finished b', 'finished a'],
        ]);
      }
    });

    it('shows an outer stage the reply that an inner one has for a failure', async () => {
      const outer: Hooks = { response: (e) => ({ ...e, reply: mark(e.reply) }), failure: () => refuse('Never seen.') };
      const inner: Hooks = { failure: () => answer(completion('Sorry.')) };
      const { text, headers, attempts } = await (await starting([outer, inner])).ask({ faults: ['http-401'] });
      expect([text, headers.get('x-mark'), attempts.length]).to.deep.equal(['Sorry.', 'a', 1]);
    });

    it('shows an outer stage the whole reply as inner stages changed it', async () => {
      const seen: string[] = [];
      const outer: Hooks = {
        needs: 'whole',
        reply: (e) => e,
        response: (e) => {
          if (e.reply.body._tag === 'Bytes') seen.push(textOfReply(dialects.openai, e.reply.body));
          return e;
        },
      };
      const inner: Hooks = { text: () => ({ push: (text) => text.toUpperCase(), end: () => '' }) };
      for (const stream of [false, true]) await (await starting([outer, inner])).ask({ says: 'Hello.', stream });
      expect(seen).to.deep.equal(['HELLO.', 'HELLO.']);
    });
  });

  describe('takes effect', () => {
    it('at request: another body, as JSON', async () => {
      const changing = { stage: stage('s', { request: (e) => withBody(e, { max_tokens: 7, top_p: undefined }) }) };
      const value = await madeBy(run(changing, 'request', request({ body: { top_p: 1 } })));
      expect(sentIn(value)).to.include({ max_tokens: 7 }).and.not.have.property('top_p');
      expect(value.call).to.have.nested.property('body.max_tokens', 7);
    });

    it('at request: other fields, beside the body as it came, byte for byte', async () => {
      const marking = { stage: stage('s', { request: (e) => ({ ...e, request: mark(e.request) }) }) };
      const came = request();
      const value = await madeBy(run(marking, 'request', came));
      expect(value.request.headers['x-mark']).to.equal('a');
      expect(value.request.body).to.equal(came.request.body);
      expect(value.call).to.equal(came.call);
    });

    it('at request: other bytes, which are read anew', async () => {
      const content = bytes(Buffer.from('{"model":"other","messages":[{}]}'));
      const replacing = { stage: stage('s', { request: (e) => ({ ...e, request: { ...e.request, body: content } }) }) };
      const value = await madeBy(run(replacing, 'request', request()));
      expect(value.call).to.have.nested.property('body.model', 'other');
      const other = { ...request(), call: { _tag: 'Other', dialect: dialects.openai } as const };
      const passed = await madeBy(run(replacing, 'request', other));
      expect(passed.request.body).to.deep.equal(content);
      expect(passed.call).to.equal(other.call);
    });

    it('at request: a stream or none is asked for, and the client gets the form that it wants', async () => {
      for (const stream of [false, true]) {
        const { text, body, sent } = await asking(
          { request: (e) => withBody(e, { stream: !stream }) },
          { stream, says: 'Hello.' },
        );
        expect(JSON.parse(sent[0] ?? '').stream).to.equal(!stream);
        expect([text, body.startsWith('data:')]).to.deep.equal(['Hello.', stream]);
      }
    });

    it('nothing, where a value is only wrapped anew', async () => {
      const wrapping = stage('s', {
        request: (e) => ({ ...e, call: { ...e.call } }),
        attempt: (e) => ({ ...e, id: 'x', number: 9, receivedAt: 9 }),
        reply: (e) => ({ ...e, number: 9 }),
      });
      const came = request();
      expect(await run({ stage: wrapping }, 'request', came)).to.deep.equal({ _tag: 'Value', value: came });
      const tried = attempt();
      expect(await run({ stage: wrapping }, 'attempt', tried)).to.deep.equal({ _tag: 'Value', value: tried });
      const replied = reply();
      expect(await run({ stage: wrapping }, 'reply', replied)).to.deep.equal({ _tag: 'Value', value: replied });
    });

    it('at attempt: what this try sends', async () => {
      const { sent } = await asking(
        {
          attempt: (e) => {
            if (e.outgoing.body._tag !== 'Bytes') return e;
            const body = { ...JSON.parse(e.outgoing.body.bytes.toString()), seed: e.number };
            return { ...e, outgoing: { ...e.outgoing, body: bytes(Buffer.from(JSON.stringify(body))) } };
          },
        },
        { faults: ['http-503', 'http-503'] },
      );
      expect(sent.map((body) => JSON.parse(body).seed)).to.deep.equal([1, 2, 3]);
    });

    it('at attempt: the target by its name, of which there is one', async () => {
      const names: string[] = [];
      const choosing = (name?: string): Hooks => ({
        attempt: (e) => {
          names.push(e.target.name);
          return name === undefined ? e : { ...e, target: { name } };
        },
      });
      expect((await asking(choosing('target'))).status).to.equal(200);
      const { status, body, attempts } = await asking(choosing('other'));
      expect(names).to.deep.equal(['target', 'target']);
      expect([status, attempts.length]).to.deep.equal([500, 1]);
      expect(errorIn(body).message).to.include('(s0 returned a target that is none; there is: target at attempt)');
    });

    it('at reply: another reply, which is judged', async () => {
      const hooks: Hooks = {
        reply: (e) => (e.number === 1 ? { ...e, reply: { ...e.reply, body: bytes(Buffer.alloc(0)) } } : e),
      };
      for (const stream of [false, true]) {
        const { attempts, status } = await asking(hooks, { stream });
        expect(status).to.equal(200);
        expect(attempts.map(({ reason }) => O.toNullable(reason))).to.deep.equal(['empty_reply', null]);
      }
    });

    it('at reply: another status of a stream that is open, which is given up then', async () => {
      const hooks: Hooks = { reply: (e) => (e.number === 1 ? { ...e, reply: { ...e.reply, status: 503 } } : e) };
      const { attempts, status } = await asking(hooks, { stream: true });
      expect(status).to.equal(200);
      expect(attempts.map(({ reason }) => O.toNullable(reason))).to.deep.equal(['overloaded', null]);
    });

    it('at reply: other fields of a stream, which goes on as it is', async () => {
      const hooks: Hooks = { reply: (e) => ({ ...e, reply: mark(e.reply) }) };
      const { headers, text } = await asking(hooks, { stream: true, faults: ['good-dribble'] });
      expect(headers.get('x-mark')).to.equal('a');
      expect(text).to.have.length.above(3);
    });

    it('at reply: a status that no stage could give, where the upstream gave it', async () => {
      const marking = { stage: stage('s', { reply: (e) => ({ ...e, reply: mark(e.reply) }) }) };
      const came = reply({ reply: { status: 999 } });
      expect((await madeBy(run(marking, 'reply', came))).reply.status).to.equal(999);
    });

    it('at response: another reply', async () => {
      const hooks: Hooks = { response: (e) => ({ ...e, reply: { ...completion('Mine.'), reasonPhrase: 'Fine' } }) };
      for (const stream of [false, true]) expect((await asking(hooks, { stream })).text).to.equal('Mine.');
    });

    it('no body of a request in place of a stream', async () => {
      const stream = held(sourceOfPieces(), O.none);
      const value = { ...reply(), request: { ...reply().request, body: stream } };
      const swapping = { stage: stage('s', { reply: (e) => ({ ...e, reply: { ...e.reply, body: e.request.body } }) }) };
      expect((await run(swapping, 'reply', value))._tag).to.equal('Failed');
      expect((await madeBy(run(swapping, 'reply', reply()))).reply.body).to.deep.equal(reply().request.body);
      const kept = { ...reply(), reply: { ...reply().reply, body: stream } };
      const marking = { stage: stage('s', { reply: (e) => ({ ...e, reply: mark(e.reply) }) }) };
      expect((await madeBy(run(marking, 'reply', kept))).reply.body).to.equal(stream);
    });

    it('no field that belongs to a connection', async () => {
      const headers = { 'content-length': '1', 'transfer-encoding': 'gzip', 'x-list': ['a', 'b'], connection: 'x' };
      const own: Hooks = {
        response: (e) => ({ ...e, reply: { ...e.reply, headers: { ...e.reply.headers, ...headers } } }),
      };
      expect((await asking(own, { says: 'Hello.' })).text).to.equal('Hello.');
      const early = { ...completion('Early.'), headers };
      expect((await asking({ request: () => answer(early) })).text).to.equal('Early.');
    });
  });

  describe('an answer', () => {
    it('at request or failure is the reply, in the form that was asked for', async () => {
      const early: readonly Hooks[] = [
        { request: () => answer(completion('Early.')) },
        { request: async () => answer(completion('Early.')) },
        { request: () => refuse('No.'), failure: () => answer(completion('Never.')) },
        { failure: () => answer(completion('Early.')) },
      ];
      for (const [i, hooks] of early.entries()) {
        for (const stream of [false, true]) {
          const { status, text, body } = await asking(hooks, { stream, faults: i === 3 ? ['http-401'] : [] });
          expect([status, text], `${i}`).to.deep.equal(i === 2 ? [400, ''] : [200, 'Early.']);
          if (i !== 2) expect(body.startsWith('data:')).to.equal(stream);
        }
      }
    });

    it('is not met by a request that cannot be read, and no other hook is', async () => {
      let calls = 0;
      const count = () => {
        calls += 1;
        return answer(completion('Early.'));
      };
      const at = await starting([{ request: count, failure: count, finished: count }]);
      const response = await fetch(`${at.url}/chat/completions`, { method: 'POST', body: 'no JSON' });
      expect([response.status, calls]).to.deep.equal([400, 0]);
    });
  });

  describe('a failure', () => {
    it('is seen once the tries are over, and can be replaced; its tries are still reported', async () => {
      const seen: string[] = [];
      const hooks: Hooks = {
        failure: (e) => {
          seen.push(e.failure._tag);
          return refuse('Come back later.', { status: 503 });
        },
      };
      const { status, body, attempts, headers } = await asking(hooks, { body: { model: 'demo:http-500:always:f' } });
      expect(status).to.equal(503);
      expect(errorIn(body).message).to.match(/^Come back later, 4 attempts in (under 0\.1|\d+(\.\d)?) s\.$/);
      expect(attempts).to.have.lengthOf(4);
      expect(headers.get('x-seaking-attempts')).to.equal('4');
      expect(seen).to.deep.equal(['GaveUp']);
    });

    it('is reported as it is where a stage only looks at it', async () => {
      for (const hooks of [{ failure: (e) => e }, { failure: (e) => ({ ...e }) }] satisfies Hooks[]) {
        const { status, body } = await asking(hooks, { faults: ['http-401'] });
        expect([status, errorIn(body).code]).to.deep.equal([401, 'authentication_failed']);
      }
    });

    it('of an inner stage is seen too, also before anything was sent', async () => {
      const told: Hooks = { failure: () => refuse('Yes.', { status: 418 }) };
      const bang = () => {
        throw new Error('x');
      };
      for (const inner of [{ request: () => refuse('No.') }, { response: bang }, { text: bang }] satisfies Hooks[]) {
        expect((await (await starting([told, inner])).ask()).status).to.equal(418);
        expect((await (await starting([inner, told])).ask()).status).not.to.equal(418);
      }
    });

    it('is nobody’s business once the client has gone', async () => {
      let calls = 0;
      const at = await starting([
        {
          failure: (e) => {
            calls += 1;
            return e;
          },
        },
      ]);
      const leaving = new AbortController();
      const asked = fetch(`${at.url}/chat/completions`, {
        method: 'POST',
        signal: leaving.signal,
        body: JSON.stringify({ model: 'demo:hang-before-headers:always', messages: [{}] }),
      }).catch(() => 'gone');
      await eventually(() => at.events.some((event) => event._tag === 'RequestStarted'));
      await pause(50);
      leaving.abort();
      expect(await asked).to.equal('gone');
      await eventually(() => at.events.some((event) => event._tag === 'RequestFinished'));
      expect(calls).to.equal(0);
    });
  });

  describe('another try', () => {
    it('is made where a reply is not wanted, within the limit of the config', async () => {
      const { status, body, attempts } = await asking({ reply: () => tryAgain('not nice') });
      expect([status, errorIn(body).code]).to.deep.equal([502, 'unwanted_reply']);
      expect(errorIn(body).message).to.include("A stage rejected the upstream's reply (not nice), 4 attempts in");
      expect(attempts).to.have.lengthOf(4);
    });

    it('has a limit for each stage, all together within that of the config', async () => {
      const once = (says: string, tries: readonly number[]): Hooks => ({
        reply: (e) => (tries.includes(e.number) ? tryAgain(says, { atMost: 1 }) : e),
      });
      const at = await starting([once('a', [1, 3]), once('b', [2])]);
      expect((await at.ask()).attempts, 'one each, and then a second of the first').to.have.lengthOf(3);
      const all = await (await starting([once('a', [1]), once('b', [2]), once('c', [3])])).ask();
      expect(all.attempts).to.have.lengthOf(4);
      const tight = 'error_handling: { max_retries: 1, base_delay: 1ms, max_delay: 10ms }';
      expect((await (await starting([once('a', [1]), once('b', [2])], tight)).ask()).attempts).to.have.lengthOf(2);
    });

    const MORE = 'error_handling: { max_retries: 5, base_delay: 1ms, max_delay: 10s }';
    const any: Hooks = { reply: (e) => (e.reply.status < 300 ? e : tryAgain('an error', { atMost: 1 })) };

    it('takes away no try, and no wait, that there would be without it', async () => {
      const at = await starting([any], MORE);
      const { status, attempts } = await at.ask({ faults: ['http-503', 'http-503', 'http-503'] });
      expect([status, attempts.length]).to.deep.equal([200, 4]);
      const waited = await at.ask({ faults: ['retry-after-ms'] });
      expect(waited.status).to.equal(200);
      expect(O.toNullable(waited.attempts[0]?.waitMs ?? O.none)).to.be.at.least(250);
    });

    it('is reported, once it is used up, as the error that the upstream sent', async () => {
      const at = await starting([any], MORE);
      for (const [fault, status, code] of [
        ['http-400', 400, 'invalid_request'],
        ['http-401', 401, 'authentication_failed'],
      ] as const) {
        const alone = await at.ask({ faults: [fault] });
        expect([alone.status, alone.attempts.length]).to.deep.equal([200, 2]);
        const lasting = await at.ask({ body: { model: `demo:${fault}:always:${fault}` } });
        expect([lasting.status, lasting.attempts.length, errorIn(lasting.body).code]).to.deep.equal([status, 2, code]);
        expect(errorIn(lasting.body).message, 'and what the upstream says of it').to.match(/ s: \S/);
      }
    });

    it('is not made of an account without credit, unless it asks for something else', async () => {
      const at = await starting([any], MORE);
      const { status, attempts, body } = await at.ask({ faults: ['quota-429'] });
      expect([status, attempts.length, errorIn(body).code]).to.deep.equal([402, 1, 'payment_required']);
      const other: Hooks = { reply: (e) => (e.reply.status < 300 ? e : tryAgain('no credit', { changed: true })) };
      const asked = await (await starting([other], MORE)).ask({ faults: ['quota-429'] });
      expect([asked.status, asked.attempts.length]).to.deep.equal([200, 2]);
    });

    it('is asked of the reply as the inner stages have made it', async () => {
      const breaking: Hooks = { reply: (e) => ({ ...e, reply: { ...e.reply, status: 418 } }) };
      const seen: Hooks = { reply: (e) => tryAgain(`status ${e.reply.status}`, { atMost: 0 }) };
      for (const stream of [false, true]) {
        const { status, attempts } = await (await starting([seen, breaking])).ask({ stream });
        expect([status, attempts.length]).to.deep.equal([418, 1]);
      }
    });

    it('is the last word on a reply', async () => {
      let calls = 0;
      const next: Hooks = {
        reply: (e) => {
          calls += 1;
          return e;
        },
      };
      const once: Hooks = { reply: (e) => (e.number === 1 ? tryAgain('no') : e) };
      expect((await (await starting([next, once])).ask()).attempts).to.have.lengthOf(2);
      expect(calls).to.equal(1);
    });

    it('gives up the reply that was not wanted at once: no two are open at a time', async () => {
      const { attempts, text } = await asking(
        { reply: (e) => (e.number < 2 ? tryAgain('not yet') : e) },
        { stream: true, faults: ['good-slow'], says: 'Hello.' },
      );
      expect([attempts.length, text]).to.deep.equal([2, 'Hello.']);
    });
  });

  it('ends a request at reply with a sentence of the stage', async () => {
    const { status, body, attempts } = await asking({ reply: () => refuse('Not today.', { status: 451 }) });
    expect([status, errorIn(body).message, attempts.length]).to.deep.equal([451, 'Not today.', 1]);
  });

  describe('what a stage remembers', () => {
    it('is its own, within one request, at each of its hooks', async () => {
      const told: string[] = [];
      const counting = (name: string): Hooks<{ seen: string[] }> => ({
        state: () => ({ seen: [] }),
        request: (e, { seen }) => {
          seen.push('request');
          return e;
        },
        attempt: (e, { seen }) => {
          seen.push('attempt');
          return e;
        },
        reply: (e, { seen }) => {
          seen.push('reply');
          return e;
        },
        response: (e, { seen }) => {
          seen.push('response');
          return e;
        },
        json: ({ fields }, { seen }) => {
          seen.push('json');
          return fields;
        },
        text: (_, { seen }) => {
          seen.push('text');
          return { push: (text) => text, end: () => '' };
        },
        failure: (e, { seen }) => {
          seen.push('failure');
          return e;
        },
        finished: (_, { seen }) => void told.push(`${name}: ${seen.join(' ')}`),
      });
      const at = await starting([counting('a') as Hooks, { request: (e) => e }, counting('b') as Hooks]);
      await Promise.all([at.ask({ faults: ['http-503'] }), at.ask({ faults: ['http-401'] })]);
      await at.close();
      proxy = undefined;
      const well = 'request attempt reply attempt reply response json text';
      const ill = 'request attempt reply failure';
      expect(told.sort()).to.deep.equal([`a: ${ill}`, `a: ${well}`, `b: ${ill}`, `b: ${well}`].sort());
    });
  });

  describe('the end of a request', () => {
    const ends: Finished[] = [];
    const telling: Hooks = { finished: (e) => void ends.push(e) };
    const endOf = async (asked: Asking, hooks: readonly Hooks[] = [], config = QUICK): Promise<Finished> => {
      ends.splice(0);
      await (await starting([telling, ...hooks], config)).ask(asked);
      await proxy?.close();
      proxy = undefined;
      return ends[0] ?? expect.fail('nothing was told');
    };

    it('gets the outcome, the tries, how long they took, and what was asked', async () => {
      const changing: Hooks = { request: (e) => withBody(e, { model: 'other' }) };
      const end = await endOf({ faults: ['http-503'], body: { user: 'me' } }, [changing]);
      expect([end.status, end.reason]).to.deep.equal([200, O.none]);
      expect(end.attempts.map(({ reason }) => O.toNullable(reason))).to.deep.equal(['overloaded', null]);
      expect(end.durationMs).to.be.at.least(end.attempts.reduce((sum, { durationMs }) => sum + durationMs, 0));
      expect(end.call).to.have.nested.property('body.user', 'me');
      expect(end.call).to.have.nested.property('body.model', 'a-model');
      const failed = await endOf({ faults: ['http-401'] });
      expect([failed.status, failed.reason, failed.attempts.length]).to.deep.equal([
        401,
        O.some('authentication_failed'),
        1,
      ]);
      expect(failed.usage).to.deep.equal(O.none);
      const broken = await endOf({ faults: ['broken-reset'], stream: true });
      expect([broken.status, broken.reason]).to.deep.equal([200, O.some('broken_off')]);
    });

    it('knows the tokens that the upstream counted, whole or streamed, in both dialects', async () => {
      const usage = O.some({ inputTokens: 12, outputTokens: 96 });
      for (const dialect of ['openai', 'anthropic'] as const) {
        for (const stream of [false, true]) {
          const body = dialect === 'openai' && stream ? { stream_options: { include_usage: true } } : {};
          const end = await endOf({ dialect, stream, body, faults: ['http-503'] });
          expect(end.usage, `${dialect} ${stream}`).to.deep.equal(usage);
        }
      }
      expect((await endOf({ stream: true })).usage).to.deep.equal(O.none);
    });

    it('knows them where stages change the text, and where the stream went on after a break', async () => {
      const louder: Hooks = { text: () => ({ push: (text) => text.toUpperCase(), end: () => '' }) };
      const asked: Asking = { dialect: 'anthropic', stream: true };
      expect((await endOf(asked, [louder])).usage).to.deep.equal(O.some({ inputTokens: 12, outputTokens: 96 }));
      const going = `${QUICK}streaming: { on_break: continue }\n`;
      const end = await endOf({ ...asked, faults: ['broken-reset'] }, [louder], going);
      expect(O.isSome(end.usage) && end.usage.value.inputTokens).to.equal(12);
    });

    it('is called for requests that are no chat, without tokens', async () => {
      ends.splice(0);
      const at = await starting([telling]);
      await (await fetch(`${at.url}/models`)).text();
      await proxy?.close();
      proxy = undefined;
      expect([ends[0]?.call._tag, ends[0]?.usage]).to.deep.equal(['Models', O.none]);
    });

    it('is waited for when the proxy stops', async () => {
      let isDone = false;
      const slow: Hooks = {
        finished: async () => {
          await pause(50);
          isDone = true;
        },
      };
      const at = await starting([slow]);
      await at.ask();
      await at.close();
      proxy = undefined;
      expect(isDone).to.equal(true);
    });
  });

  it('lets a stage wait, and ends the wait with the client’s leaving', async () => {
    let isWaiting = false;
    const waiting: Hooks = {
      request: () => {
        isWaiting = true;
        return new Promise(() => {});
      },
    };
    const at = await starting([waiting]);
    const leaving = new AbortController();
    const asked = fetch(`${at.url}/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      body: JSON.stringify({ model: 'm', messages: [{}] }),
    }).catch(() => 'gone');
    await eventually(() => isWaiting);
    leaving.abort();
    expect(await asked).to.equal('gone');
    await eventually(() => at.events.some((event) => event._tag === 'RequestFinished'));
    const told = at.events.find((event) => event._tag === 'RequestFinished');
    expect(told?._tag === 'RequestFinished' && told.summary.reason).to.deep.equal(O.some('client_gone'));
  });

  it('is not shown a reply where none came', async () => {
    const calls: string[] = [];
    const hooks: Hooks = {
      attempt: (e) => {
        calls.push(`attempt ${e.number}`);
        return e;
      },
      reply: (e) => {
        calls.push(`reply ${e.number}`);
        return e;
      },
    };
    expect((await asking(hooks, { faults: ['reset-before-headers'] })).status).to.equal(200);
    expect(calls).to.deep.equal(['attempt 1', 'attempt 2', 'reply 2']);
  });

  describe('the layers', () => {
    const DEPS = {
      sleep: () => TE.right(undefined),
      emit: () => {},
      now: () => 0,
      discard: () => {},
      classify: () => TE.left({ _tag: 'ClientGone' as const }),
      read: (e: Replied) => TE.right(e),
    };
    const installed = (hooks: Hooks) => [{ label: 's', timeoutMs: 1, hooks }];

    it('are nothing where no stage has a hook', () => {
      const layers = stageHooks(DEPS, []);
      const inner = () => TE.left({ _tag: 'ClientGone' as const });
      for (const layer of [layers.memory, layers.request, layers.response, layers.attempt]) {
        expect(layer(inner as never)).to.equal(inner);
      }
      expect(layers.finished).to.deep.equal(O.none);
    });

    it('read a reply anew where it was changed, and then alone', async () => {
      const fresh = reply({ reply: { body: 'fresh' } });
      const given: readonly (readonly [boolean, Hooks['reply'] & {}])[] = [
        [false, (e) => e],
        [false, (e) => ({ ...e })],
        [false, (e) => ({ ...e, number: 5 })],
        [true, (e) => ({ ...e, reply: { ...e.reply, headers: {} } })],
      ];
      for (const [isFresh, hook] of given) {
        const came = reply();
        const layers = stageHooks({ ...DEPS, read: () => TE.right(fresh) }, installed({ reply: hook }));
        const ran = await layers.reply(TE.right)(came)();
        expect(E.isRight(ran) && ran.right === fresh).to.equal(isFresh);
      }
    });

    it('go no further where a changed reply cannot be read', async () => {
      const malformed = { _tag: 'Malformed', detail: 'x' } as const;
      const changing: Hooks = { reply: (e) => ({ ...e, reply: completion('x') }) };
      const layers = stageHooks({ ...DEPS, read: () => TE.left(malformed) }, installed(changing));
      const came = reply();
      expect(await layers.reply(TE.right)(came)()).to.deep.equal(E.left(malformed));
    });

    it('fail where nothing can be decided for a request that a stage has ended', async () => {
      const rest: Stage<Decoded, never> = () => expect.fail('it went on');
      const ending = stageHooks(DEPS, installed({ request: () => refuse('No.') }));
      expect(await ending.request(rest)(request())()).to.deep.equal(E.left({ _tag: 'ClientGone' }));
    });
  });
});
