import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { installDefinition, toolsOf } from '../../lib/config/stage-install.js';
import type { Event } from '../../lib/core/event.js';
import { type StageFiles, stageFiles } from './stage-files.js';

const HOOKS = '({ attempt: (e) => e })';

describe('config: installing stages', () => {
  let files: StageFiles;
  beforeEach(() => {
    files = stageFiles();
  });
  afterEach(() => files.remove());

  /** What is told of a stage of these parts, with these options. */
  const toldOf = async (parts: string, options = ''): Promise<string> => {
    files.write('s.js', `export default { name: 'a', ${parts} };\n`);
    const [problem, ...more] = await files.problems(`  - use: ./s.js\n${options}`);
    expect(more).to.deep.equal([]);
    return problem ?? 'no problem';
  };

  describe('a mistake of a stage is reported at its entry:', () => {
    const FAULTS: readonly (readonly [says: string, parts: string, problem: string])[] = [
      [
        'a codec that gives nothing',
        `options: { decode: () => undefined }, make: () => ${HOOKS}`,
        'c.yaml:3:5: stages[0].with: the codec of a returns neither a Left nor a Right',
      ],
      [
        'a codec that gives null',
        `options: { decode: () => null }, make: () => ${HOOKS}`,
        'c.yaml:3:5: stages[0].with: the codec of a returns neither a Left nor a Right',
      ],
      [
        'a codec that gives the options alone',
        `options: { decode: (options) => options }, make: () => ${HOOKS}`,
        'c.yaml:3:5: stages[0].with: the codec of a returns neither a Left nor a Right',
      ],
      [
        'a codec that is late',
        `options: { decode: async () => { throw new Error('sekret'); } }, make: () => ${HOOKS}`,
        'c.yaml:3:5: stages[0].with: the codec of a returns a promise; it must decode at once',
      ],
      [
        'a make that is late',
        `make: async () => ${HOOKS}`,
        'c.yaml:3:10: stages[0].use: the make of a returns a promise; it must return its hooks at once',
      ],
      [
        'a make that rejects',
        "make: async () => { throw new Error('sekret'); }",
        'c.yaml:3:10: stages[0].use: the make of a returns a promise; it must return its hooks at once',
      ],
    ];
    for (const [says, parts, problem] of FAULTS) {
      it(says, async () => {
        expect(await toldOf(parts)).to.equal(problem);
      });
    }
    it('several, along with the rest', async () => {
      files.write('a.js', "export default { name: 'a', options: { decode: () => undefined }, make: () => ({}) };");
      files.write('b.js', "export default { name: 'b', make: () => { throw 5; } };");
      expect(await files.problems('  - use: ./a.js\n  - use: ./b.js\n  - use: ./none.js\n')).to.deep.equal([
        'c.yaml:3:5: stages[0].with: the codec of a returns neither a Left nor a Right',
        'c.yaml:4:10: stages[1].use: the make of b threw something',
        'c.yaml:5:10: stages[2].use: the file none.js does not exist',
      ]);
    });
  });

  const placed = { at: 0, entry: { use: 'a', options: {}, timeoutMs: 1 } };
  const tools = { label: 'a', now: () => 0, random: () => 0, log: () => {} };

  it('keeps what the hooks of one object have in common', () => {
    class Counting {
      #count = 0;
      attempt() {
        this.#count += 1;
        return this.#count;
      }
    }
    const definition = { name: 'a', make: () => new Counting() };
    const stage = installDefinition(definition as never, placed, tools);
    const hooks = E.isRight(stage) ? stage.right.hooks : {};
    const attempt = hooks.attempt as unknown as (() => number) | undefined;
    expect([attempt?.(), attempt?.()]).to.deep.equal([1, 2]);
  });

  it('knows the file of a stage, where it has one', () => {
    const definition = { name: 'a', make: () => ({ request: (e: never) => e }) };
    const fileOf = (origin: string) => {
      const stage = installDefinition(definition, placed, tools, origin);
      return E.isRight(stage) ? stage.right.file : expect.fail('not installed');
    };
    expect(fileOf('file:///etc/proxy/stages/mine.mjs')).to.equal('mine.mjs');
    expect(fileOf('file:///C:/stages/mine.ts')).to.equal('mine.ts');
    expect(fileOf('headers')).to.equal(undefined);
  });

  it('lets a stage write to the log, with its label and the id of a request', () => {
    const events: Event[] = [];
    const { log } = toolsOf('a (2)', { now: () => 0, random: () => 0, emit: (event) => events.push(event) });
    log('Ready.');
    log('Seen.', { id: 'id-1' });
    log(5 as never);
    expect(events).to.deep.equal([
      { _tag: 'StageLogged', id: O.none, stage: 'a (2)', message: 'Ready.' },
      { _tag: 'StageLogged', id: O.some('id-1'), stage: 'a (2)', message: 'Seen.' },
      { _tag: 'StageLogged', id: O.none, stage: 'a (2)', message: '5' },
    ]);
  });

  describe('what `make` says of the options', () => {
    const thrower = (error: string) =>
      `options: { decode: (right) => ({ _tag: 'Right', right }) },\nmake: (o) => { throw ${error}; }`;
    const told = (error: string, key = 'sekret-1') =>
      toldOf(thrower(error), `    with: { key: ${JSON.stringify(key)}, list: [{ more: sekret-12 }, abc, 5] }\n`);

    it('is reported in its own words, with its name and its line', async () => {
      expect(await told("new Error('Less is more.')")).to.equal(
        'c.yaml:4:11: stages[0].with: a: Less is more. (s.js:2)',
      );
    });

    it('is reported in one line', async () => {
      for (const message of ["'Less\\n\\nis more'", "'\\n Less\\r\\nis'", "'Less\\u2028is'"]) {
        expect(await told(`new Error(${message})`), message).to.equal('c.yaml:4:11: stages[0].with: a: Less (s.js:2)');
      }
    });

    it('is reported by its kind where it has no words', async () => {
      const kind = 'c.yaml:4:11: stages[0].with: the make of a threw Error';
      expect(await told('new Error()')).to.equal(`${kind} (s.js:2)`);
      expect(await told("new Error(' \\n')")).to.equal(`${kind} (s.js:2)`);
      expect(await told('Object.assign(new Error(), { message: {} })')).to.match(/ the make of a threw Error\b/);
    });

    it('never holds a value', async () => {
      const errors = [
        "new Error('no such key: ' + o.key)",
        "new Error(o.key + ' and ' + o.list[0].more + ' and again ' + o.key)",
        'new Error(JSON.stringify(o))',
        'JSON.parse(o.key)',
        "new RegExp('(' + o.key)",
        "new Headers({ [o.key + ' ']: 'x' })",
        'new URL(o.key)',
        "process.getBuiltinModule('fs').readFileSync(o.key.slice(0, 6))",
        "Object.assign(new Error(o.key.slice(0, 6)), { code: 'ENOENT' })",
        "Object.assign(new Error(o.key.slice(0, 6)), { name: 'OptionsError' })",
      ];
      for (const error of errors) {
        expect(await told(error), error)
          .to.match(/^c\.yaml:4:11: stages\[0\]\.with: (a: .+|the make of a threw \w+) \([\w.]+:\d+\)$/)
          .and.not.include('sekret');
      }
      expect(await told("new Error(o.key + ', ' + o.list[0].more + ', ' + o.list[1])")).to.equal(
        'c.yaml:4:11: stages[0].with: a: (set), (set), abc (s.js:2)',
      );
      expect(await told("new Error('bad: ' + o.key.trim())", ' sekret\nsekret ')).to.equal(
        'c.yaml:4:11: stages[0].with: a: bad: (set) (s.js:2)',
      );
    });
  });

  describe('what a codec says', () => {
    const refusing = (left: string) =>
      `options: { decode: () => ({ _tag: 'Left', left: ${left} }) }, make: () => ${HOOKS}`;

    it('is taken for that of io-ts only where it is', async () => {
      for (const left of ['[{ context: [] }]', '[{}]', '[null]', '[]', '5']) {
        expect(await toldOf(refusing(left)), left).to.match(/\.with: these are not the options of a$/);
      }
      const type = "{ name: 'x' }";
      const whole = `[{ context: [{ key: '', type: ${type} }, { key: 'b', type: ${type} }] }]`;
      expect(await toldOf(refusing(whole))).to.equal('c.yaml:3:5: stages[0].with.b: expected x');
    });

    it('stands at its key, also within an intersection or a union', async () => {
      const module = (codec: string) =>
        `export default ({ t }) => ({ name: 'a', options: ${codec}, make: () => ${HOOKS} });`;
      const told = (codec: string) => {
        files.write('s.js', module(codec));
        return files.problems('  - use: ./s.js\n    with:\n      n: x\n      in: { m: [y] }\n');
      };
      const n = 't.type({ n: t.number })';
      const m = 't.type({ in: t.partial({ m: t.array(t.union([t.number, t.boolean])) }) })';
      expect(await told(`t.intersection([${n}, ${m}])`)).to.deep.equal([
        'c.yaml:5:10: stages[0].with.n: expected number',
        'c.yaml:6:17: stages[0].with.in.m[0]: expected number',
        'c.yaml:6:17: stages[0].with.in.m[0]: expected boolean',
      ]);
      expect(await told(`t.union([t.intersection([${n}, t.UnknownRecord]), t.string])`)).to.deep.equal([
        'c.yaml:5:7: stages[0].with: expected string',
        'c.yaml:5:10: stages[0].with.n: expected number',
      ]);
    });
  });
});
