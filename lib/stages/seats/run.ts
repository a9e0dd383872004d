/** The stages of one seat: what they make of a value, or how one of them fails. */
import * as E from 'fp-ts/lib/Either.js';
import type { Early, Seated } from '../../core/custom-stage.js';
import type { Received } from '../../core/exchange.js';
import type { Failure } from '../../core/failure.js';
import type { Stage } from '../../core/stage.js';
import { isObject } from '../../core/well-formed.js';
import { type CallDeps, call, fault, type SeatName } from './call.js';
import type { Merge } from './merge.js';
import { type Shown, show } from './shown.js';

export type Value<A> = { readonly _tag: 'Value'; readonly value: A };
export type Run<A> = (value: A) => Promise<E.Either<Failure, Value<A> | Early>>;

export interface Rules<A> {
  readonly merge: Merge<A>;
  /** What else follows from a change. */
  readonly refresh?: Stage<A, A>;
}

/** What a stage gives may throw when it is looked at. */
const safely = <A>(look: () => E.Either<string, A>): E.Either<string, A> =>
  E.flatten(E.tryCatch(look, () => 'a value that cannot be read'));

/** All stages of one seat, one after the other. */
export const runner =
  <A extends Received>(deps: CallDeps, stages: readonly Seated[], seat: SeatName, rules: Rules<A>): Run<A> =>
  async (value) => {
    let current = value;
    let showing: Shown<A> | undefined;
    for (const stage of stages) {
      showing ??= show(current);
      const shown = showing;
      const calling = call(deps, stage, seat, value.signal, shown.value);
      const answer = calling instanceof Promise ? await calling : calling;
      if (shown.wasWritten()) return fault(stage, 'changed what it was given, in place of giving a new value,', seat);
      if (E.isLeft(answer)) return answer;
      if (answer.right._tag === 'Early') return E.right(answer.right);
      const { given } = answer.right;
      if (given === shown.value) continue;
      if (!isObject(given)) return fault(stage, 'gave nothing to go on with', seat);
      const merged = safely(() => rules.merge(current, shown, given));
      if (E.isLeft(merged)) return fault(stage, `gave ${merged.left}`, seat);
      const next = rules.refresh === undefined ? merged : await rules.refresh(merged.right)();
      if (E.isLeft(next)) return next;
      current = next.right;
      showing = undefined;
    }
    return E.right({ _tag: 'Value', value: current });
  };
