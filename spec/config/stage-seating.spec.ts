import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import { seatDefinition } from '../../lib/config/stage-seating.js';
import { type StageFiles, stageFiles } from './stage-files.js';

const SEATS = '({ try: (e) => e })';

describe('config: seating', () => {
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

  describe('whatever a stage does is told at its entry:', () => {
    const HOSTILE: readonly (readonly [says: string, parts: string, problem: string])[] = [
      [
        'a codec that gives nothing',
        `options: { decode: () => undefined }, make: () => ${SEATS}`,
        'c.yaml:3:5: stages[0].with: the codec of a gives neither a left nor a right',
      ],
      [
        'a codec that gives null',
        `options: { decode: () => null }, make: () => ${SEATS}`,
        'c.yaml:3:5: stages[0].with: the codec of a gives neither a left nor a right',
      ],
      [
        'a codec that gives the options alone',
        `options: { decode: (options) => options }, make: () => ${SEATS}`,
        'c.yaml:3:5: stages[0].with: the codec of a gives neither a left nor a right',
      ],
      [
        'a codec that is late',
        `options: { decode: async () => { throw new Error('sekret'); } }, make: () => ${SEATS}`,
        'c.yaml:3:5: stages[0].with: the codec of a gives a promise; it has to decode at once',
      ],
      [
        'a codec whose result cannot be looked at',
        `options: { decode: () => ({ get _tag() { throw new RangeError('sekret'); } }) }, make: () => ${SEATS}`,
        'c.yaml:3:10: stages[0].use: a threw RangeError (s.js:1) when it was looked at',
      ],
      [
        'a make that is late',
        `make: async () => ${SEATS}`,
        'c.yaml:3:10: stages[0].use: the make of a gives a promise; it has to give its seats at once',
      ],
      [
        'a make that rejects',
        "make: async () => { throw new Error('sekret'); }",
        'c.yaml:3:10: stages[0].use: the make of a gives a promise; it has to give its seats at once',
      ],
      [
        'a seat that cannot be looked at',
        "make: () => ({ get try() { throw new RangeError('sekret'); } })",
        'c.yaml:3:10: stages[0].use: a threw RangeError (s.js:1) when it was looked at',
      ],
      [
        'seats that cannot be counted',
        `make: () => new Proxy({}, { ownKeys: () => { throw new RangeError('sekret'); } })`,
        'c.yaml:3:10: stages[0].use: a threw RangeError (s.js:1) when it was looked at',
      ],
      [
        'an error that cannot be looked at',
        "make: () => { throw Object.defineProperty(new Error(), 'message', { get: () => { throw new Error('x'); } }); }",
        'c.yaml:3:10: stages[0].use: the make of a threw something',
      ],
    ];
    for (const [says, parts, problem] of HOSTILE) {
      it(says, async () => {
        expect(await toldOf(parts)).to.equal(problem);
      });
    }
    it('several, along with the rest', async () => {
      files.write('a.js', "export default { name: 'a', options: { decode: () => undefined }, make: () => ({}) };");
      files.write('b.js', "export default { name: 'b', make: () => ({ get try() { throw 5; } }) };");
      expect(await files.problems('  - use: ./a.js\n  - use: ./b.js\n  - use: ./none.js\n')).to.deep.equal([
        'c.yaml:3:5: stages[0].with: the codec of a gives neither a left nor a right',
        'c.yaml:4:10: stages[1].use: b threw something when it was looked at',
        'c.yaml:5:10: stages[2].use: the file none.js cannot be read (ENOENT)',
      ]);
    });
  });

  it('looks at each seat once, and keeps what they have in common', () => {
    class Counting {
      count = 0;
      get try() {
        return function (this: Counting) {
          this.count += 1;
          return this.count;
        };
      }
    }
    let looks = 0;
    const given = new Proxy(new Counting(), {
      get: (target, key, self) => {
        if (key === 'try') looks += 1;
        return Reflect.get(target, key, self);
      },
      ownKeys: () => [],
    });
    const definition = { name: 'a', make: () => given };
    const placed = { at: 0, entry: { use: 'a', options: {}, timeoutMs: 1 } };
    const tools = { label: 'a', now: () => 0, roll: () => 0 };
    const seated = seatDefinition(definition as never, placed, tools);
    const seats = E.isRight(seated) ? seated.right.seats : {};
    expect([seats.try?.({} as never), seats.try?.({} as never), looks]).to.deep.equal([1, 2, 1]);
  });

  describe('what `make` says of the options', () => {
    const thrower = (error: string) =>
      `options: { decode: (right) => ({ _tag: 'Right', right }) },\nmake: (o) => { throw ${error}; }`;
    const told = (error: string, key = 'sekret-1') =>
      toldOf(thrower(error), `    with: { key: ${JSON.stringify(key)}, list: [{ more: sekret-12 }, abc, 5] }\n`);

    it('is told in its own words, with its name and its line', async () => {
      expect(await told("new Error('Less is more.')")).to.equal(
        'c.yaml:4:11: stages[0].with: a: Less is more. (s.js:2)',
      );
    });

    it('is told in one line', async () => {
      for (const message of ["'Less\\n\\nis more'", "'\\n Less\\r\\nis'", "'Less\\u2028is'"]) {
        expect(await told(`new Error(${message})`), message).to.equal('c.yaml:4:11: stages[0].with: a: Less (s.js:2)');
      }
    });

    it('is told by its kind where it has no words', async () => {
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
      `options: { decode: () => ({ _tag: 'Left', left: ${left} }) }, make: () => ${SEATS}`;

    it('is taken for that of io-ts only where it is', async () => {
      const type = "{ name: 'x' }";
      for (const left of [
        '[{ context: [] }]',
        '[{ context: [null, 5] }]',
        "[{ context: [{ key: 'a' }] }]",
        `[{ context: [{ key: 5, type: ${type} }] }]`,
        "[{ context: [{ key: 'a', type: { name: {} } }] }]",
        `[{ context: [{ key: '', type: ${type} }], message: { sekret: 1 } }]`,
        `[{ context: [{ key: '', type: ${type} }] }, {}]`,
        '[null]',
        '5',
      ]) {
        expect(await toldOf(refusing(left)), left).to.match(/\.with: these are not the options of a$/);
      }
      const whole = `[{ context: [{ key: '', type: ${type} }, { key: 'b', type: ${type} }] }]`;
      expect(await toldOf(refusing(whole))).to.equal('c.yaml:3:5: stages[0].with.b: expected x');
    });

    it('stands at its key, also within an intersection or a union', async () => {
      const module = (codec: string) =>
        `export default ({ t }) => ({ name: 'a', options: ${codec}, make: () => ${SEATS} });`;
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
