import { expect } from 'chai';
import fc from 'fast-check';
import { plus } from '../../lib/core/plus.js';

describe('core/plus', () => {
  it('makes what a spread makes, and leaves both values as they were', () => {
    const value = fc.dictionary(fc.stringMatching(/^[a-c]$/), fc.anything());
    fc.assert(
      fc.property(value, value, (before, fields) => {
        const [one, other] = [Object.entries(before), Object.entries(fields)];
        expect(plus(before, fields)).to.deep.equal({ ...before, ...fields });
        expect([Object.entries(before), Object.entries(fields)]).to.deep.equal([one, other]);
      }),
    );
  });
});
