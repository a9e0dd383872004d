import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { endedBy, rewrittenBy } from '../../lib/core/body-layers.js';
import type { Rewriter } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import type { Source } from '../../lib/core/source.js';
import { deliveredBy } from '../../lib/core/source.js';
import { causeIn } from '../../lib/core/thrown.js';
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

const rewritten = (source: Source, rewriter: Rewriter) => rewrittenBy(() => rewriter)(source);

describe('body layers', () => {
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

  it('end a stream that breaks with its last bytes, and tell the cut besides', async () => {
    const last = endedBy(({ _tag }) => Buffer.from(`!${_tag}`));
    const source = last(sourceOfPieces('a', BROKEN));
    expect(deliveredBy(source)).to.deep.equal({ cut: O.none, attempts: [] });
    expect(await drain(source)).to.deep.equal({ text: 'a!BrokenOff', failure: undefined });
    expect(deliveredBy(source)).to.deep.equal({ cut: O.some(BROKEN), attempts: [] });
    expect(await drain(last(sourceOfPieces('a')))).to.deep.equal({ text: 'a', failure: undefined });
  });
});
