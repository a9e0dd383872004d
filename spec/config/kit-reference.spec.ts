import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { kitReference } from '../../lib/config/kit-reference.js';
import { KIT } from '../../lib/kit/index.js';
import { startProxy } from '../../lib/testing/index.js';

const FILE = new URL('../../../docs/kit.md', import.meta.url);

describe('config: the reference of the built-in stages', () => {
  before(() => {
    if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, kitReference());
  });

  it('in docs/kit.md is the one that the stages make', () => {
    const isCurrent = readFileSync(FILE, 'utf8').replaceAll('\r\n', '\n') === kitReference();
    expect(isCurrent, 'docs/kit.md is not current. Run: npm run build && UPDATE_DOCS=1 npx mocha').to.equal(true);
  });

  it('has rows of four cells only, each a whole sentence at its end', () => {
    const rows = kitReference()
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(rows).to.have.length.above(20);
    for (const row of rows) expect(row).to.match(/^\|[^|]+\|[^|]+\|[^|]+\| [^|]+\. \|$/);
  });

  it('has a row for each key of a section, and of the entries of a list', () => {
    const keys = [...kitReference().matchAll(/^\| `([^`]+)` /gm)].map(([, key]) => key);
    expect(keys).to.include.members(['header', 'header.name', 'rules', 'rules[].find', 'rules[].within']);
    expect(kitReference()).to.match(/^\| `rules` \| a list of rules \| \| /m);
    expect(kitReference()).to.match(/^\| `rules\[\]\.within` \| a number of characters, 1 to 10000 \| `100` \| /m);
  });

  for (const { definition, example } of KIT) {
    it(`has an example of ${definition.name} that works`, async () => {
      const [entry, ...more] = parse(example);
      expect(more).to.deep.equal([]);
      expect(entry.use).to.equal(definition.name);
      const proxy = await startProxy({ stages: [{ stage: definition as never, with: entry.with }] });
      for (const stream of [false, true]) {
        expect((await proxy.ask({ stream, says: 'Well, hello.' })).text).to.equal('Well, hello.');
      }
      await proxy.close();
    });
  }
});
