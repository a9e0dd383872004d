import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { bytes, held } from '../../lib/core/exchange.js';
import { clock } from '../../lib/edge/clock.js';
import { buffer, readPrefix } from '../../lib/stream/buffer.js';
import { type Piece, sourceOfPieces } from '../support/sources.js';

const WHITE = ' \r\n\t'.repeat(20_000);

const bodyOf = (...pieces: readonly Piece[]) => {
  const source = sourceOfPieces(...pieces);
  return { body: held(source, O.some(99)), source };
};

describe('a held body with white space before it', () => {
  it('is what came, without the white space before it, which does not count as a part of it', async () => {
    const { body } = bodyOf(WHITE, `${WHITE}{"a":`, ' 1}\n');
    expect(await buffer(clock)(body, 20, () => O.none)()).to.deep.equal(E.right(bytes(Buffer.from('{"a": 1}\n'))));
    expect(await buffer(clock)(bodyOf(WHITE).body, 20, () => O.none)()).to.deep.equal(E.right(bytes(Buffer.alloc(0))));
    expect(await readPrefix(clock)(bodyOf(WHITE, `${WHITE}no`).body, 20)()).to.deep.equal(
      E.right(bytes(Buffer.from('no'))),
    );
  });

  it('that is longer than the limit has its length only where all of it is still there', async () => {
    const of = async (...pieces: readonly Piece[]) => {
      const came = await buffer(clock)(bodyOf(...pieces).body, 5, () => O.none)();
      if (E.isLeft(came) || came.right._tag !== 'Held') return expect.fail('not held');
      return [came.right.prefix.toString(), O.toNullable(came.right.length)];
    };
    expect(await of('{"a": 1}')).to.deep.equal(['{"a": 1}', 99]);
    expect(await of('\n{"a": 1}')).to.deep.equal(['{"a": 1}', null]);
  });

  it('is not waited for where white space never ends', async () => {
    const { body, source } = bodyOf(...Array.from({ length: 40 }, () => Buffer.alloc(1024 * 1024, ' ')));
    expect(await buffer(clock)(body, 1e9, () => O.none)()).to.have.nested.property('left._tag', 'Malformed');
    expect(source.abandoned()).to.have.property('_tag', 'Malformed');
    expect(source.asked()).to.be.below(35);
  });
});
