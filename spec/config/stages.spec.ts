import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import { type Io, type Loaded, load, readText } from '../../lib/config/load.js';
import { render } from '../../lib/config/report.js';
import { sleep } from '../../lib/edge/clock.js';

const MARK =
  "export default ({ defineStage }) => defineStage({ name: 'mark', make: () => ({ request: (e) => e }) });\n";

const CAPPED = `export default ({ defineStage, closed, withDefault, Count }) => defineStage({
  name: 'cap',
  options: closed({ most: withDefault(Count, 800, 'The most.') }),
  make: ({ most }) => ({ request: (e) => ({ ...e, most }) }),
});
`;

describe('config: stages', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stages-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const io: Io = { env: { MOST: '7' }, readText, now: () => 5, random: () => 0.5, sleep, emit: () => {} };

  const written = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const loading = (stages: string, rest = '', ports = io) => {
    written('c.yaml', `target_proxy: { url: demo }\n${rest}stages:\n${stages}`);
    return load(join(folder, 'c.yaml'), ports);
  };
  const loaded = async (stages: string): Promise<Loaded> => {
    const result = await loading(stages);
    if (E.isLeft(result)) throw new Error(render(result.left));
    return result.right;
  };
  /** Each as the user reads it, without the folder. */
  const problems = async (stages: string, rest = '', ports = io): Promise<readonly string[]> => {
    const result = await loading(stages, rest, ports);
    return E.isLeft(result) ? render(result.left).replaceAll(`${folder}/`, '').split('\n') : [];
  };
  const problemOf = async (module: string): Promise<string> => {
    written('s.js', module);
    const [problem, ...more] = await problems('  - use: ./s.js\n');
    expect(more).to.deep.equal([]);
    return problem ?? 'no problem';
  };

  it('are taken from files beside the config, in their order', async () => {
    written('mark.js', MARK);
    written('more/cap.mjs', CAPPED);
    const { stages } = await loaded('  - use: ./more/cap.mjs\n  - use: ./mark.js\n    timeout: 2\n');
    expect(stages.map(({ label, timeoutMs }) => [label, timeoutMs])).to.deep.equal([
      ['cap', 10_000],
      ['mark', 2000],
    ]);
  });

  it('may be named with a whole path', async () => {
    written('mark.js', MARK);
    const { stages } = await loaded(`  - use: ${JSON.stringify(join(folder, 'mark.js'))}\n`);
    expect(stages[0]?.label).to.equal('mark');
  });

  it('may export a stage itself', async () => {
    written('s.js', "export default { name: 'plain', make: () => ({ attempt: (e) => e }) };\n");
    expect((await loaded('  - use: ./s.js\n')).stages[0]?.label).to.equal('plain');
  });

  it('may come late, with a promise', async () => {
    written('s.js', "export default async () => ({ name: 'late', make: () => ({ attempt: (e) => e }) });\n");
    expect((await loaded('  - use: ./s.js\n')).stages[0]?.label).to.equal('late');
  });

  it('are taken from packages that are installed beside the config', async () => {
    written(
      'node_modules/seaking-mark/package.json',
      '{ "name": "seaking-mark", "type": "module", "exports": { "import": "./x.js" } }',
    );
    written('node_modules/seaking-mark/x.js', MARK);
    expect((await loaded('  - use: seaking-mark\n')).stages[0]?.label).to.equal('mark');
  });

  it('get their options decoded, with variables filled in, and the tools', async () => {
    written(
      's.js',
      `export default ({ t }) => ({
  name: 'tools',
  options: t.type({ most: t.string }),
  make: ({ most }, { label, now, random }) => ({ request: () => [most, label, now(), random()] }),
});\n`,
    );
    const { stages } = await loaded(`  - use: ./s.js\n    with: { most: "\${MOST}" }\n`);
    const hook = stages[0]?.hooks.request as unknown as (() => unknown) | undefined;
    expect(hook?.()).to.deep.equal(['7', 'tools', 5, 0.5]);
  });

  it('can stand more than once, and are kept apart by a number', async () => {
    written('cap.js', CAPPED);
    const { stages } = await loaded(
      '  - use: ./cap.js\n    with: { most: 1 }\n  - use: ./cap.js\n    with: { most: 2 }\n',
    );
    expect(stages.map(({ label }) => label)).to.deep.equal(['cap', 'cap (2)']);
  });

  it('are read anew once their file has changed', async () => {
    written('s.js', MARK);
    await loaded('  - use: ./s.js\n');
    written('s.js', MARK.replace('mark', 'other'));
    expect((await loaded('  - use: ./s.js\n')).stages[0]?.label).to.equal('other');
  });

  it('are read anew once their file has changed, also where they are of CommonJS', async () => {
    const common = (name: string) => `module.exports = { name: '${name}', make: () => ({ attempt: (e) => e }) };\n`;
    written('node_modules/seaking-common/package.json', '{ "name": "seaking-common", "main": "x.js" }');
    written('s.cjs', common('one'));
    written('node_modules/seaking-common/x.js', common('other-one'));
    const both = async () =>
      (await loaded('  - use: ./s.cjs\n  - use: seaking-common\n')).stages.map(({ label }) => label);
    expect(await both()).to.deep.equal(['one', 'other-one']);
    written('s.cjs', common('two'));
    written('node_modules/seaking-common/x.js', common('other-two'));
    expect(await both()).to.deep.equal(['two', 'other-two']);
    written('s.cjs', common('one'));
    expect(await both()).to.deep.equal(['one', 'other-two']);
  });

  it('may be modules that were translated to CommonJS', async () => {
    const stage = "({ defineStage }) => defineStage({ name: 'translated', make: () => ({ attempt: (e) => e }) })";
    written(
      's.cjs',
      `"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\nexports.default = ${stage};\n`,
    );
    expect((await loaded('  - use: ./s.cjs\n')).stages[0]?.label).to.equal('translated');
  });

  it('are tried again, though their file is the same, once what they lacked is there', async () => {
    written(
      't.js',
      `import { readFileSync } from 'node:fs';\nreadFileSync(new URL('data', import.meta.url));\n${MARK}`,
    );
    written('s.js', `import name from './helper.js';\nexport default { name, make: () => ({ attempt: (e) => e }) };\n`);
    const stages = '  - use: ./s.js\n  - use: ./t.js\n';
    const told = await problems(stages);
    expect(told[0]).to.match(/Cannot find module '.*helper\.js'/);
    expect(told[1]).to.match(/ENOENT/);
    expect(told.join()).not.to.include('restart');
    written('helper.js', "export default 'helped';\n");
    written('data', '');
    expect((await loaded(stages)).stages.map(({ label }) => label)).to.deep.equal(['helped', 'mark']);
  });

  it('may need a restart where what they import was broken, and say so', async () => {
    written('s.js', `import './helper.mjs';\n${MARK}`);
    written('helper.mjs', "throw new RangeError('boom');\n");
    expect((await problems('  - use: ./s.js\n'))[0]).to.match(/: RangeError \(helper\.mjs:1\): boom$/);
    written('helper.mjs', '');
    expect((await problems('  - use: ./s.js\n'))[0]).to.match(
      /: RangeError \(helper\.mjs:1\): boom; a change of what it imports may need a restart$/,
    );
  });

  it('are looked at once, and may be an object of a class', async () => {
    written(
      's.js',
      `let looks = 0;
class Mine {
  get name() { looks += 1; if (looks > 1) throw new Error('looked again'); return 'mine'; }
  hooks() { return { attempt: (e) => e }; }
  make() { return this.hooks(); }
}
export default new Mine();
`,
    );
    expect((await loaded('  - use: ./s.js\n')).stages[0]?.label).to.equal('mine');
  });

  describe('that are wrong are reported at their line, along with all that is wrong elsewhere', () => {
    it('several at once', async () => {
      written('cap.js', CAPPED);
      const told = await problems(
        '  - use: ./cap.js\n    with: { most: x, least: 1 }\n  - use: ./none.js\n  - {}\n  - use: ./cap.js\n    with: 5\n',
        'server: { prot: 1 }\n',
      );
      expect(told).to.deep.equal([
        'c.yaml:2:11: server.prot: unknown key; did you mean port? known here: host, port, allowed_hosts, body_limit, held_bytes, trusted_proxies, cors, max_in_flight, write_timeout',
        'c.yaml:5:19: stages[0].with.most: expected a whole number, 0 or more',
        'c.yaml:5:22: stages[0].with.least: unknown key; known here: most',
        'c.yaml:6:10: stages[1].use: the file none.js does not exist',
        'c.yaml:7:5: stages[2]: expected a key use, which names the stage',
        'c.yaml:9:11: stages[3].with: expected a map of options',
      ]);
    });

    it('a name that nothing has', async () => {
      const [problem] = await problems('  - use: no-such-stage\n');
      expect(problem).to.include('c.yaml:3:10: stages[0].use: no built-in stage and no package that is installed here');
    });

    it('a name that is nearly that of a built-in stage', async () => {
      expect((await problems('  - use: set-field\n'))[0]).to.include(
        '; did you mean set-fields? Built in: set-fields, headers,',
      );
    });

    it('what is no file: a module of Node, or what is at a URL', async () => {
      const told = await problems(
        '  - use: fs\n  - use: node:fs\n  - use: "data:text/javascript,1"\n  - use: https://a.example/sekret.js\n',
      );
      expect(told).to.deep.equal([
        'c.yaml:3:10: stages[0].use: this is a module of Node, not a stage',
        'c.yaml:4:10: stages[1].use: this is a module of Node, not a stage',
        'c.yaml:5:10: stages[2].use: a stage is a file or a package, not another URL',
        'c.yaml:6:10: stages[3].use: a stage is a file or a package, not another URL',
      ]);
    });

    it('a part of a package that it does not export', async () => {
      written('node_modules/seaking-mark/package.json', '{ "name": "seaking-mark", "exports": { "./x": "./x.js" } }');
      const told = await problems('  - use: seaking-mark/y\n  - use: seaking-mark\n');
      for (const problem of told) {
        expect(problem).to.match(/: its package is installed, but exports nothing of this name for an import$/);
      }
      expect(told).to.have.lengthOf(2);
    });

    it('a stage that bears the name of a built-in one', async () => {
      expect(await problemOf("export default { name: 'headers', make: () => ({ attempt: (e) => e }) };")).to.match(
        /: its name is that of a built-in stage: headers$/,
      );
    });

    it('a name that is that of a file', async () => {
      written('mark.js', MARK);
      expect((await problems('  - use: mark.js\n'))[0]).to.include('; the file of that name is ./mark.js');
    });

    it('a file of TypeScript, on a Node that cannot read it', async () => {
      written('s.ts', `${MARK}export type A = string;\n`);
      const told = await problems('  - use: ./s.ts\n');
      if (process.features && 'typescript' in process.features) expect(told).to.deep.equal([]);
      else
        expect(told[0]).to.match(
          /: a \.ts file needs Node 22\.18 or newer, and this is v20\.\d+\.\d+; compile it to \.js$/,
        );
    });

    const BROKEN: readonly (readonly [says: string, module: string, problem: RegExp])[] = [
      ['no JavaScript', 'export default {', /it cannot be imported: SyntaxError.*; node --check shows the line$/],
      ['a throw', "throw new RangeError('boom');", /it cannot be imported: RangeError \(s\.js:1\): boom$/],
      ['a throw of what is no error', "throw 'boom';", /it cannot be imported$/],
      [
        'a function that throws',
        "export default () => { throw new TypeError('boom'); };",
        /TypeError \(s\.js:1\): boom$/,
      ],
      [
        'another module that is missing',
        "import './none.js';",
        /it cannot be imported: Error( \([\w.:-]+\))?: Cannot find module/,
      ],
      ['this package, which is not there', "import 'seaking-proxy';", /export a function instead/],
      ['a promise', "export default Promise.resolve({ name: 'a' });", /it exports a promise; export a function/],
      ['a promise that rejects', "export default Promise.reject(new Error('boom'));", /it exports a promise; export a/],
      [
        'a class',
        'export default class Mine {}',
        /it exports a class; export an object, or a function that returns one$/,
      ],
      ['no default', 'export const name = 1;', /it must export a stage, or a function that returns one/],
      ['what is no stage', 'export default 5;', /it must export a stage/],
      ['a stage without a name', 'export default { make: () => ({}) };', /its name must be of lower-case letters/],
      ['a strange name', "export default { name: 'A b', make: () => ({}) };", /its name must be of lower-case letters/],
      ['no make', "export default { name: 'a' };", /a must have a function make$/],
      [
        'an unknown key',
        "export default { name: 'a', option: 1, make: () => ({}) };",
        /a stage has no option; it has name, options, make$/,
      ],
      [
        'a codec that is none',
        "export default { name: 'a', options: {}, make: () => ({}) };",
        /must be a codec, which has a function decode$/,
      ],
      ['no hooks', "export default { name: 'a', make: () => 5 };", /a returns no hooks$/],
      [
        'an unknown hook',
        "export default { name: 'a', make: () => ({ resposne: (e) => e }) };",
        /has the unknown hook resposne; did you mean response\?$/,
      ],
      [
        'a hook unlike any',
        "export default { name: 'a', make: () => ({ qqqqqqqq: (e) => e }) };",
        /has the unknown hook qqqqqqqq$/,
      ],
      [
        'a hook that is no function',
        "export default { name: 'a', make: () => ({ attempt: 5 }) };",
        /has a hook attempt that is not a function$/,
      ],
      ['not one hook', "export default { name: 'a', make: () => ({}) };", /a has no hook$/],
      [
        'needs that are none',
        "export default { name: 'a', make: () => ({ attempt: (e) => e, needs: { chars: -1 } }) };",
        /has a needs that is neither 'whole' nor \{ chars \}$/,
      ],
      [
        'needs that are a number',
        "export default { name: 'a', make: () => ({ attempt: (e) => e, needs: 5 }) };",
        /has a needs that is neither 'whole' nor \{ chars \}$/,
      ],
      [
        'a make that throws',
        "export default { name: 'a', make: () => { throw new Error('Less is more.'); } };",
        /stages\[0\]\.with: a: Less is more\. \(s\.js:1\)$/,
      ],
      [
        'a make that throws no error',
        "export default { name: 'a', make: () => { throw 5; } };",
        /stages\[0\]\.use: the make of a threw something$/,
      ],
    ];
    for (const [says, module, problem] of BROKEN) {
      it(says, async () => {
        expect(await problemOf(module))
          .to.match(/^c\.yaml:3:\d+: stages\[0\]/)
          .and.match(problem);
      });
    }

    it('a module that never settles', async () => {
      written('s.js', 'await new Promise(() => {});\n');
      const atOnce: Io['sleep'] = () => async () => E.right(undefined);
      expect(await problems('  - use: ./s.js\n', '', { ...io, sleep: atOnce })).to.deep.equal([
        'c.yaml:3:10: stages[0].use: it is not loaded after 10 s',
      ]);
    });

    it('two stages of one name', async () => {
      written('a.js', MARK);
      written('b.js', MARK);
      expect(await problems('  - use: ./a.js\n  - use: ./b.js\n')).to.deep.equal([
        'c.yaml:4:10: stages[1].use: stages[0] has the name mark already',
      ]);
    });

    it('options for a stage that takes none', async () => {
      written('mark.js', MARK);
      expect(await problems('  - use: ./mark.js\n    with: { a: 1 }\n')).to.deep.equal([
        'c.yaml:4:11: stages[0].with: mark takes no options',
      ]);
    });

    it('options that another codec than those of io-ts refuses, without what it says: a key may stand in it', async () => {
      const module = (decode: string) =>
        `export default { name: 'a', options: { decode: ${decode} }, make: () => ({ attempt: (e) => e }) };`;
      expect(await problemOf(module("() => ({ _tag: 'Left', left: ['sekret'] })"))).to.match(
        /with: these are not the options of a$/,
      );
      expect(await problemOf(module("() => ({ _tag: 'Left', left: [] })"))).to.match(
        /with: these are not the options of a$/,
      );
      expect(await problemOf(module("() => { throw new Error('sekret'); }"))).to.match(
        /with: the codec of a threw Error \(s\.js:1\)$/,
      );
    });
  });
});
