import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { parse } from 'yaml';
import { type Io, load, readText } from '../../lib/config/load.js';
import { render } from '../../lib/config/report.js';
import type { StageDefinition } from '../../lib/core/custom-stage.js';
import type { ChatBody } from '../../lib/core/dialect.js';
import type { Simple } from '../../lib/core/failure.js';
import type { ReplyFaultName } from '../../lib/demo/catalogue.js';
import type { DialectName } from '../../lib/dialects/index.js';
import { sleep } from '../../lib/edge/clock.js';
import * as face from '../../lib/index.js';
import { type Asking, failure, request, run, runText, startProxy, type TestStage } from '../../lib/testing/index.js';
import { endAll, run as runToTheEnd } from '../cli/support.js';
import { hooks } from './hooks.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FILE = join(ROOT, 'docs/stages.md');
const text = (file: string): string => readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
const page = (): string => text(FILE);
const README = join(ROOT, 'README.md');

const MARKS = /(<!-- hooks: [^\n]*-->\n).*?(\n?<!-- \/hooks -->)/s;

/** The snippets of a language, by the name in their first line. */
const snippets = (language: string): ReadonlyMap<string, string> =>
  new Map(
    [...page().matchAll(new RegExp(`\`\`\`${language}\n(?:// |# )(.*?)\n(.*?)\`\`\``, 'gs'))].map(([, name, code]) => [
      name as string,
      code as string,
    ]),
  );

/** Those that are files: a user's folder, once all of it was typed in. */
const FILES = ['js', 'ts', 'json', 'yaml'].flatMap((language) =>
  [...snippets(language)].filter(([name]) => name.endsWith(`.${language}`)),
);

const MODULES = join(ROOT, 'node_modules');
const TSC = join(MODULES, 'typescript/bin/tsc');

