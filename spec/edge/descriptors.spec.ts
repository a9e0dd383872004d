import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { descriptors, openFiles, openFilesLimit, sharesOf } from '../../lib/edge/admission.js';

describe('the files that may be open', () => {
  it('are shared so that all connections together stay below the limit, and one is served whatever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 1_000_000 }), fc.integer({ min: 0, max: 25 }), (limit, taken) => {
        const { connections, turnedAway } = sharesOf(limit, taken);
        expect(connections).to.be.at.least(1);
        expect(turnedAway).to.be.within(1, 64);
        if (limit - taken > 20) expect(taken + 3 * connections + turnedAway).to.be.below(limit);
      }),
    );
    expect(sharesOf(10, 30)).to.deep.equal({ connections: 1, turnedAway: 1 });
    expect(sharesOf(1024, 25).connections).to.be.above(256);
    expect(sharesOf(Number.POSITIVE_INFINITY, 0).connections).to.equal(Number.POSITIVE_INFINITY);
  });

  describe('as the system tells them', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'descriptors-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));
    const told = (text: string) => {
      const file = join(folder, 'limits');
      writeFileSync(file, text);
      return openFilesLimit(file);
    };

    it('are the soft limit', () => {
      expect(
        told('Max processes   1  2  processes\nMax open files            64         4096        files\n'),
      ).to.equal(64);
    });
    it('are without end where it does not', () => {
      const infinite = Number.POSITIVE_INFINITY;
      expect(told('Max open files   unlimited  unlimited  files\n')).to.equal(infinite);
      expect(openFilesLimit(join(folder, 'none'))).to.equal(infinite);
      expect(openFiles(join(folder, 'none'))).to.equal(0);
    });
    it('are counted in a folder', () => {
      told('');
      expect(openFiles(folder)).to.equal(1);
    });
  });

  it('are asked for once a second at the most: the limit can change', () => {
    let asked = 0;
    const shares = descriptors(() => {
      asked += 1;
      return 1_000_000;
    });
    expect(shares()).to.equal(shares());
    expect(asked).to.equal(1);
    expect(descriptors()().connections).to.be.at.least(1);
  });
});
