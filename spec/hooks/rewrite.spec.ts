import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { held } from '../../lib/core/exchange.js';
import { dialects } from '../../lib/dialects/index.js';
import { textsOfReply } from '../../lib/dialects/reply-text.js';
import { rewriting } from '../../lib/hooks/rewrite.js';
import {
  type Answered,
  type Choosing,
  defineStage,
  type Said,
  type StageDefinition,
  type TextTransform,
} from '../../lib/index.js';
import { type Asking, install, response, startProxy, type TestProxy } from '../../lib/testing/index.js';
import { sourceOfPieces } from '../support/sources.js';

const texting = (name: string, make: (e: Choosing) => TextTransform): StageDefinition =>
  defineStage({ name, make: () => ({ text: make }) }) as StageDefinition;

const pushing = (name: string, push: (text: string) => Said, end: () => Said = () => ''): StageDefinition =>
  texting(name, () => ({ push, end }));

const FORMS = (['openai', 'anthropic'] as const).flatMap((dialect) =>
  [false, true].map((stream): Asking & { readonly stream: boolean } => ({ dialect, stream })),
);

describe('hooks/rewrite', () => {
  let proxy: TestProxy;
  afterEach(() => proxy.close());
  const with_ = async (...stages: readonly StageDefinition[]) => {
    proxy = await startProxy({ stages: stages.map((stage) => ({ stage }) as never) });
  };

  for (const form of FORMS) {
    describe(`${form.dialect}, ${form.stream ? 'streamed' : 'whole'}`, () => {
      it('changes the text, the last stage first, after any failures', async () => {
        await with_(
          pushing(
            'outer',
            (text) => text.toUpperCase(),
            () => '.',
          ),
          pushing(
            'inner',
            (text) => text.replaceAll('a', 'b'),
            () => 'a',
          ),
        );
        const { status, text } = await proxy.ask({ ...form, faults: ['http-503', 'empty-body'], says: 'a sad day' });
        expect({ status, text }).to.deep.equal({ status: 200, text: 'B SBD DBYA.' });
      });

      it('leaves what one calls reasoning out of the one around it', async () => {
        await with_(
          pushing('outer', (text) => text.toUpperCase()),
          pushing('inner', (text) => ({ reasoning: 'Thought.', text })),
        );
        const { text, body } = await proxy.ask({ ...form, says: 'ab' });
        expect(text).to.equal('AB');
        expect(body).to.include('Thought.').and.not.include('THOUGHT');
      });

      it('changes the JSON', async () => {
        const marking = defineStage({
          name: 'marking',
          make: () => ({
            json: ({ fields, call }) => ({ ...fields, by: call._tag === 'Chat' ? call.body.model : '' }),
          }),
        });
        await with_(
          marking as StageDefinition,
          pushing('same', (text) => text),
        );
        const { body, text } = await proxy.ask({ ...form, says: 'ab' });
        expect(body).to.include('"by":"a-model"');
        expect(text).to.equal('ab');
      });

      const FAULTS: readonly (readonly [name: string, stage: StageDefinition, why: RegExp])[] = [
        [
          'throws',
          pushing('bad', () => {
            throw new TypeError('sekret');
          }),
          /bad threw TypeError \(rewrite\.spec\.[jt]s:\d+\) at text/,
        ],
        [
          'throws at the end',
          pushing(
            'bad',
            (text) => text,
            () => {
              throw 'sekret';
            },
          ),
          /bad threw something at text/,
        ],
        ['gives nonsense', pushing('bad', () => 5 as never), /bad returned nonsense at text/],
        ['gives half nonsense', pushing('bad', () => ({ text: 5 }) as never), /bad returned nonsense at text/],
        ['is no transform', texting('bad', () => ({}) as never), /bad returned nonsense at text/],
        ['leaves nothing', pushing('bad', () => ''), /bad left nothing of the reply/],
        [
          'throws at json',
          defineStage({
            name: 'bad',
            make: () => ({
              json: () => {
                throw new Error('sekret');
              },
            }),
          }) as StageDefinition,
          /bad threw Error \(.*\) at json/,
        ],
        [
          'gives nonsense at json',
          defineStage({ name: 'bad', make: () => ({ json: () => [] as never }) }) as StageDefinition,
          /bad returned nonsense at json/,
        ],
        [
          'gives at json what JSON cannot express',
          defineStage({
            name: 'bad',
            make: () => ({ json: ({ fields }) => ({ ...fields, n: 5n }) }),
          }) as StageDefinition,
          /bad threw TypeError .*at json/,
        ],
        [
          'gives a promise, which rejects later',
          defineStage({
            name: 'bad',
            make: () => ({ json: (async () => Promise.reject(new Error('sekret'))) as never }),
          }) as StageDefinition,
          /bad returned a promise, which is not awaited, at json/,
        ],
        [
          'changes a field of the reply',
          texting('bad', (reply) => {
            (reply as { reply: { status: number } }).reply.status = 201;
            return { push: (text) => text, end: () => '' };
          }),
          /bad threw TypeError \(.*\) at text/,
        ],
        [
          'changes what it was given',
          defineStage({
            name: 'bad',
            make: () => ({
              json: ({ fields }) => {
                (fields as { id: string }).id = 'x';
                return fields;
              },
            }),
          }) as StageDefinition,
          /bad threw TypeError \(.*\) at json/,
        ],
      ];
      for (const [name, stage, why] of FAULTS) {
        it(`reports a stage that ${name}, and lives on`, async () => {
          await with_(stage);
          const { body, status } = await proxy.ask({ ...form, says: 'ab' });
          expect(body).to.match(why).and.not.include('sekret');
          expect(body).to.include(form.dialect === 'openai' ? '"code":"stage_fault"' : '"type":"api_error"');
          // A stream has begun by then; one that fails as a whole has not.
          if (!form.stream) expect(status).to.equal(500);
          const told = proxy.events.find((event) => event._tag === 'RequestFinished');
          expect(told?._tag === 'RequestFinished' && told.summary.reason).to.deep.equal(O.some('stage_fault'));
          expect((await fetch(`${proxy.url}/models`)).status).to.equal(200);
        });
      }
    });
  }

  it('has an outer stage see, in JSON, the text that the inner ones made', async () => {
    let seen = '';
    const looking = defineStage({
      name: 'looking',
      make: () => ({
        json: ({ fields }) => {
          for (const [, content] of JSON.stringify(fields).matchAll(/"content":"([^"]*)"/g)) seen += content;
          return fields;
        },
      }),
    });
    await with_(
      looking as StageDefinition,
      pushing('louder', (text) => text.toUpperCase()),
    );
    for (const stream of [false, true]) {
      seen = '';
      expect((await proxy.ask({ stream, says: 'one two' })).text).to.equal('ONE TWO');
      expect(seen).to.equal('ONE TWO');
    }
  });

  it('keeps the choices of a reply apart', async () => {
    const choices = [0, 1].map((index) => ({ index, message: { content: 'a' }, finish_reason: 'stop' }));
    const numbering = texting('numbering', ({ choice }) => ({ push: (text) => `${text}${choice}`, end: () => '' }));
    const stage = { ...install({ stage: numbering } as never), at: 0 };
    const made = rewriting([stage])(response({ reply: { body: { choices } } }));
    const { body } = E.isRight(made) ? made.right.reply : expect.fail('it failed');
    expect(body._tag === 'Bytes' && textsOfReply(dialects.openai, body)).to.deep.equal(['a0', 'a1']);
  });

  it('runs nothing more of a reply after a fault', async () => {
    let calls = 0;
    const bad = pushing('bad', () => {
      calls += 1;
      throw new Error('x');
    });
    await with_(bad, bad);
    await proxy.ask({ stream: true });
    expect(calls).to.equal(1);
  });

  it('leaves errors, lists and other routes alone', async () => {
    await with_(pushing('louder', (text) => text.toUpperCase()));
    expect((await proxy.ask({ faults: ['http-400'] })).body).not.to.include('UPSTREAM');
    expect(await (await fetch(`${proxy.url}/models`)).text()).to.include('seaking-demo');
  });

  it('leaves a JSON reply that is too long to be judged as it is, in whatever form it was asked for', async () => {
    proxy = await startProxy({
      stages: [{ stage: pushing('louder', (text) => text.toUpperCase()) } as never],
      config: 'target_proxy: { url: demo, reply_limit: 1KiB }',
    });
    const says = 'a long story, '.repeat(1000);
    const { status, body } = await proxy.ask({ says });
    expect(status).to.equal(200);
    expect(body).to.include(says);
    const long: Answered['reply'] = {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { ...held(sourceOfPieces(), O.some(5000)), prefix: Buffer.from('{"choices":[') },
    };
    const value = { ...response(), reply: long };
    const louder = install({ stage: pushing('louder', (text) => text.toUpperCase()) } as never);
    expect(rewriting([{ ...louder, at: 0 }])(value)).to.deep.equal(E.right(value));
  });

  it('gives what was held back before it reports that a stream broke', async () => {
    let held = '';
    const holding = texting('holding', () => ({
      push: (text) => {
        held += text;
        return '';
      },
      end: () => `<${held}>`,
    }));
    await with_(holding);
    const { body } = await proxy.ask({ faults: ['broken-reset'], stream: true });
    expect(body).to.match(/"content":"<.+>".*\n\ndata: \{"error":.*"code":"broken_off".*\n\ndata: \[DONE\]\n\n$/s);
  });

  it('reports that a stream broke, rather than that nothing is left of its beginning', async () => {
    await with_(pushing('nothing', () => ''));
    expect((await proxy.ask({ faults: ['broken-reset'], stream: true })).body).to.include('"code":"broken_off"');
  });

  it('works on the whole of a stream that was gone on with', async () => {
    proxy = await startProxy({
      stages: [{ stage: pushing('louder', (text) => text.toUpperCase()) } as never],
      config: 'streaming: { on_break: continue }\nerror_handling: { base_delay: 1ms, max_delay: 10ms }',
    });
    const { text } = await proxy.ask({ faults: ['broken-reset'], stream: true });
    expect(text).to.equal(text.toUpperCase()).and.have.length.above(100);
  });
});