describe('docs/stages.md', () => {
  let folder = '';
  before(() => {
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(
        FILE,
        page().replace(MARKS, (_, start, end) => `${start}${hooks()}\n${end.trimStart()}`),
      );
    }
    folder = mkdtempSync(join(tmpdir(), 'docs-'));
    write('package.json', '{ "type": "module" }');
    for (const [name, code] of FILES) write(name, code);
    // As npm leaves it: the package, and the types of Node that it needs. A junction needs no rights on Windows.
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules/seaking-proxy'), 'junction');
    symlinkSync(join(MODULES, '@types'), join(folder, 'node_modules/@types'), 'junction');
  });
  after(() => {
    endAll();
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, content: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  const inFolder = (file: string, ...args: readonly string[]) => runToTheEnd(args, { cwd: folder, file });

  const io: Io = { env: {}, readText, now: () => 0, random: () => 0, sleep, emit: () => {} };
  const problemsIn = async (config: string): Promise<string> => {
    const path = join(folder, 'c.yaml');
    writeFileSync(path, config);
    const loaded = await load(path, io);
    return E.isLeft(loaded) ? render(loaded.left) : '';
  };
  const stageIn = async (name: string): Promise<StageDefinition> => {
    const { default: exported } = await import(pathToFileURL(join(folder, name)).href);
    return typeof exported === 'function' ? exported(face) : exported;
  };
  const QUICK = 'error_handling: { base_delay: 1ms, max_delay: 10ms }\n';
  const asked = async (stages: readonly TestStage[], asking: Asking, config = '') => {
    const proxy = await startProxy({ stages, config: `${QUICK}${config}` });
    const answer = await proxy.ask(asking);
    await proxy.close();
    return answer;
  };
  /** Says this at the first try, and is well at the next. */
  const once = (content: string): Asking => ({
    faults: ['good-echo'],
    body: { messages: [{ role: 'user', content }] },
  });
  /** The stages of a recipe. */
  const recipe = (name: string): readonly TestStage[] =>
    parse(snippets('yaml').get(name) ?? '').stages.map((entry: { use: string; with: TestStage['with'] }) => ({
      stage: entry.use,
      with: entry.with,
    }));

  it('has the reference that the code makes', () => {
    const isCurrent = page().includes(`${hooks()}\n<!-- /hooks -->`);
    expect(isCurrent, 'docs/stages.md is not current. Run: npm run build && UPDATE_DOCS=1 npx mocha').to.equal(true);
    expect(hooks())
      .to.match(/^\| `request` \| `Decoded` \| Before a request is sent/m)
      .and.match(/^\| `Replied` \| all of `Try`, /m)
      .and.match(/^\| `Finished` \| all of `Decoded`, all of `Outcome`, /m);
  });

  it('has configs that load', async () => {
    for (const [name, config] of snippets('yaml')) {
      const whole = config.includes('target_proxy') ? config : `target_proxy: { url: demo }\n${config}`;
      expect(await problemsIn(whole), name).to.equal('');
    }
    expect([...snippets('yaml').keys()]).to.have.lengthOf(6);
  });

  it('goes with configs in README that load', async () => {
    write('stages/mine.js', snippets('js').get('stages/sailor.js') as string);
    const configs = [...text(README).matchAll(/^```yaml\n(.*?)^```/gms)].map(([, config]) => config as string);
    for (const config of configs) {
      expect(
        await problemsIn(config.startsWith('stages:') ? `target_proxy: { url: demo }\n${config}` : config),
      ).to.equal('');
    }
    expect(configs).to.have.lengthOf(3);
  });

  it('has no snippet that is not run', () => {
    const fences = [...page().matchAll(/^```(\w+)$/gm)].map(([, language]) => language);
    const named = ['js', 'ts', 'json', 'yaml'].flatMap((language) => [...snippets(language).keys()]);
    expect(fences.filter((language) => language !== 'sh')).to.have.lengthOf(named.length);
    expect(named).to.have.members([
      ...Object.keys(RECIPES),
      'proxy.config.yaml',
      'stages/sailor.js',
      'stages/sailor.test.js',
      'tsconfig.json',
      'stages/short.ts',
      'stages/cap-tokens.js',
      'stages/once-more.js',
      'stages/apology.js',
      'stages/system-prompt.js',
      'stages/token-count.js',
      'stages/cache.js',
      'stages/other-model.js',
      'stages/no-watermark.js',
    ]);
  });

  it('leads to a stage that works', async () => {
    const stage = await stageIn('stages/sailor.js');
    const answer = await asked([{ stage, with: { greeting: 'Ahoy' } }], { says: 'Nice day.', stream: true });
    expect(answer.text).to.equal('Ahoy! Nice day.');
    expect(JSON.parse(answer.sent[0] ?? '').max_tokens).to.equal(300);
  });

  const test = () =>
    runToTheEnd(['stages/sailor.test.js'], { cwd: folder, node: ['--test'], file: '--test-reporter=tap' });

  it('leads to a test that passes', async () => {
    const { code, out } = await test();
    expect(out).to.match(/^# pass 3$/m);
    expect(code, out).to.equal(0);
  });

  it('leads to a test that ends where it fails', async () => {
    const whole = text(join(folder, 'stages/sailor.test.js'));
    write('stages/sailor.test.js', whole.replace('attempts.length, 3', 'attempts.length, 4'));
    const { code, out } = await test();
    expect(out).to.match(/^# fail 1$/m);
    expect(code).to.equal(1);
  });

  it('shows how to write a stage in TypeScript that is checked and runs', async function () {
    this.timeout(60_000);
    const checked = await inFolder(TSC, '--noEmit');
    expect(checked.out).to.equal('');
    expect(checked.code, checked.err).to.equal(0);
    expect((await inFolder(TSC)).code).to.equal(0);
    const readsTypes = Boolean((process.features as { readonly typescript?: unknown }).typescript);
    for (const file of readsTypes ? ['short.js', 'short.ts'] : ['short.js']) {
      const config = `target_proxy: { url: demo }\nstages: [{ use: ./stages/${file}, with: { most: 1 } }]`;
      expect(await problemsIn(config), file).to.equal('');
    }
    const messages = [
      { role: 'user', content: 'Hello' },
      { role: 'user', content: 'Hello?' },
    ];
    const { status, body } = await asked([{ stage: await stageIn('stages/short.js'), with: { most: 1 } }], {
      body: { messages },
    });
    expect([status, JSON.parse(body).error.message]).to.deep.equal([413, 'This chat has more than 1 messages.']);

    write('stages/wrong.ts', text(join(folder, 'stages/short.ts')).replace('e.call.body.messages', 'e.plan'));
    expect((await inFolder(TSC, '--noEmit')).out).to.match(/stages\/wrong\.ts.*'plan' does not exist/);
  });

  const RECIPES: Readonly<Record<string, (stages: readonly TestStage[]) => Promise<void>>> = {
    'strip a marker': async (stages) => {
      const stage = stages[0] as TestStage;
      const STRIPPED = {
        '[OOC]Hello (OOC: be nice) there': 'Hello there',
        '(OOC: hi)\n\nShe smiled. (ooc: now she leaves)\n\n[OOC: hello there]\n\nShe left.': 'She smiled.\n\nShe left.',
        'OOC: fine.\n\nShe smiled (softly) and left.': 'OOC: fine.\n\nShe smiled (softly) and left.',
        'She [softly] left.\n\n(Oo, cold!)': 'She [softly] left.\n\n(Oo, cold!)',
      };
      for (const [said, text] of Object.entries(STRIPPED)) {
        expect(runText(stage, [said]).text).to.equal(text);
        expect(runText(stage, [...said]).text).to.equal(text);
      }
      const { text } = await asked(stages, { says: '[OOC]Hello (OOC: be nice) there', stream: true });
      expect(text).to.equal('Hello there');
    },
    'force parameters': async (stages) => {
      const { sent } = await asked(stages, { body: { temperature: 0, logit_bias: {} } });
      const body = JSON.parse(sent[0] ?? '');
      expect(body).to.include({ temperature: 0.9, top_p: 0.95 });
      expect(body).not.to.have.property('logit_bias');
    },
    'retry on refusals': async (stages) => {
      const triesFor = async (says: string, stream = false) =>
        (await asked(stages, { ...once(says), stream })).attempts.length;
      const REFUSALS = [
        "I'm sorry, but I can't help with that.",
        '\n\n I’m sorry, but I won’t write this.',
        'I cannot assist.',
        'Sorry, I am unable to continue.',
      ];
      for (const says of REFUSALS) expect(await triesFor(says), says).to.equal(2);
      expect(await triesFor(REFUSALS[0] as string, true)).to.equal(2);
      const PROSE = ["I can't believe it! she said.", "I'm sorry, she said, and meant it.", '"I cannot help it."'];
      for (const says of PROSE) expect(await triesFor(says), says).to.equal(1);

      const lasting = await asked(stages, { says: REFUSALS[0] as string });
      expect([lasting.status, lasting.attempts.length]).to.deep.equal([502, 3]);
      expect(lasting.body)
        .to.contain("A stage rejected the upstream's reply (its words), 3 attempts in ")
        .and.not.to.contain('help with that');
    },
    'thinking out of the reply': async (stages) => {
      const { text, body } = await asked(stages, { says: '<think>Hm.</think>Hello' });
      expect(text).to.equal('Hello');
      expect(JSON.parse(body).choices[0].message.reasoning_content).to.equal('Hm.');
      const thought = await asked(stages, once('<think>Hm.</think>'));
      expect(thought.attempts.length).to.equal(2);
      const long = { ...once(`<think>${'Hm. '.repeat(20_000)}</think>`), stream: true };
      expect((await asked(stages, long)).body).to.contain('The model only thought, and said nothing.');
      expect((await asked(stages, long, 'streaming: { commit: complete }')).attempts.length).to.equal(2);
    },
    'cap tokens by model': async (stages) => {
      /** What the upstream is sent for this model. */
      const capped = async (model: string, fields: object) => {
        const models = { [model]: 'demo:good-plain:always:ask-1' };
        const named = { stage: 'map-model', with: { models } };
        const { sent } = await asked([...stages, named], { body: { model, max_tokens: undefined, ...fields } });
        const { max_tokens, max_completion_tokens } = JSON.parse(sent[0] ?? '{}');
        return [max_tokens, max_completion_tokens];
      };
      for (const name of ['max_tokens', 'max_completion_tokens']) {
        expect(await capped('gpt-4o', { [name]: 9000 })).to.deep.equal([600, undefined]);
        expect(await capped('claude-opus', { [name]: 5 })).to.deep.equal([5, undefined]);
        expect(await capped('gpt-5', { [name]: 9000 })).to.deep.equal([undefined, 2000]);
        expect(await capped('o1', { [name]: 5 })).to.deep.equal([undefined, 5]);
      }
      expect(await capped('gpt-4o', {})).to.deep.equal([600, undefined]);
      expect(await capped('gpt-5', {})).to.deep.equal([undefined, 2000]);
      expect(await capped('another', { max_tokens: 9000 })).to.deep.equal([9000, undefined]);
    },
  };
  for (const [name, check] of Object.entries(RECIPES)) {
    it(`has a recipe that works: ${name}`, () => check(recipe(name)));
  }

  it('shows how to cap tokens by the hour', async () => {
    const stage = await stageIn('stages/cap-tokens.js');
    const at = async (hour: number, fields: object = {}) => {
      const now = () => new Date(2026, 0, 1, hour).getTime();
      const ran = await run({ stage: stage, tools: { now } }, 'request', request({ body: { ...fields } }));
      const { model: _, messages: __, ...rest } = (ran as { value: { call: { body: ChatBody } } }).value.call.body;
      return rest;
    };
    expect(await at(3, { max_tokens: 9000 })).to.deep.equal({ max_tokens: 200 });
    expect(await at(12, { max_tokens: 9000 })).to.deep.equal({ max_tokens: 800 });
    expect(await at(12, { max_completion_tokens: 9000 })).to.deep.equal({ max_completion_tokens: 800 });
    expect(await at(12, { max_tokens: 5 })).to.deep.equal({ max_tokens: 5 });
    expect(await at(3)).to.deep.equal({ max_tokens: 200 });
  });

  it('shows how to try less often', async () => {
    const stage = await stageIn('stages/once-more.js');
    const triesOf = async (model: string) => (await asked([{ stage }], { body: { model } })).attempts.length;
    expect(await triesOf('demo:http-429:always:ask-1')).to.equal(2);
    expect(await triesOf('demo:http-503:always:ask-1')).to.equal(4);
  });

  it('shows how to put a system prompt before each chat, by its model', async () => {
    const stage = await stageIn('stages/system-prompt.js');
    const sent = async (model: string, dialect: DialectName, fields: object = {}) => {
      const ran = await run({ stage }, 'request', request({ dialect, body: { model, ...fields } }));
      const { call } = ran._tag === 'Value' ? ran.value : expect.fail(ran._tag);
      return call._tag === 'Chat' ? call.body : expect.fail(call._tag);
    };
    const hello = { role: 'user', content: 'Hello' };
    const brief = { role: 'system', content: 'Be brief.' };
    expect((await sent('gpt-4o', 'openai')).messages).to.deep.equal([brief, hello]);
    expect((await sent('another', 'openai')).messages).to.deep.equal([hello]);
    const sailor = { type: 'text', text: 'Write as a sailor would.' };
    const own = { type: 'text', text: 'Rhyme.' };
    const opus = async (fields: object) => (await sent('claude-opus', 'anthropic', fields)).system;
    expect(await opus({})).to.deep.equal([sailor]);
    expect(await opus({ system: 'Rhyme.' })).to.deep.equal([sailor, own]);
    expect(await opus({ system: [own] })).to.deep.equal([sailor, own]);
    const { text, sent: bodies } = await asked([{ stage }], { says: 'Yes.', body: { model: 'gpt-4o' } });
    expect([text, JSON.parse(bodies[0] ?? '').messages]).to.deep.equal(['Yes.', [brief, hello]]);
  });

  it('shows how to count the tokens of each user, whole or streamed, in both dialects', async () => {
    const proxy = await startProxy({ stages: [{ stage: await stageIn('stages/token-count.js') }] });
    for (const stream of [false, true]) {
      await proxy.ask({ stream, body: { user: 'ann' } });
      await proxy.ask({ stream, dialect: 'anthropic', body: { metadata: { user_id: 'bob' } } });
    }
    await proxy.ask({ faults: ['http-401'], body: { user: 'ann' } });
    await proxy.ask();
    await (await fetch(`${proxy.url}/models`)).text();
    await proxy.close();
    const ends = proxy.events.flatMap((event) => (event._tag === 'RequestFinished' ? [event.summary.id] : []));
    const lines = proxy.events.flatMap((event) => (event._tag === 'StageLogged' ? [event] : []));
    expect(lines.map(({ message }) => message)).to.deep.equal([
      'ann: 12 tokens in, 96 out, 108 in all',
      'bob: 12 tokens in, 96 out, 108 in all',
      'ann: 12 tokens in, 96 out, 216 in all',
      'bob: 12 tokens in, 96 out, 216 in all',
      'somebody: 12 tokens in, 96 out, 108 in all',
    ]);
    expect(lines.map(({ id }) => O.toNullable(id))).to.deep.equal([...ends.slice(0, 4), ends[5]]);
  });

  it('shows how to answer identical requests from what clients got within the hour', async () => {
    let now = 0;
    const cache = { stage: await stageIn('stages/cache.js'), tools: { now: () => now } };
    const louder = face.defineStage({
      name: 'louder',
      make: () => ({ text: () => ({ push: (text) => text.toUpperCase(), end: () => '' }) }),
    });
    const proxy = await startProxy({ stages: [cache, { stage: louder }], config: QUICK });
    for (const dialect of ['openai', 'anthropic'] as const) {
      for (const stream of [false, true]) {
        now = 0;
        const same: Asking = { dialect, stream, faults: ['http-503'], says: `Yes, ${dialect} ${stream}.` };
        const first = await proxy.ask(same);
        expect([first.text, first.sent.length]).to.deep.equal([`YES, ${dialect} ${stream}.`.toUpperCase(), 2]);
        const second = await proxy.ask({ ...same, says: 'No.' });
        expect([second.body, second.sent.length, second.attempts.length]).to.deep.equal([first.body, 0, 0]);
        const others: readonly Asking[] = [{ body: { max_tokens: 5 } }, { headers: { authorization: 'Bearer other' } }];
        for (const other of others) expect((await proxy.ask({ ...same, ...other })).sent.length).to.equal(2);
        now = 3_600_000;
        expect((await proxy.ask(same)).sent.length, 'after an hour').to.equal(2);
      }
    }
    const failing: Asking = { faults: ['http-401'], body: { seed: 1 } };
    expect((await proxy.ask(failing)).status).to.equal(401);
    expect((await proxy.ask({ ...failing, faults: [] })).status, 'a failure is not kept').to.equal(200);
    await (await fetch(`${proxy.url}/models`)).text();
    await proxy.close();
  });

  it('shows how to ask for another model where there is no credit for the first', async () => {
    const stages = [{ stage: await stageIn('stages/other-model.js') }];
    const modelsIn = (sent: readonly string[]) => sent.map((body) => JSON.parse(body).model);
    for (const stream of [false, true]) {
      const { status, attempts, sent } = await asked(stages, { stream, faults: ['http-402', 'http-503'] });
      expect([status, attempts.length]).to.deep.equal([200, 3]);
      expect(modelsIn(sent)).to.deep.equal(['a-model', 'small-model', 'small-model']);
    }
    const well = await asked(stages, {});
    expect(modelsIn(well.sent)).to.deep.equal(['a-model']);
    const poor = await asked(stages, { faults: ['http-402', 'http-402'] });
    expect([poor.status, modelsIn(poor.sent)]).to.deep.equal([402, ['a-model', 'small-model']]);
  });

  it('shows how to cut a watermark out of a stream', async () => {
    const stage = await stageIn('stages/no-watermark.js');
    const mark = '\n\nSent by free-api.example';
    for (const [said, left] of [
      [`Hello.${mark}`, 'Hello.'],
      [`One.${mark} Two.${mark}`, 'One. Two.'],
      [`Hello.${mark.slice(0, -1)}`, `Hello.${mark.slice(0, -1)}`],
      [`Hello.\n${mark}\n`, 'Hello.\n\n'],
      ['', ''],
    ] as const) {
      expect(runText({ stage }, [said]).text).to.equal(left);
      expect(runText({ stage }, [...said]).text).to.equal(left);
    }
    for (const stream of [false, true]) {
      expect((await asked([{ stage }], { stream, says: `Hello there.${mark}` })).text).to.equal('Hello there.');
    }
  });

  it('shows how to answer when the upstream is down', async () => {
    const stage = await stageIn('stages/apology.js');
    const sorry: readonly TestStage[] = [{ stage }];
    const lasting = (fault: ReplyFaultName) => ({ body: { model: `demo:${fault}:always:ask-1` } });
    for (const stream of [false, true]) {
      for (const fault of ['http-503', 'empty-body', 'reset-before-headers'] as const) {
        const { status, text, attempts } = await asked(sorry, { ...lasting(fault), stream });
        expect([status, text, attempts.length], fault).to.deep.equal([200, 'I am away. Ask me again later.', 4]);
      }
      for (const [fault, told] of [
        ['http-401', 401],
        ['http-400', 400],
        ['quota-429', 402],
      ] as const) {
        expect((await asked(sorry, { ...lasting(fault), stream })).status, fault).to.equal(told);
      }
    }
    expect((await asked(sorry, { ...lasting('http-503'), dialect: 'anthropic' })).status).to.equal(503);
    const refusing = { stage: 'reject-when', with: { reply_matches: '.', message: 'No.', status: 451 } };
    expect((await asked([...sorry, refusing], {})).status).to.equal(451);

    const saysOf = async (last: Simple) =>
      (
        await run(
          sorry[0] as TestStage,
          'failure',
          failure({ _tag: 'GaveUp', last, rejected: false, attempts: [], elapsedMs: 1 }),
        )
      )._tag;
    expect(await saysOf({ _tag: 'Unreachable', code: 'ECONNREFUSED' })).to.equal('Early');
    expect(await saysOf({ _tag: 'TimedOut', phase: 'headers', limitMs: 1, sent: true })).to.equal('Early');
  });
});
