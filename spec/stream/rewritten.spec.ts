import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import type { Rewriter } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { causeIn } from '../../lib/core/thrown.js';
import { rewritten } from '../../lib/stream/rewritten.js';
import { drain, sourceOfPieces } from '../support/sources.js';

const FAULT: Failure = { _tag: 'StageFault', stage: 'rewrite', why: 'threw something', cause: causeIn(undefined) };
const BROKEN: Failure = { _tag: 'BrokenOff', by: 'reset' };

const upper: Rewriter = {
  push: (bytes) => E.right(Buffer.from(bytes.toString().toUpperCase())),
  end: () => E.right(Buffer.from('.')),
};
const throws = (): never => {
  throw 'x';
};

describe('edge/rewritten', () => {
  it('gives what is made of a stream, and what was held back', async () => {
    expect(await drain(rewritten(sourceOfPieces('a', 'b'), upper))).to.deep.equal({ text: 'AB.', failure: undefined });
    expect(await drain(rewritten(sourceOfPieces('a', BROKEN), upper))).to.deep.equal({ text: 'A.', failure: BROKEN });
  });

  it('ends with a failure where the rewriting throws, and gives up the rest', async () => {
    const pushed = sourceOfPieces('a', 'b');
    expect(await drain(rewritten(pushed, { ...upper, push: throws }))).to.deep.equal({ text: '', failure: FAULT });
    expect(pushed.abandoned()).to.deep.equal(FAULT);
    expect(await drain(rewritten(sourceOfPieces('a'), { ...upper, end: throws }))).to.deep.equal({
      text: 'A',
      failure: FAULT,
    });
    expect(await drain(rewritten(sourceOfPieces('a', BROKEN), { ...upper, end: throws }))).to.deep.equal({
      text: 'A',
      failure: BROKEN,
    });
  });
});
