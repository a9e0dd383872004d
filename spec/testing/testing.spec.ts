import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { type Answered, answer, bytes, defineStage, type Hooks, refuse, type Said, tryAgain } from '../../lib/index.js';
import {
  attempt,
  type Face,
  failure,
  finished,
  type Ran,
  reply,
  request,
  response,
  run,
  runJson,
  runText,
  startProxy,
  type TestProxy,
  type TestStage,
} from '../../lib/testing/index.js';

const cap = defineStage({
  name: 'cap',
  options: t.type({ most: t.number }),
  make: ({ most }) => ({
    request: (e) => {
      if (e.call._tag !== 'Chat') return e;
      return { ...e, call: { ...e.call, body: { ...e.call.body, max_tokens: most } } };
    },
  }),
});

const capped = { stage: cap, with: { most: 8 } };

/** What the promise is rejected with. */
const whyNot = (pending: Promise<unknown>): Promise<string> =>
  pending.then(
    () => '',
    (error: Error) => error.message,
  );

const louder = defineStage({
  name: 'louder',
  make: () => ({
    text: () => ({ push: (text) => ({ text: text.toUpperCase(), reasoning: '.' }), end: () => '!' }),
  }),
});

describe('the kit for testing stages', () => {
  describe('one stage on one value', () => {
    it('gives the value that goes on', async () => {
      const ran = await run(capped, 'request', request({ body: { max_tokens: 9000 } }));
      expect(ran._tag === 'Value' && ran.value.call._tag === 'Chat' && ran.value.call.body).to.include({
        max_tokens: 8,
      });
      const sent = ran._tag === 'Value' ? ran.value.request : expect.fail(ran._tag);
      expect(sent.body._tag === 'Bytes' && JSON.parse(sent.body.bytes.toString())).to.include({ max_tokens: 8 });
    });

    it('gives a reply of its own, and its objections', async () => {
      const own = { status: 200, headers: {}, body: bytes(Buffer.from('{}')) };
      const early = defineStage({ name: 'early', make: () => ({ request: () => answer(own) }) });
      const ran = await run({ stage: early }, 'request', request());
      expect(ran._tag === 'Early' && { ...ran.reply, headers: { ...ran.reply.headers } }).to.deep.equal(own);
      const no = defineStage({
        name: 'no',
        make: () => ({ request: () => refuse('No.'), reply: () => tryAgain('no') }),
      });
      expect(await run({ stage: no }, 'request', request())).to.deep.equal({
        _tag: 'Failed',
        failure: { _tag: 'Refused', stage: 'no', status: 400, says: 'No.' },
      });
      expect(await run({ stage: no }, 'reply', reply())).to.deep.include({ _tag: 'Failed' });
    });

    it('finds the faults of a stage: values are frozen here, so that writing into one is a throw', async () => {
      const rude = defineStage({
        name: 'rude',
        make: () => ({
          attempt: (e) => {
            (e as { number: number }).number = 5;
            return e;
          },
          response: (e) => {
            (e.reply.headers as { server: string }).server = 'x';
            return e;
          },
          failure: () => 5 as never,
        }),
      });
      const whyOf = async (ran: Promise<Ran<unknown>>) => {
        const came = await ran;
        return came._tag === 'Failed' && came.failure._tag === 'StageFault' ? came.failure.why : '';
      };
      expect(await whyOf(run({ stage: rude }, 'attempt', attempt()))).to.match(/^threw TypeError .*at attempt$/);
      expect(await whyOf(run({ stage: rude }, 'response', response()))).to.match(/^threw TypeError .*at response$/);
      const gone = failure({ _tag: 'ClientGone' });
      expect(await whyOf(run({ stage: rude }, 'failure', gone))).to.equal('returned no value at failure');
    });

    it('gives each call a state of its own', async () => {
      const seen: unknown[] = [];
      const remembering = defineStage({
        name: 'remembering',
        make: (): Hooks<{ calls: number }> => ({
          state: () => ({ calls: 0 }),
          request: (e, state) => {
            state.calls += 1;
            seen.push(state.calls);
            return e;
          },
          text: (e, state) => ({ push: (text) => `${text}${state.calls}${e.choice}`, end: () => '' }),
          finished: (e, state) => void seen.push(e.usage, e.durationMs, state.calls),
        }),
      });
      for (const _ of [1, 2]) {
        expect((await run({ stage: remembering }, 'request', request()))._tag).to.equal('Value');
      }
      expect(runText({ stage: remembering }, ['a']).text).to.equal('a00');
      const usage = O.some({ inputTokens: 1, outputTokens: 2 });
      const end = finished({ usage, durationMs: 5 }, { body: { user: 'me' } });
      expect(await run({ stage: remembering }, 'finished', end)).to.deep.equal({ _tag: 'Value', value: end });
      expect(seen).to.deep.equal([1, 1, usage, 5, 0]);
      const broken = defineStage({
        name: 'broken',
        make: () => ({
          state: () => {
            throw new Error('x');
          },
          request: (e) => e,
        }),
      });
      expect(await whyNot(run({ stage: broken }, 'request', request()))).to.match(
        /\(broken threw Error \(.*\) at state\)/,
      );
    });

    it('refuses options that a config would refuse, and says why', async () => {
      const wrong = { stage: cap, with: { most: 'x' } };
      expect(await whyNot(run(wrong, 'request', request()))).to.equal('with.most: expected number');
    });

    it('takes what a file exports, and the name of a built-in stage', async () => {
      const file = (face: Face) =>
        face.defineStage({ name: 'file', make: () => ({ request: () => face.refuse('No.') }) });
      expect(await run({ stage: file }, 'request', request())).to.have.nested.property('failure.says', 'No.');
      const built = { stage: 'set-fields', with: { set: { top_k: 5 } } };
      const ran = await run(built, 'request', request());
      expect(ran._tag === 'Value' && ran.value.call._tag === 'Chat' && ran.value.call.body.top_k).to.equal(5);
    });

    it('is of a hook that the stage has: any other test could never fail', async () => {
      expect(await whyNot(run(capped, 'reply', reply()))).to.equal('cap has no reply; it has request');
      // @ts-expect-error: there is none.
      expect(await whyNot(run(capped, 'reqest', request()))).to.equal(
        'no value comes to a hook reqest; did you mean request? There are: request, attempt, reply, response, failure, finished',
      );
      // @ts-expect-error: it sees no value.
      expect(await whyNot(run(capped, 'json', request()))).to.match(/^no value comes to a hook json; There are: /);
    });

    const stage = (fields: object) => ({ name: 'a', make: () => ({ request: <A>(e: A) => e }), ...fields });
    const HOW =
      'expected { stage }, where stage is what its file exports; beside it there may be with, timeoutMs, tools';
    const WRONG: readonly (readonly [name: string, sat: unknown, why: string])[] = [
      ['a bare stage', cap, HOW],
      ['a bare function', () => cap, HOW],
      ['nothing', undefined, HOW],
      ['no stage', { with: {} }, HOW],
      ['options in another place', { stage: cap, options: { most: 5 } }, HOW],
      [
        'a built-in stage that there is not',
        { stage: 'set-field' },
        'no built-in stage has the name set-field; did you mean set-fields?',
      ],
      ['a file', { stage: './x.js' }, 'no built-in stage has the name ./x.js'],
      [
        'a bad name',
        { stage: stage({ name: 'My Stage' }) },
        'its name must be of lower-case letters, digits and hyphens',
      ],
      ['no name', { stage: stage({ name: undefined }) }, 'its name must be of lower-case letters, digits and hyphens'],
      ["a built-in one's name", { stage: stage({ name: 'headers' }) }, 'a built-in stage has the name headers'],
      ['no make', { stage: stage({ make: 5 }) }, 'a must have a function make'],
      [
        'a function that gives no stage',
        { stage: () => 5 },
        'it must export a stage, or a function that returns one: export default ({ defineStage }) => …',
      ],
    ];
    for (const [name, sat, why] of WRONG) {
      it(`is refused, as a config refuses it, where it is ${name}`, async () => {
        expect(await whyNot(run(sat as TestStage, 'request', request()))).to.equal(why);
        expect(await whyNot(startProxy({ stages: [sat as TestStage] }))).to.equal(why);
      });
    }

    it('can have another clock and other random numbers', async () => {
      const dated = defineStage({
        name: 'dated',
        make: (_, { now, random }) => ({ request: () => refuse(`${now()} ${random()}`) }),
      });
      const tools = { now: () => 5, random: () => 0.5 };
      expect(await run({ stage: dated, tools }, 'request', request())).to.have.nested.property('failure.says', '5 0.5');
    });

    it('knows what a reply means, whole or streamed, in both dialects', () => {
      expect(reply().reading).to.deep.equal({ _tag: 'Content' });
      expect(reply({ dialect: 'anthropic' }).reading).to.deep.equal({ _tag: 'Content' });
      expect(reply({ reply: { body: '' } }).reading).to.deep.equal({ _tag: 'Empty' });
      expect(reply({ reply: { body: { choices: [] } } }).reading).to.deep.equal({ _tag: 'Empty' });
      expect(reply({ reply: { body: 'data: [DONE]\n\n' } }).reading).to.deep.equal({ _tag: 'Empty' });
      expect(reply({ reply: { status: 404 } }).reading).to.deep.equal({ _tag: 'Unread' });
    });
  });

  describe('a text', () => {
    it('goes through the transform in its pieces', () => {
      expect(runText({ stage: louder }, ['a', 'b'])).to.deep.equal({ text: 'AB!', reasoning: '..' });
    });

    it('may be said in part, or thought in part', () => {
      const half = (said: object) =>
        runText(
          { stage: defineStage({ name: 'half', make: () => ({ text: () => ({ push: () => said, end: () => '' }) }) }) },
          ['a'],
        );
      expect(half({ text: 'b' })).to.deep.equal({ text: 'b', reasoning: '' });
      expect(half({ reasoning: 'c' })).to.deep.equal({ text: '', reasoning: 'c' });
    });

    it('is never cut within a character', () => {
      const spelled = defineStage({
        name: 'spelled',
        make: () => ({ text: () => ({ push: (text) => [...text].join(' '), end: () => '.' }) }),
      });
      expect(runText({ stage: spelled }, ['a\ud83d', '\ude00b']).text).to.equal('a\u{1f600} b.');
    });

    it('needs a stage that transforms texts', () => {
      expect(() => runText(capped, [])).to.throw('cap has no text; it has request');
    });

    // Nobody has checked the types of a stage in JavaScript.
    const odd = (push: (text: string) => unknown) =>
      defineStage({
        name: 'odd',
        make: () => ({ text: () => ({ push: push as (text: string) => Said, end: () => '' }) }),
      });

    it('throws what the proxy would end the reply for', () => {
      const through = (stage: TestStage['stage']) => () => runText({ stage }, ['a', 'b']);
      expect(through(odd(() => 5))).to.throw('odd returned nonsense at text');
      expect(through(odd(() => undefined))).to.throw('odd returned nonsense at text');
      expect(
        through(
          odd(() => {
            throw new TypeError('x');
          }),
        ),
      ).to.throw(/odd threw TypeError \(.*\) at text/);
      const none = defineStage({ name: 'none', make: () => ({ text: () => ({}) as never }) });
      expect(through(none)).to.throw('none returned nonsense at text');
      const writing = (write: (reply: Answered) => void) =>
        through(
          defineStage({
            name: 'writing',
            make: () => ({
              text: (reply) => {
                write(reply);
                return { push: (text) => text, end: () => '' };
              },
            }),
          }),
        );
      const status = (reply: Answered): void => {
        (reply.reply as { status: number }).status = 201;
      };
      expect(writing(status)).to.throw(/writing threw TypeError \(.*\) at text/);
    });
  });

  describe('the JSON of a reply', () => {
    const marking = defineStage({
      name: 'marking',
      make: () => ({ json: ({ fields, call }) => ({ ...fields, by: call.dialect.name, model: undefined }) }),
    });

    it('is what the stage puts in its place', () => {
      expect(runJson({ stage: marking }, { id: 'x', model: 'm' })).to.deep.equal({ id: 'x', by: 'openai' });
      const value = response({ dialect: 'anthropic' });
      expect(runJson({ stage: marking }, {}, value)).to.include({ by: 'anthropic' });
    });

    it('needs a stage that has json, and gives JSON', () => {
      expect(() => runJson(capped, {})).to.throw('cap has no json; it has request');
      const nonsense = defineStage({ name: 'nonsense', make: () => ({ json: () => 5 as never }) });
      expect(() => runJson({ stage: nonsense }, {})).to.throw('nonsense returned nonsense at json');
    });
  });

  describe('a whole proxy', () => {
    let proxy: TestProxy;
    afterEach(() => proxy.close());

    it('shows the reply, the attempts and what the upstream saw', async () => {
      proxy = await startProxy({ stages: [capped] });
      for (const dialect of ['openai', 'anthropic'] as const) {
        for (const stream of [false, true]) {
          const asked = { faults: ['http-503', 'empty-body'], says: 'Well, hello.', dialect, stream } as const;
          const { status, text, attempts, sent } = await proxy.ask(asked);
          expect({ status, text }).to.deep.equal({ status: 200, text: 'Well, hello.' });
          expect(attempts.map(({ reason }) => O.toNullable(reason))).to.deep.equal(['overloaded', 'empty_reply', null]);
          expect(sent.map((body) => JSON.parse(body).max_tokens)).to.deep.equal([8, 8, 8]);
        }
      }
    });

    it('shows the error where none is good, and all events', async () => {
      proxy = await startProxy({ config: 'error_handling: { max_retries: 0 }' });
      const { status, body, text, headers } = await proxy.ask({ faults: ['http-429'], headers: { 'x-a': '1' } });
      expect(status).to.equal(429);
      expect(text).to.equal('');
      expect(JSON.parse(body).error.code).to.equal('rate_limited');
      expect(headers.get('x-seaking-attempts')).to.equal('1');
      expect(proxy.events.map(({ _tag }) => _tag)).to.deep.equal([
        'RequestStarted',
        'AttemptStarted',
        'HeadReceived',
        'AttemptFinished',
        'Committed',
        'RequestFinished',
      ]);
      expect((await proxy.ask()).status, 'without a wish').to.equal(200);
    });

    it('plays what the test says, whatever a stage changes of the request', async () => {
      const other = defineStage({
        name: 'other',
        make: () => ({
          request: (e) =>
            e.call._tag === 'Chat' ? { ...e, call: { ...e.call, body: { ...e.call.body, model: 'b' } } } : e,
          attempt: (e) => ({ ...e, outgoing: { ...e.outgoing, headers: { 'content-type': 'application/json' } } }),
        }),
      });
      proxy = await startProxy({ stages: [{ stage: other }] });
      const asked = (says: string) => proxy.ask({ faults: ['http-503', 'empty-body'], says, body: { model: 'a' } });
      const answers = await Promise.all([asked('One.'), asked('Two.')]);
      expect(answers.map(({ text }) => text)).to.deep.equal(['One.', 'Two.']);
      for (const { attempts, sent } of answers) {
        expect(attempts).to.have.lengthOf(3);
        expect(sent.map((body) => JSON.parse(body).model)).to.deep.equal(['b', 'b', 'b']);
      }
    });

    it('says the same on every further try', async () => {
      const wanting = { content_matches: "^I'm sorry", at_most: 2 };
      proxy = await startProxy({ stages: [{ stage: 'retry-when', with: wanting }] });
      for (const stream of [false, true]) {
        const asked = { faults: ['http-503'], says: "I'm sorry, but I cannot.", stream } as const;
        const { status, attempts } = await proxy.ask(asked);
        expect(status).to.equal(502);
        expect(attempts.map(({ reason }) => O.toNullable(reason))).to.deep.equal([
          'overloaded',
          'unwanted_reply',
          'unwanted_reply',
          'unwanted_reply',
        ]);
      }
    });

    it('says it for the model of the demo that fails now and then, as for any', async () => {
      proxy = await startProxy();
      for (const _ of [1, 2, 3, 4]) {
        const { text, attempts } = await proxy.ask({ says: 'Yes.', body: { model: 'seaking-demo' } });
        expect([text, attempts.length]).to.deep.equal(['Yes.', 1]);
      }
    });

    it('says it whatever the prompt is, and shows that to nobody', async () => {
      const edited = defineStage({
        name: 'edited',
        make: () => ({
          request: (e) => {
            if (e.call._tag !== 'Chat') return e;
            const messages = [...e.call.body.messages, { role: 'user', content: 'Be brief.' }];
            return { ...e, call: { ...e.call, body: { ...e.call.body, messages } } };
          },
        }),
      });
      proxy = await startProxy({ stages: [{ stage: edited }] });
      const contents = (body = '') => JSON.parse(body).messages.map((each: { content: string }) => each.content);
      const withDefault = await proxy.ask({ says: 'Nice day.' });
      expect([withDefault.text, contents(withDefault.sent[0])]).to.deep.equal(['Nice day.', ['Hello', 'Be brief.']]);
      const messages = [{ role: 'user', content: 'How is it?' }];
      const own = await proxy.ask({ says: 'Nice day.', body: { messages } });
      expect([own.text, contents(own.sent[0])]).to.deep.equal(['Nice day.', ['How is it?', 'Be brief.']]);
    });

    it('shows a stage nothing of how that is done', async () => {
      let seen: readonly string[] = [];
      const nosy = defineStage({
        name: 'nosy',
        make: () => ({
          request: (e) => {
            seen = Object.keys(e.request.headers).filter((name) => name.startsWith('x-'));
            return e;
          },
        }),
      });
      proxy = await startProxy({ stages: [{ stage: nosy }] });
      await proxy.ask({ faults: ['http-503'], headers: { 'x-mine': '1' } });
      expect(seen).to.deep.equal(['x-mine']);
    });

    it('shows a request that the pipeline has not seen', async () => {
      proxy = await startProxy({ config: 'server: { body_limit: 100B }' });
      const { status, attempts, sent } = await proxy.ask({ body: { user: 'a'.repeat(100) } });
      expect([status, attempts, sent]).to.deep.equal([413, [], []]);
    });

    it('lets its upstream do what a model of the demo asks for', async () => {
      proxy = await startProxy();
      const always = { model: 'demo:http-401:always:x' };
      const { status, sent } = await proxy.ask({ faults: ['http-503'], body: always });
      expect([status, sent.length]).to.deep.equal([401, 1]);
    });

    it('has built-in stages beside those of others, and one of them twice', async () => {
      const rule = (find: string, replacement: string) => ({ rules: [{ find, with: replacement }] });
      const labels: string[] = [];
      const told = (_: unknown, { label }: { readonly label: string }) => {
        labels.push(label);
        return { text: () => ({ push: (text: string) => text, end: () => '!' }) };
      };
      const file = (face: Face) => face.defineStage({ name: 'told', make: told });
      proxy = await startProxy({
        stages: [
          { stage: 'replace-text', with: rule('b', 'c') },
          { stage: file },
          { stage: 'replace-text', with: rule('a', 'b') },
          { stage: file },
        ],
      });
      expect((await proxy.ask({ says: 'a' })).text).to.equal('c!!');
      expect(labels).to.deep.equal(['told', 'told (2)']);
    });

    it('is not started with what a config would refuse', async () => {
      proxy = await startProxy();
      const again = defineStage({ ...louder });
      expect(await whyNot(startProxy({ stages: [{ stage: louder }, { stage: again }] }))).to.equal(
        'two stages have the name louder',
      );
      expect(await whyNot(startProxy({ config: 'stages: [{ use: headers }]' }))).to.equal(
        'stages are not read from a config here: give them as stages',
      );
    });

    it('serves any other client as well', async () => {
      proxy = await startProxy();
      const body = JSON.stringify({ model: 'demo:http-503:1:x', messages: [{ role: 'user', content: 'Hello' }] });
      const response = await fetch(`${proxy.url}/chat/completions`, { method: 'POST', body });
      expect([response.status, response.headers.get('x-seaking-attempts')]).to.deep.equal([200, '2']);
      await response.text();
    });

    it('reports what is wrong with its config', async () => {
      const told = await startProxy({ config: 'error_handling: { retries: 1 }' }).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(told).to.match(/^config:1:19: error_handling\.retries: unknown key/);
      const secret = await startProxy({ config: 'target_proxy: { api_key_file: key }' }).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(secret, 'no file is read').to.include('expected a file that can be read; key is not there');
      proxy = await startProxy();
    });
  });
});
