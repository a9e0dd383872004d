import { expect } from 'chai';
import * as fc from 'fast-check';
import { counter } from '../../lib/demo/counter.js';

describe('demo: a counter', () => {
  it('counts each key on its own.', () => {
    const counts = counter(10);
    expect([counts.next('a'), counts.next('a'), counts.next('b'), counts.next('a')]).to.deep.equal([1, 2, 1, 3]);
    expect([counts.count('a'), counts.count('b'), counts.count('c')]).to.deep.equal([3, 1, 0]);
  });

  it('begins anew with a key that it is to forget.', () => {
    const counts = counter(10);
    counts.next('a');
    counts.forget('a');
    expect(counts.count('a')).to.equal(0);
    expect(counts.next('a')).to.equal(1);
  });

  it('forgets the key that was not used for longest, when there are too many.', () => {
    const counts = counter(2);
    for (const key of ['a', 'b', 'a', 'c']) counts.next(key);
    expect([counts.count('a'), counts.count('b'), counts.count('c')]).to.deep.equal([2, 0, 1]);
  });

  it('never remembers more keys than it may.', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.string(), { maxLength: 200 }), (limit, keys) => {
        const counts = counter(limit);
        for (const key of keys) counts.next(key);
        expect(counts.size()).to.equal(Math.min(limit, new Set(keys).size));
      }),
    );
  });
});
