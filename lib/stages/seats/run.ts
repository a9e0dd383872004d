/** The stages of one seat: what they make of a value, or how one of them fails. */
import * as E from 'fp-ts/lib/Either.js';
import type { Early, Seated } from '../../core/custom-stage.js';
import type { Received } from '../../core/exchange.js';
import type { Failure, Unwanted } from '../../core/failure.js';
import type { Stage } from '../../core/stage.js';
import { isObject } from '../../core/well-formed.js';
import { type Answer, type CallDeps, call, fault, type SeatName } from './call.js';
import type { Merge } from './merge.js';
import { type Shown, show } from './shown.js';

export type Value<A> = { readonly _tag: 'Value'; readonly value: A };
export type Ran<A> = E.Either<Failure, Value<A> | Early>;

/** At once, where all stages answer at once: a promise for each seat would cost more than the stages. */
export type Run<A> = (value: A) => Ran<A> | Promise<Ran<A>>;

export interface Rules<A> {
  readonly merge: Merge<A>;
  /** What else follows from a change. */
  readonly refresh?: Stage<A, A>;
  /** The value of which a stage wants another; it is the last that looks at it. Without it, the wish is a failure. */
  readonly object?: (value: A, unwanted: Unwanted) => A;
}

/** What a stage gives may throw when it is looked at. */
const safely = <A>(look: () => E.Either<string, A>): E.Either<string, A> =>
  E.flatten(E.tryCatch(look, () => 'a value that cannot be read'));

/** All stages of one seat, one after the other. */
export const runner = <A extends Received>(
  deps: CallDeps,
  stages: readonly Seated[],
  seat: SeatName,
  { merge, refresh, object }: Rules<A>,
): Run<A> => {
  /** What one stage has made of a value: the same one, if it changed nothing. `label`: who may have written into it. */
  const madeOf = (value: A, stage: Seated, shown: Shown<A>, label: string, answer: Answer): Ran<A> => {
    if (shown.wasWritten()) {
      return fault({ ...stage, label }, 'changed what it was given, in place of giving a new value,', seat);
    }
    if (E.isLeft(answer)) return answer;
    if (answer.right._tag === 'Early') return E.right(answer.right);
    const { given } = answer.right;
    if (given === shown.value) return E.right({ _tag: 'Value', value });
    if (!isObject(given)) return fault(stage, 'gave nothing to go on with', seat);
    const merged = safely(() => merge(value, shown, given));
    return E.isLeft(merged)
      ? fault(stage, `gave ${merged.left}`, seat)
      : E.right({ _tag: 'Value', value: merged.right });
  };

  /** `seen`: the value as the stages since `since` were shown it, where that can be shown again. */
  const from = (first: number, value: A, seen?: Shown<A>, since = first): Ran<A> | Promise<Ran<A>> => {
    const stage = stages[first];
    if (stage === undefined) return E.right({ _tag: 'Value', value });
    const shown = seen ?? show(value);
    const goOn = (answer: Answer, label = stage.label): Ran<A> | Promise<Ran<A>> => {
      const made = madeOf(value, stage, shown, label, answer);
      if (E.isLeft(made) && made.left._tag === 'Unwanted' && object !== undefined) {
        return E.right({ _tag: 'Value', value: object(value, made.left) });
      }
      if (E.isLeft(made) || made.right._tag === 'Early') return made;
      const next = made.right.value;
      if (next === value) {
        // Its own copy is left to a stage that may yet write into it, so that no other is blamed for that.
        return shown.wasSeen() ? from(first + 1, value) : from(first + 1, value, shown, since);
      }
      if (refresh === undefined) return from(first + 1, next);
      return refresh(next)().then((fresh) => (E.isLeft(fresh) ? fresh : from(first + 1, fresh.right)));
    };
    const answer = call(deps, stage, seat, value.signal, shown.value);
    if (!(answer instanceof Promise)) return goOn(answer);
    // While it was waited for, those before it that had not looked yet may have done so.
    const labels = stages.slice(since, first + 1).map(({ label }) => label);
    return answer.then((late) => goOn(late, labels.join(' or ')));
  };

  return (value) => from(0, value);
};
