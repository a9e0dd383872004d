import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { reference } from '../../lib/config/reference.js';

const FILE = new URL('../../../docs/config.md', import.meta.url);

describe('config: the reference', () => {
  before(() => {
    if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, reference());
  });

  it('in docs/config.md is the one that the codecs make', () => {
    const isCurrent = readFileSync(FILE, 'utf8').replaceAll('\r\n', '\n') === reference();
    expect(isCurrent, 'docs/config.md is not current. Run: npm run build && UPDATE_DOCS=1 npx mocha').to.equal(true);
  });

  it('has a row for a key, with what it takes, its default and its meaning', () => {
    expect(reference()).to.include(
      '\n| `port` | a port, 0 to 65535 | `8484` | The port to listen on; 0 takes any free one. |\n',
    );
    expect(reference()).to.include('\n| `timeouts.connect` | a duration above 0');
  });

  it('has rows of four cells only, each a whole sentence at its end', () => {
    const rows = reference()
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(rows).to.have.length.above(30);
    for (const row of rows) expect(row).to.match(/^\|[^|]+\|[^|]+\|[^|]+\| [^|]+\. \|$/);
  });
});
