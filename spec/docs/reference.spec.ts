import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import * as face from '../../lib/index.js';
import * as testing from '../../lib/testing/index.js';
import { reference, unexplained } from './reference.js';

const FILE = new URL('../../../docs/stages-reference.md', import.meta.url);

describe('docs/stages-reference.md', () => {
  before(() => {
    if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, reference());
  });

  it('is what the code makes', () => {
    const isCurrent = readFileSync(FILE, 'utf8').replaceAll('\r\n', '\n') === reference();
    expect(
      isCurrent,
      'docs/stages-reference.md is not current. Run: npm run build && UPDATE_DOCS=1 npx mocha',
    ).to.equal(true);
  });

  it('has a row for each function and each codec, and a heading for each type', () => {
    const rows = [...reference().matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows).to.include.members([...Object.keys(face), ...Object.keys(testing)]);
    const headings = [...reference().matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(headings).to.include.members([
      'StageDefinition',
      'TextTransform',
      'Said',
      'Received',
      'Call',
      'Reply',
      'Plan',
    ]);
  });

  it('has a word on each of them', () => {
    expect(unexplained()).to.deep.equal([]);
  });

  it('tells the members of types, those of each case of a union, and what is said of them', () => {
    const page = reference();
    expect(page).to.match(/^\| `receivedAt` \| `number` \| Monotonic milliseconds/m);
    expect(page).to.contain('\nAll of `Planned`, and:\n');
    expect(page).to.match(/^\| `TimedOut` \| `phase: Phase`, `limitMs: number`, `sent: boolean` \| `sent`: whether/m);
    expect(page).to.contain("`Phase = 'connect' | 'headers'");
    expect(page).to.contain('`Said = string | { text?: string; reasoning?: string }`');
    expect(page).to.match(/^\| `timed_out` \| 504 \| yes \| upstream \|$/m);
  });
});
