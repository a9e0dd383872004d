import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import * as face from '../../lib/index.js';
import * as testing from '../../lib/testing/index.js';
import { anchor, reference, unexplained } from './reference.js';

const FILE = new URL('../../../docs/stages-reference.md', import.meta.url);

/** Types of TypeScript, of JavaScript and of Node; and a stage's own `Options`, of which `StageDefinition` is made. */
const OF_THE_LANGUAGE = [
  ...['Exclude', 'Extract', 'Omit', 'Partial', 'Pick', 'Readonly', 'ReadonlySet', 'Record', 'Required', 'ReturnType'],
  ...['AbortSignal', 'Buffer', 'Error', 'Promise', 'Options'],
];

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

  it('has a heading of its own for each of them, which every link reaches', () => {
    const headings = [...reference().matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => anchor(title));
    expect(headings).to.deep.equal([...new Set(headings)]);
    const links = [...reference().matchAll(/\]\(#(.*?)\)/g)].map(([, link]) => link);
    expect(headings).to.include.members(links);
  });

  it('lists a name that is a codec and a type as both', () => {
    const page = reference();
    expect(page).to.match(/^\| `Pattern` \| `t\.Type<Pattern, /m);
    expect(page).to.contain('\n### Pattern\n');
    expect(page).to.match(/^\| `source` \| `string`/m);
    expect(page).to.match(/^\| `find` \| `\(text: string, from: number\) => O\.Option<Match>`/m);
  });

  it('calls each type as its importers do', () => {
    const page = reference();
    expect(page).to.contain('`Filled<F extends OptionFields> = ');
    expect(page).to.contain('`Written<F extends OptionFields> = ');
    expect(page).not.to.match(/\bOptions<F>|\bextends Fields\b/);
  });

  it('has a word on each type that another is made of: a heading, or where it stands', () => {
    const page = reference();
    const named = [...page.matchAll(/^\|.*$|^`.*`$/gm)].flatMap(([line]) =>
      [...line.matchAll(/`([^`]*)`/g)].flatMap(
        ([, code = '']) => code.match(/(?<![./\w'])[A-Z]\w*[a-z]\w*\b(?!')/g) ?? [],
      ),
    );
    const headings = [...page.matchAll(/^### (\w+)/gm)].map(([, name]) => name);
    const values = [...page.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    const internal = [...page.matchAll(/`(\w+)` \(`[\w/-]+\.d\.ts`\)/g)].map(([, name]) => name);
    expect(internal).to.include.members(['BodyLayer', 'Source', 'ReplyFaultName']);
    const known = new Set([...headings, ...values, ...internal, ...OF_THE_LANGUAGE]);
    expect([...new Set(named)].filter((name) => !known.has(name))).to.deep.equal([]);
  });

  it('says what the part on events is for', () => {
    expect(reference()).to.match(/^## Events\n\nThe `events` of a `TestProxy` are these/m);
  });

  it('lists the members of types, those of each case of a union, and what is said of them', () => {
    const page = reference();
    expect(page).to.match(/^\| `receivedAt` \| `number` \| Monotonic milliseconds/m);
    expect(page).to.contain('\nAll of `Planned`, and:\n');
    expect(page).to.match(/^\| `TimedOut` \| `phase: Phase`, `limitMs: number`, `sent: boolean` \| `sent`: whether/m);
    expect(page).to.contain("`Phase = 'connect' | 'headers'");
    expect(page).to.contain('`Said = string | { text?: string; reasoning?: string }`');
    expect(page).to.match(/^\| `timed_out` \| 504 \| yes \| upstream \|$/m);
  });
});
