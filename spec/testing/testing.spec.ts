import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { answer, bytes, defineStage, pipeline, refuse, rooms, tryAgain } from '../../lib/index.js';
import {
  answered,
  decoded,
  failed,
  planned,
  received,
  replied,
  run,
  runText,
  startProxy,
  type TestProxy,
  trying,
} from '../../lib/testing/index.js';

const cap = defineStage({
  name: 'cap',
  options: t.type({ most: t.number }),
  make: ({ most }) => ({
    decoded: (e) => {
      if (e.call._tag !== 'Chat') return e;
      return { ...e, call: { ...e.call, body: { ...e.call.body, max_tokens: most } } };
    },
  }),
});

const capped = { stage: cap, with: { most: 8 } };

const louder = defineStage({
  name: 'louder',
  make: () => ({
    text: () => ({ push: (text) => ({ text: text.toUpperCase(), reasoning: '.' }), end: () => '!' }),
  }),
});

describe('the kit for testing stages', () => {
  describe('one stage on one value', () => {
    it('gives the value that goes on', async () => {
      const ran = await run(capped, 'decoded', decoded({ body: { max_tokens: 9000 } }));
      expect(ran._tag === 'Value' && ran.value.call._tag === 'Chat' && ran.value.call.body).to.include({
        max_tokens: 8,
      });
      const { request } = ran._tag === 'Value' ? ran.value : received();
      expect(request.body._tag === 'Bytes' && JSON.parse(request.body.bytes.toString())).to.include({ max_tokens: 8 });
    });

    it('gives a reply of its own, and its objections', async () => {
      const reply = { status: 200, headers: {}, body: bytes(Buffer.from('{}')) };
      const early = defineStage({ name: 'early', make: () => ({ planned: () => answer(reply) }) });
      expect(await run({ stage: early }, 'planned', planned())).to.deep.equal({ _tag: 'Early', reply });
      const no = defineStage({
        name: 'no',
        make: () => ({ received: () => refuse('No.'), replied: () => tryAgain('no') }),
      });
      expect(await run({ stage: no }, 'received', received())).to.deep.equal({
        _tag: 'Failed',
        failure: { _tag: 'Refused', stage: 'no', status: 400, says: 'No.' },
      });
      expect(await run({ stage: no }, 'replied', replied())).to.deep.include({ _tag: 'Failed' });
    });

    it('tells the faults of a stage', async () => {
      const rude = defineStage({
        name: 'rude',
        make: () => ({
          try: (e) => {
            (e as { number: number }).number = 5;
            return e;
          },
          answered: (e) => {
            if (e.reply.body._tag === 'Bytes') e.reply.body.bytes.fill(0);
            return e;
          },
          failed: () => 5 as never,
        }),
      });
      const whyOf = async (ran: ReturnType<typeof run>) => {
        const came = await ran;
        return came._tag === 'Failed' && came.failure._tag === 'StageFault' ? came.failure.why : '';
      };
      expect(await whyOf(run({ stage: rude }, 'try', trying()) as never)).to.match(/^threw TypeError .*at try$/);
      expect(await whyOf(run({ stage: rude }, 'answered', answered()) as never)).to.match(/^changed what it was given/);
      const gone = failed({ _tag: 'ClientGone' });
      expect(await whyOf(run({ stage: rude }, 'failed', gone) as never)).to.equal(
        'gave nothing to go on with at failed',
      );
    });

    it('refuses options that a config would refuse, and says why', async () => {
      const wrong = { stage: cap, with: { most: 'x' } };
      const error = await run(wrong, 'decoded', decoded()).then(
        () => '',
        (thrown: Error) => thrown.message,
      );
      expect(error).to.equal('with.most: expected number');
    });

    it('can have another clock and other dice', async () => {
      const dated = defineStage({
        name: 'dated',
        make: (_, { now, roll }) => ({ received: () => refuse(`${now()} ${roll()}`) }),
      });
      const tools = { now: () => 5, roll: () => 0.5 };
      expect(await run({ stage: dated, tools }, 'received', received())).to.have.nested.property(
        'failure.says',
        '5 0.5',
      );
    });

    it('knows what a reply means, whole or streamed, in both dialects', () => {
      expect(replied().reading).to.deep.equal({ _tag: 'Content' });
      expect(replied({ dialect: 'anthropic' }).reading).to.deep.equal({ _tag: 'Content' });
      expect(replied({ reply: { body: '' } }).reading).to.deep.equal({ _tag: 'Empty' });
      expect(replied({ reply: { body: { choices: [] } } }).reading).to.deep.equal({ _tag: 'Empty' });
      expect(replied({ reply: { body: 'data: [DONE]\n\n' } }).reading).to.deep.equal({ _tag: 'Empty' });
      expect(replied({ reply: { status: 404 } }).reading).to.deep.equal({ _tag: 'Unread' });
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

    it('needs a stage that transforms texts', () => {
      expect(() => runText(capped, [])).to.throw('cap has no text');
    });
  });

  describe('a whole proxy', () => {
    let proxy: TestProxy;
    afterEach(() => proxy.close());

    it('shows the reply, the attempts and what the upstream saw', async () => {
      proxy = await startProxy({ stages: [capped as never] });
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

    it('shows the error where none is good, and all that was told', async () => {
      proxy = await startProxy({ config: 'error_handling: { max_retries: 0 }' });
      const { status, body, text, headers } = await proxy.ask({ faults: ['http-429'], headers: { 'x-a': '1' } });
      expect(status).to.equal(429);
      expect(text).to.equal('');
      expect(JSON.parse(body).error.code).to.equal('rate_limited');
      expect(headers.get('x-seaking-attempts')).to.equal('1');
      expect(proxy.events.map(({ _tag }) => _tag)).to.deep.equal(['RequestStarted', 'RequestFinished']);
      expect((await proxy.ask()).status, 'without a wish').to.equal(200);
    });

    it('can have other rooms', async () => {
      const forward: typeof rooms.forward = (deps) => (attempt) =>
        rooms.forward(deps)({ ...attempt, outgoing: { ...attempt.outgoing, headers: { 'x-mine': 'yes' } } });
      proxy = await startProxy({ rooms: { forward } });
      expect((await proxy.ask()).status).to.equal(200);
      expect(pipeline({ ...rooms, forward })).to.be.a('function');
    });

    it('tells what is wrong with its config', async () => {
      const told = await startProxy({ config: 'error_handling: { retries: 1 }' }).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(told).to.match(/^config:1:19: error_handling\.retries: unknown key/);
      const secret = await startProxy({ config: 'target_proxy: { api_key_file: key }' }).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(secret, 'no file is read').to.include('expected a file that can be read (ENOENT)');
      proxy = await startProxy();
    });
  });
});
