import { expect } from 'chai';
import { importsOf, treeViolations, violations } from './floors.js';

const of = (file: string, text: string) => violations(file, importsOf(text), text);
const importing = (file: string, ...paths: readonly string[]) =>
  of(file, paths.map((path) => `import '${path}';`).join('\n'));

/** A file of each floor, and how a file two folders deep in lib writes an import of it. */
const FILE_OF = {
  core: 'lib/core/stage.ts',
  codecs: 'lib/codecs/closed.ts',
  dialects: 'lib/dialects/sse.ts',
  stages: 'lib/stages/decode.ts',
  hooks: 'lib/hooks/stage-hooks.ts',
  kit: 'lib/kit/set-fields.ts',
  pipeline: 'lib/pipeline.ts',
  face: 'lib/index.ts',
  config: 'lib/config/load.ts',
  stream: 'lib/stream/gate.ts',
  edge: 'lib/edge/server.ts',
  telemetry: 'lib/telemetry/log.ts',
  app: 'lib/app.ts',
  demo: 'lib/demo/play.ts',
  testing: 'lib/testing/index.ts',
  cli: 'lib/cli/main.ts',
} as const;

type Floor = keyof typeof FILE_OF;
const floors = Object.keys(FILE_OF) as Floor[];

// Row by row: who may import whom. A stage may not import another stage.
const MAY_IMPORT: Readonly<Record<Floor, string>> = {
  core: 'core',
  codecs: 'core codecs',
  dialects: 'core dialects',
  stages: 'core dialects',
  hooks: 'core dialects hooks',
  kit: 'core codecs dialects kit',
  pipeline: 'core codecs dialects stages hooks kit pipeline',
  face: 'core codecs dialects stages hooks kit pipeline',
  config: 'core codecs dialects stages hooks kit pipeline face config',
  stream: 'core dialects stream',
  edge: 'core dialects stream edge',
  telemetry: 'core telemetry',
  app: 'core codecs dialects stages hooks kit pipeline face config stream edge telemetry',
  demo: 'core demo',
  testing: 'core codecs dialects stages hooks kit pipeline face config stream edge telemetry app demo testing',
  cli: 'core codecs dialects stages hooks kit pipeline face config stream edge telemetry app demo testing cli',
};

/** Another file of the same floor, so that no file imports itself. */
const importerOn = (floor: Floor): string => {
  if (floor === 'face' || floor === 'pipeline' || floor === 'app') return FILE_OF[floor];
  return FILE_OF[floor].replace(/[^/]+\.ts$/, 'another.ts');
};

const relative = (from: string, to: string): string => {
  const up = '../'.repeat(from.split('/').length - 2);
  return `${up === '' ? './' : up}${to.slice('lib/'.length).replace(/\.ts$/, '.js')}`;
};

