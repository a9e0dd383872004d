import { expect } from 'chai';
import fc from 'fast-check';
import { plus } from '../../lib/core/plus.js';

describe('core/plus', () => {
  it('makes what a spread makes, and leaves both values as they were', () => {
    fc.assert(
      fc.property(fc.object(), fc.object(), (value, fields) => {
        const [before, added] = [structuredClone(value), structuredClone(fields)];
        expect(plus(value, fields)).to.deep.equal({ ...value, ...fields });
        expect([value, fields]).to.deep.equal([before, added]);
      }),
    );
  });
});
