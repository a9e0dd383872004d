import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { STEPS, type Step } from '../../lib/pipeline.js';

const FILE = new URL('../../../docs/design.md', import.meta.url);

const INDENTS = { once: '', 'all attempts': '│ ', 'each attempt': '│ │ ' } as const;
const WIDTH = 20;

const named = ({ name, hooks, within }: Step): readonly string[] =>
  (hooks?.map((hook) => `[${hook}]`) ?? [name]).map((each) => `${INDENTS[within ?? 'once']}${each}`);

/** A line a step, with the reason for its place; a line a hook. */
const linesOf = (step: Step): readonly string[] =>
  named(step).map((name, at) => (at === 0 ? `${name.padEnd(WIDTH)}${step.why}` : name));

/** The layers around the bytes of a stream, in the order in which the steps put them there on the way back. */
const layersOf = (steps: readonly Step[]): string => {
  const around = steps.filter(({ within }) => within !== undefined).reverse();
  const behind = steps.filter(({ within }) => within === undefined);
  return [...around, ...behind]
    .flatMap(({ name, layer }) => (layer === undefined ? [] : `${layer} (${name})`))
    .join(', ');
};

const drawing = (steps: readonly Step[]): string => {
  const layers = `Around the bytes of a stream that is open, from the inside: ${layersOf(steps)}.`;
  return ['```', ...steps.flatMap(linesOf), '```', '', layers].join('\n');
};

const PLACE = /(?<=<!-- made from lib\/pipeline\.ts -->\n).*?(?=\n<!-- end -->)/s;

describe('docs/design.md', () => {
  it('draws the pipeline as its list of steps has it', () => {
    const page = readFileSync(FILE, 'utf8').replaceAll('\r\n', '\n');
    const current = page.replace(PLACE, () => drawing(STEPS));
    if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, current);
    else expect(page, 'Run: npm run build && UPDATE_DOCS=1 npx mocha').to.equal(current);
    expect(current).to.match(PLACE);
  });

  it('names files that are there', () => {
    const named = [...readFileSync(FILE, 'utf8').matchAll(/`((?:[\w-]+\/)+[\w.-]+\.ts)`/g)].map(([, path]) =>
      String(path),
    );
    const isThere = (path: string) =>
      ['../../../', '../../../lib/'].some((root) => existsSync(new URL(root + path, import.meta.url)));
    expect(named.filter((path) => !isThere(path))).to.deep.equal([]);
    expect(named.length).to.be.above(20);
  });
});
