import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect } from 'chai';
import { reasons } from '../lib/core/reason.js';
import { failures } from '../lib/index.js';

const source = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

/** What a face exports of files of ours: each name as it is called there, and the file. */
const exportsOf = (face: string): readonly (readonly [name: string, file: string])[] =>
  [...source(face).matchAll(/^export (?:type )?\{([^}]*)\} from '(\.[^']*)\.js'/gms)].flatMap(([, names, path]) =>
    (names as string)
      .split(',')
      .map((name) =>
        name
          .trim()
          .replace(/^type /, '')
          .replace(/ as .*$/, ''),
      )
      .filter((name) => name !== '')
      .map((name) => [name, `${posix.join(posix.dirname(face), path as string)}.ts`] as const),
  );

describe('the public face', () => {
  for (const face of ['lib/index.ts', 'lib/testing/index.ts']) {
    it(`says what each thing is that ${face} exports`, () => {
      const all = exportsOf(face);
      expect(all).to.have.length.above(10);
      const silent = all.filter(
        ([name, file]) => !new RegExp(`\\*/\\nexport (?:const|type|interface) ${name}\\b`).test(source(file)),
      );
      expect(silent).to.deep.equal([]);
    });
  }

  it('has nothing that a stage could change for others', () => {
    for (const table of [reasons, reasons.timed_out, failures]) expect(Object.isFrozen(table)).to.equal(true);
  });
});
