import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as sinon from 'sinon';
import { type Failure, stageFault } from '../../lib/core/failure.js';
import { chain, guard, type Layer, type Stage } from '../../lib/core/stage.js';

type Small = Stage<number, number>;

/** Stages that give some numbers another number, and fail on the others, each under its own name. */
const small: fc.Arbitrary<Small> = fc
  .func<[number], E.Either<string, number>>(
    fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 9 }).map(E.right) },
      { weight: 1, arbitrary: fc.string().map(E.left) },
    ),
  )
  .map((table) => (value) => {
    const found = table(value);
    return E.isRight(found) ? TE.right(found.right) : TE.fromEither(stageFault(found.left));
  });

describe('core/stage', () => {
  describe('chain', () => {
    it('is associative', async () => {
      await fc.assert(
        fc.asyncProperty(small, small, small, fc.nat(9), async (f, g, h, value) => {
          const left = await chain(chain(f, g), h)(value)();
          const right = await chain(f, chain(g, h))(value)();
          expect(left).to.deep.equal(right);
        }),
      );
    });

    it('has TE.right as its identity, on either side', async () => {
      await fc.assert(
        fc.asyncProperty(small, fc.nat(9), async (stage, value) => {
          const expected = await stage(value)();
          expect(await chain<number, number, number>(TE.right, stage)(value)()).to.deep.equal(expected);
          expect(await chain<number, number, number>(stage, TE.right)(value)()).to.deep.equal(expected);
        }),
      );
    });

    it('hands what the first gives to the second', async () => {
      const double: Small = (value) => TE.right(value * 2);
      const text: Stage<number, string> = (value) => TE.right(`got ${value}`);
      expect(await chain(double, text)(21)()).to.deep.equal(E.right('got 42'));
    });

    it('skips the second after a failure of the first', async () => {
      const second = sinon.stub().returns(TE.right(1));
      const first: Small = () => TE.fromEither(stageFault('first'));
      expect(await chain(first, second)(0)()).to.deep.equal(stageFault('first'));
      expect(second.called).to.equal(false);
    });
  });

  describe('guard', () => {
    const oops = new Error('oops');
    /** The name, and what the log alone tells of it. */
    const faultOf = (came: E.Either<Failure, unknown>): readonly unknown[] => {
      const { stage, cause } = E.isLeft(came) && came.left._tag === 'StageFault' ? came.left : expect.fail('no fault');
      return [stage, cause?.says, cause?.at.replace(/\.[jt]s:\d+$/, '')];
    };

    it('makes a throw of the stage a fault that bears its name', async () => {
      const throwing: Small = () => {
        throw oops;
      };
      expect(faultOf(await guard('cap-tokens', throwing)(1)())).to.deep.equal([
        'cap-tokens',
        'Error: oops',
        'stage.spec',
      ]);
    });

    it('makes a throw of the task a fault', async () => {
      const throwing: Small = () => () => {
        throw oops;
      };
      expect(faultOf(await guard('late', throwing)(1)())).to.deep.equal(['late', 'Error: oops', 'stage.spec']);
    });

    it('makes a rejection a fault', async () => {
      const rejecting: Small = () => () => Promise.reject(oops);
      expect(faultOf(await guard('rejecting', rejecting)(1)())).to.deep.equal([
        'rejecting',
        'Error: oops',
        'stage.spec',
      ]);
    });

    it('makes a throw inside TE.map a fault, which TE.orElse alone never sees', async () => {
      const mapping: Small = (value) =>
        TE.map((): number => {
          throw oops;
        })(TE.right(value));
      expect(faultOf(await guard('mapping', mapping)(1)())).to.deep.equal(['mapping', 'Error: oops', 'stage.spec']);
    });

    it('changes nothing about a stage that neither throws nor rejects', async () => {
      await fc.assert(
        fc.asyncProperty(small, fc.nat(9), async (stage, value) => {
          expect(await guard('unseen', stage)(value)()).to.deep.equal(await stage(value)());
        }),
      );
    });

    it('is a layer: it has the type of what it guards', async () => {
      const guarded: Layer<number, number> = (inner) => guard('inner', inner);
      expect(await guarded(TE.right)(7)()).to.deep.equal(E.right(7));
    });
  });
});