describe('support/floors', () => {
  describe('importsOf', () => {
    it('finds every way to import, of types too, over several lines, in either quotes', () => {
      const text = [
        "import a from './a.js';",
        "import type { B } from './b.js';",
        'import { type C,\n  d,\n} from "./c.js";',
        "export { e } from './e.js';",
        "export * from './f.js';",
        "import './g.js';",
        "const h = await import('./h.js');",
        "type I = import('./i.js').I;",
        "import{j}from'./j.js';",
      ].join('\n');
      const found = ['a', 'b', 'c', 'e', 'f', 'g', 'h', 'i', 'j'].map((name) => `./${name}.js`);
      expect(importsOf(text)).to.deep.equal(found);
    });

    it('takes no call and no string for an import', () => {
      expect(importsOf("Array.from('abc'); const important = 'x'; say('from here')")).to.deep.equal([]);
    });
  });

  describe('floors', () => {
    for (const from of floors) {
      for (const to of floors) {
        const allowed = MAY_IMPORT[from].split(' ').includes(to);
        it(`${allowed ? 'let' : 'do not let'} ${from} import ${to}`, () => {
          const file = importerOn(from);
          const found = importing(file, relative(file, FILE_OF[to]));
          const isStage = from === 'stages' && to === 'stages';
          const violation = isStage ? 'is a stage and imports another' : `${from} may not import ${to}`;
          expect(found).to.deep.equal(allowed ? [] : [`${violation}: ${FILE_OF[to]}`]);
        });
      }
    }

    it('let the files of one stage import each other, and say so where a stage imports another', () => {
      expect(importing('lib/stages/encode.ts', './encode/message.js')).to.deep.equal([]);
      expect(importing('lib/stages/encode/message.ts', './cleaner.js', '../../core/stage.js')).to.deep.equal([]);
      expect(importing('lib/stages/encode.ts', './decode.js')).to.deep.equal([
        'is a stage and imports another: lib/stages/decode.ts',
      ]);
      expect(importing('lib/stages/encode/message.ts', '../encoder.js')).to.have.lengthOf(1);
    });

    it('count an import of types like any other', () => {
      expect(of('lib/core/stage.ts', "import type { Server } from '../edge/server.js';")).to.deep.equal([
        'core may not import edge: lib/edge/server.ts',
      ]);
    });

    it('know every file of lib, and nothing outside it', () => {
      expect(of('lib/misc.ts', '')).to.deep.equal(['is on no floor']);
      for (const folder of ['helpers', 'layers', 'kits', 'face', 'coreish']) {
        expect(of(`lib/${folder}/misc.ts`, ''), folder).to.deep.equal(['is on no floor']);
      }
      expect(importing('lib/cli/main.ts', '../../spec/support/floors.js')).to.deep.equal([
        'imports spec/support/floors.ts, which is on no floor',
      ]);
    });
  });

  describe('packages', () => {
    for (const path of ['fp-ts/lib/Either.js', 'fp-ts/lib/ReadonlyArray.js', 'io-ts', 'io-ts/lib/PathReporter.js']) {
      it(`let everyone import ${path}`, () => {
        for (const floor of floors) expect(importing(FILE_OF[floor], path), floor).to.deep.equal([]);
      });
    }

    for (const path of [
      'fp-ts',
      'fp-ts/TaskEither',
      'fp-ts/lib/TaskEither',
      'fp-ts/es6/TaskEither.js',
      'fp-ts/lib/a/b.js',
      'io-ts/PathReporter',
      'io-ts/lib/index',
      'io-ts/lib/index.json',
    ]) {
      it(`let nobody import ${path}`, () => {
        for (const floor of floors) expect(importing(FILE_OF[floor], path), floor).to.have.lengthOf(1);
      });
    }

    it('let only the patterns import re2js', () => {
      expect(importing('lib/codecs/pattern.ts', 're2js')).to.deep.equal([]);
      expect(importing('lib/codecs/leaf.ts', 're2js')).to.deep.equal(['imports re2js']);
    });

    it('let only the transport import http-proxy', () => {
      expect(importing('lib/edge/transport.ts', 'http-proxy')).to.deep.equal([]);
      expect(importing('lib/edge/transport/facade.ts', 'http-proxy')).to.deep.equal([]);
      expect(importing('lib/edge/transports.ts', 'http-proxy')).to.deep.equal(['imports http-proxy']);
      for (const floor of floors) expect(importing(FILE_OF[floor], 'http-proxy'), floor).to.have.lengthOf(1);
    });

    it('let a stage of the kit import no package and no module of Node', () => {
      for (const path of ['yaml', 'node:util', 'seaking-proxy']) {
        expect(importing(FILE_OF.kit, path), path).to.deep.equal([`is a stage of the kit and imports ${path}`]);
      }
    });

    it('let nobody import this package by its name, past the floors', () => {
      for (const floor of floors.filter((other) => other !== 'kit')) {
        const found = importing(FILE_OF[floor], 'seaking-proxy/testing');
        expect(found, floor).to.deep.equal(['imports this package by its name']);
      }
    });
  });

  describe('sockets, processes, time and random numbers', () => {
    const WORLD: readonly (readonly [what: string, allowed: string, examples: readonly string[]])[] = [
      [
        'sockets, processes, time or dice',
        'edge demo testing cli',
        [
          "import { request } from 'node:http';",
          "import { request } from 'http';",
          "import https from 'node:https';",
          "import type { Socket } from 'node:net';",
          "import tls from 'node:tls';",
          "import { setTimeout as sleep } from 'node:timers/promises';",
          "import { lookup } from 'node:dns';",
          "import { spawn } from 'node:child_process';",
          'const now = Date.now();',
          'const now = Date.now;',
          'const now = new Date().getTime();',
          'const now = performance.now();',
          'const roll = Math.random();',
          'const id = crypto.randomUUID();',
          'const id = randomBytes(8);',
          'crypto.getRandomValues(bytes);',
          'const at = process.hrtime.bigint();',
          'setTimeout(done, 10);',
          'const timer = globalThis.setInterval(done, 10);',
          'setImmediate(done);',
          "await fetch('http://localhost');",
        ],
      ],
      [
        'files',
        'config edge cli',
        [
          "import { readFileSync } from 'node:fs';",
          "import { readFile } from 'node:fs/promises';",
          "import fs from 'fs';",
        ],
      ],
      [
        'stdout or stderr',
        'telemetry cli',
        [
          "process.stdout.write('x');",
          'const err = process.stderr;',
          "console.log('x');",
          "import { stdout } from 'node:process';",
          "import { Console } from 'node:console';",
        ],
      ],
      [
        'modules whose names are computed',
        'config cli',
        [
          'await import(path);',
          'await import(folder + name);',
          "process.getBuiltinModule('fs');",
          "import { createRequire } from 'node:module';",
          "require('x');",
        ],
      ],
    ];
    for (const [what, allowed, examples] of WORLD) {
      for (const example of examples) {
        it(`is touched by "${example}", which only ${allowed} may do`, () => {
          for (const floor of floors) {
            const found = of(FILE_OF[floor], example).filter((violation) => violation.includes(what));
            expect(found, floor).to.have.lengthOf(allowed.split(' ').includes(floor) ? 0 : 1);
          }
        });
      }
    }

    it('is not touched by a date that is given, by a type, or by words that look alike', () => {
      for (const harmless of [
        "import { isIP } from 'node:network';",
        "import { inspect } from 'node:util';",
        'const at = new Date(nowMs).toISOString();',
        'const at = Date.parse(text);',
        'store.fetch(key);',
        'prefetch(key);',
        "const lazy = () => import('./stage.js');",
        'const consoles = 1;',
      ]) {
        expect(of('lib/core/another.ts', harmless), harmless).to.deep.equal([]);
      }
    });
  });

  describe('treeViolations', () => {
    const file = (name: string, ...paths: readonly string[]) => ({
      file: name,
      text: paths.map((path) => `import '${path}';`).join('\n'),
    });

    it('is empty for a tree that holds the floors', () => {
      const tree = [
        file('lib/core/stage.ts', './failure.js'),
        file('lib/core/failure.ts'),
        file('lib/edge/server.ts', '../core/stage.js', '../core/failure.js', 'node:http'),
      ];
      expect(treeViolations(tree)).to.deep.equal([]);
    });

    it('reports the file of each violation', () => {
      const tree = [
        file('lib/core/stage.ts', '../edge/server.js', 'node:net'),
        file('lib/edge/server.ts', 'http-proxy'),
      ];
      expect(treeViolations(tree)).to.deep.equal([
        'lib/core/stage.ts core may not import edge: lib/edge/server.ts',
        'lib/core/stage.ts core may not touch sockets, processes, time or dice: net',
        'lib/edge/server.ts imports http-proxy',
      ]);
    });

    it('finds an import of a file that does not exist, and one that lacks its ending', () => {
      expect(treeViolations([file('lib/core/stage.ts', './gone.js'), file('lib/core/a.ts', './stage')])).to.deep.equal([
        'lib/core/stage.ts imports lib/core/gone.ts, which does not exist',
        'lib/core/a.ts imports lib/core/stage, which does not exist',
      ]);
    });

    it('finds a circle of imports, and leaves out the files that only lead to it or from it', () => {
      const tree = [
        file('lib/core/leads.ts', './a.js'),
        file('lib/core/a.ts', './b.js'),
        file('lib/core/b.ts', './c.js', './end.js'),
        file('lib/core/c.ts', './a.js'),
        file('lib/core/end.ts'),
      ];
      expect(treeViolations(tree)).to.deep.equal([
        'imports go in a circle: lib/core/a.ts, lib/core/b.ts, lib/core/c.ts',
      ]);
    });

    it('finds two files that import each other, and one that imports itself', () => {
      const pair = [file('lib/core/a.ts', './b.js'), file('lib/core/b.ts', './a.js')];
      const circle = 'imports go in a circle: lib/core/a.ts, lib/core/b.ts';
      expect(treeViolations(pair)).to.deep.equal([circle]);
      const more = [...pair, file('lib/core/c.ts', 'http-proxy')];
      expect(treeViolations(more)).to.deep.equal(['lib/core/c.ts imports http-proxy', circle]);
      expect(treeViolations([file('lib/core/a.ts', './a.js')])).to.deep.equal([
        'imports go in a circle: lib/core/a.ts',
      ]);
    });
  });
});
