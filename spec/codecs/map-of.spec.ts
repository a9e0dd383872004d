import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';
import { Count, oneOf } from '../../lib/codecs/leaf.js';
import { mapOf } from '../../lib/codecs/map-of.js';
import { Pattern } from '../../lib/codecs/pattern.js';
import { findings } from '../../lib/config/report.js';

const Sizes = mapOf(oneOf('small', 'big'), Count, 'a map of sizes');
const told = (codec: t.Decoder<unknown, unknown>, input: unknown) => {
  const result = codec.decode(input);
  return E.isLeft(result) ? findings(result.left) : [];
};

describe("codecs: maps of the user's own keys", () => {
  it('hold their entries in order, decoded', () => {
    const entries = [
      ['small', 1],
      ['big', 2],
    ] as const;
    expect(Sizes.decode({ small: '1', big: 2 })).to.deep.equal(E.right(entries));
    expect(Sizes.is(entries)).to.equal(true);
    expect(Sizes.is([['huge', 1]])).to.equal(false);
    expect(Sizes.encode(entries)).to.deep.equal({ small: 1, big: 2 });
  });

  it('report all that is wrong with keys and values, each at its place', () => {
    expect(told(Sizes, { huge: -1, small: 'x' })).to.deep.equal([
      { path: ['huge'], at: 'key', says: 'expected one of: small, big' },
      { path: ['huge'], at: 'value', says: 'expected a whole number, 0 or more' },
      { path: ['small'], at: 'value', says: 'expected a whole number, 0 or more' },
    ]);
    expect(told(mapOf(Pattern, Count, 'a map'), { '(': 1 })[0]?.says).to.include('missing closing )');
  });

  it('are maps', () => {
    for (const input of [[], 5, 'a', null]) {
      expect(told(Sizes, input)).to.deep.equal([{ path: [], at: 'value', says: 'expected a map of sizes' }]);
    }
  });
});
