import { readdirSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { expect } from 'chai';
import { importsOf, type Source, treeViolations } from './support/floors.js';

// Specs run in dist/spec; the sources lie in the root, and what was built of them in dist.
const root = new URL('../../', import.meta.url);
const built = new URL('../', import.meta.url);

const sources: readonly Source[] = readdirSync(new URL('lib/', root), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => `lib/${path.split(sep).join('/')}`)
  .sort()
  .map((file) => ({ file, text: readFileSync(new URL(file, root), 'utf8') }));

describe('architecture', () => {
  it('is read from the sources', () => {
    expect(sources.map(({ file }) => file)).to.include.members(['lib/core/exchange.ts', 'lib/core/stage.ts']);
    const stage = sources.find(({ file }) => file === 'lib/core/stage.ts');
    expect(importsOf(stage?.text ?? '')).to.include('./failure.js');
  });

  it('holds its floors', () => {
    expect(treeViolations(sources)).to.deep.equal([]);
  });

  describe('every module loads on plain Node, where an import path that only type-checks would fail', () => {
    for (const { file } of sources) {
      it(file, async () => {
        await import(new URL(file.replace(/\.ts$/, '.js'), built).href);
      });
    }
  });
});
