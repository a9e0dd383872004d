import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import { parse } from 'yaml';
import { type Io, load, readText } from '../../lib/config/load.js';
import { render } from '../../lib/config/report.js';
import type { StageDefinition } from '../../lib/core/custom-stage.js';
import { sleep } from '../../lib/edge/ports.js';
import * as face from '../../lib/index.js';
import { KIT } from '../../lib/stages/kit/index.js';
import { type Asking, decoded, run, type Sat, startProxy } from '../../lib/testing/index.js';
import { seats } from './seats.js';

const FILE = new URL('../../../docs/stages.md', import.meta.url);
const page = (): string => readFileSync(FILE, 'utf8').replaceAll('\r\n', '\n');

const MARKS = /(<!-- seats: [^\n]*-->\n).*?(\n?<!-- \/seats -->)/s;

/** The snippets of a language, by the name in their first line. */
const snippets = (language: string): ReadonlyMap<string, string> =>
  new Map(
    [...page().matchAll(new RegExp(`\`\`\`${language}\n(?:// |# )(.*?)\n(.*?)\`\`\``, 'gs'))].map(([, name, code]) => [
      name as string,
      code as string,
    ]),
  );

describe('docs/stages.md', () => {
  let folder = '';
  before(() => {
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(
        FILE,
        page().replace(MARKS, (_, start, end) => `${start}${seats()}\n${end.trimStart()}`),
      );
    }
    folder = mkdtempSync(join(tmpdir(), 'docs-'));
    for (const [name, code] of snippets('js')) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), code);
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  const io: Io = { env: {}, readText, now: () => 0, roll: () => 0, sleep };
  const problemsIn = async (config: string): Promise<string> => {
    const path = join(folder, 'c.yaml');
    writeFileSync(path, config);
    const loaded = await load(path, io);
    return E.isLeft(loaded) ? render(loaded.left) : '';
  };
  const stageIn = async (name: string): Promise<StageDefinition> => (await import(join(folder, name))).default(face);
  const asked = async (stages: readonly Sat[], asking: Asking) => {
    const proxy = await startProxy({ stages });
    const answer = await proxy.ask(asking);
    await proxy.close();
    return answer;
  };
  /** The stages of a recipe, seated. */
  const recipe = (name: string): readonly Sat[] =>
    parse(snippets('yaml').get(name) ?? '').stages.map((entry: { use: string; with: object }) => ({
      stage: KIT.find(({ definition }) => definition.name === entry.use)?.definition,
      with: entry.with,
    }));

  it('has the reference that the code makes', () => {
    const isCurrent = page().includes(`${seats()}\n<!-- /seats -->`);
    expect(isCurrent, 'docs/stages.md is not current. Run: npm run build && UPDATE_DOCS=1 npx mocha').to.equal(true);
    expect(seats())
      .to.match(/^\| `received` \| `Received` \| Before the body is read/m)
      .and.match(/^\| `Replied` \| all of `Try`, /m);
  });

  it('has configs that load', async () => {
    for (const [name, config] of snippets('yaml')) {
      const whole = config.includes('target_proxy') ? config : `target_proxy: { url: demo }\n${config}`;
      expect(await problemsIn(whole), name).to.equal('');
    }
    expect([...snippets('yaml').keys()]).to.have.lengthOf(6);
  });

  it('leads to a stage that works', async () => {
    const stage = await stageIn('stages/sailor.js');
    const answer = await asked([{ stage, with: { greeting: 'Ahoy' } } as never], { says: 'Nice day.', stream: true });
    expect(answer.text).to.equal('Ahoy! Nice day.');
    expect(JSON.parse(answer.sent[0] ?? '').max_tokens).to.equal(300);
  });

  const RECIPES: Readonly<Record<string, (stages: readonly Sat[]) => Promise<void>>> = {
    'strip a marker': async (stages) => {
      const { text } = await asked(stages, { says: '[OOC]Hello (OOC: be nice) there', stream: true });
      expect(text).to.equal('Hello  there');
    },
    'force parameters': async (stages) => {
      const { sent } = await asked(stages, { body: { temperature: 0, logit_bias: {} } });
      const body = JSON.parse(sent[0] ?? '');
      expect(body).to.include({ temperature: 0.9, top_p: 0.95 });
      expect(body).not.to.have.property('logit_bias');
    },
    'retry on refusals': async (stages) => {
      const { attempts, status } = await asked(stages, { says: "I'm sorry, but I will not.", stream: true });
      expect([attempts.length, status]).to.deep.equal([2, 200]);
    },
    'thinking out of the reply': async (stages) => {
      const { text, body } = await asked(stages, { says: '<think>Hm.</think>Hello' });
      expect(text).to.equal('Hello');
      expect(JSON.parse(body).choices[0].message.reasoning_content).to.equal('Hm.');
    },
    'cap tokens by model': async (stages) => {
      const capped = async (model: string) =>
        JSON.parse((await asked(stages, { body: { model, max_tokens: 9000 } })).sent[0] ?? '{}').max_tokens;
      expect(await capped('demo:good-plain:always:ask-1')).to.equal(9000);
      const value = decoded({ body: { model: 'gpt-4o' } });
      const ran = await run(stages[0] as Sat, 'decoded', value);
      expect(ran._tag === 'Value' && ran.value.call._tag === 'Chat' && ran.value.call.body).to.include({
        max_tokens: 600,
      });
    },
  };
  for (const [name, check] of Object.entries(RECIPES)) {
    it(`tells how to ${name}`, () => check(recipe(name)));
  }

  it('tells how to cap tokens by the hour', async () => {
    const stage = await stageIn('stages/cap-tokens.js');
    const at = async (hour: number, max_tokens?: number) => {
      const now = () => new Date(2026, 0, 1, hour).getTime();
      const ran = await run({ stage: stage as never, tools: { now } }, 'decoded', decoded({ body: { max_tokens } }));
      return ran._tag === 'Value' && ran.value.call._tag === 'Chat'
        ? (ran.value.call.body as { max_tokens?: number }).max_tokens
        : undefined;
    };
    expect([await at(3, 9000), await at(12, 9000), await at(12, 5), await at(3)]).to.deep.equal([200, 800, 5, 200]);
  });

  it('tells how to answer when the upstream is down', async () => {
    const stage = await stageIn('stages/apology.js');
    for (const stream of [false, true]) {
      const { status, text, attempts } = await asked([{ stage } as never], { faults: ['http-401'], stream });
      expect([status, text, attempts.length]).to.deep.equal([200, 'I am away. Ask me again later.', 1]);
    }
    expect((await asked([{ stage } as never], { faults: ['http-401'], dialect: 'anthropic' })).status).to.equal(401);
  });
});
