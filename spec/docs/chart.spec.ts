import { readFileSync } from 'node:fs';
import { expect } from 'chai';

const ROOT = new URL('../../../', import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8').replaceAll('\r\n', '\n');

describe('docs/images/gauntlet.svg', () => {
  it('is the chart of bench/gauntlet.md', async () => {
    const { chartOf } = await import(new URL('bench/chart.mjs', ROOT).href);
    const isCurrent = text('docs/images/gauntlet.svg') === chartOf(text('bench/gauntlet.md'));
    expect(isCurrent, 'docs/images/gauntlet.svg is not current. Run: node bench/peers.mjs --chart').to.equal(true);
  });
});
