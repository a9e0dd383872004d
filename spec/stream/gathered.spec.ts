import { expect } from 'chai';
import fc from 'fast-check';
import { gathered } from '../../lib/stream/buffer.js';

describe('gathered bytes', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.integer({ min: 4000, max: 20_000 }).map((length) => new Uint8Array(length).fill(length % 251)),
  );
  it('are all that was added, in order', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(piece, { maxLength: 2 }), (pieces, first) => {
        const all = gathered(...first.map((each) => Buffer.from(each)));
        for (const each of pieces) all.add(Buffer.from(each));
        const wanted = Buffer.concat([...first, ...pieces]);
        expect(all.byteLength()).to.equal(wanted.length);
        expect(all.whole().equals(wanted)).to.equal(true);
      }),
    );
  });
  it('are their own copy where pieces are small: what the pieces are cut from is let go', () => {
    const all = gathered();
    const large = Buffer.alloc(100_000, 'a');
    all.add(Buffer.from('first'));
    all.add(large.subarray(0, 10));
    large.fill('b');
    expect(all.whole().toString()).to.equal('firstaaaaaaaaaa');
  });
  it('are no copy where there is one piece', () => {
    const only = Buffer.from('only');
    const all = gathered(Buffer.alloc(0));
    all.add(only);
    expect(all.whole()).to.equal(only);
  });
});
