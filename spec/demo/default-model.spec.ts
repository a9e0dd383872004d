import { expect } from 'chai';
import * as fc from 'fast-check';
import { faults } from '../../lib/demo/catalogue.js';
import { defaultModel } from '../../lib/demo/default-model.js';
import { WELL } from '../../lib/demo/model-name.js';

describe('demo: the default model', () => {
  it('fails at times and answers at others, and does so alike each time.', () => {
    const turns = () => {
      const next = defaultModel();
      return Array.from({ length: 30 }, (_, i) => next(Buffer.from(`${i}`)));
    };
    expect(turns()).to.include(WELL).and.to.include('http-502-html');
    expect(turns()).to.deep.equal(turns());
  });

  it('fails only by a status or a reset that is tried again, and asks for a second of patience at most.', () => {
    const next = defaultModel();
    for (let i = 0; i < 30; i++) {
      const name = next(Buffer.from(`${i}`));
      if (name === WELL) continue;
      const { reason, hintMs = 0 } = { ...faults[name as 'retry-after-1'] };
      expect(['upstream_error', 'overloaded', 'rate_limited', 'connection_broken'], name).to.include(reason);
      expect(hintMs, name).to.be.at.most(1000);
    }
  });

  it('never fails one request more than twice in a row, whatever comes in between.', () => {
    const body = fc.constantFrom('a', 'b', 'c', 'd');
    fc.assert(
      fc.property(fc.array(body, { maxLength: 100 }), (bodies) => {
        const next = defaultModel();
        const inARow = new Map<string, number>();
        for (const name of bodies) {
          const failures = next(Buffer.from(name)) === WELL ? 0 : (inARow.get(name) ?? 0) + 1;
          expect(failures).to.be.at.most(2);
          inARow.set(name, failures);
        }
      }),
    );
  });
});
