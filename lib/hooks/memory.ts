/** The state of each stage within one request. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { InstalledStage, Usage } from '../core/custom-stage.js';
import type { Decoded } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { plus } from '../core/plus.js';
import { threw } from './fault.js';

/** A stage at its place in the list of all. */
export interface Placed extends InstalledStage {
  readonly at: number;
}

/** A class, so that no copy is made of it where a value is copied. */
export class Memory {
  readonly states: readonly unknown[];
  /** The tokens that the upstream counted last. */
  usage: O.Option<Usage> = O.none;

  constructor(states: readonly unknown[]) {
    this.states = states;
  }

  count(usage: O.Option<Usage>): void {
    this.usage = usage;
  }
}

/** A request with what is remembered of it. */
interface Remembered extends Decoded {
  readonly memory: Memory;
}

export const memoryOf = (e: Decoded): Memory | undefined => (e as Partial<Remembered>).memory;

export const stateOf = (e: Decoded, { at }: Placed): unknown => memoryOf(e)?.states[at];

/** Begins what these stages remember of a request. */
export const remember = (stages: readonly Placed[], e: Decoded): E.Either<Failure, Decoded> => {
  const states: unknown[] = [];
  for (const stage of stages) {
    const state = E.tryCatch(
      () => stage.hooks.state?.(),
      (error) => threw(stage, 'state', error),
    );
    if (E.isLeft(state)) return state.left;
    states.push(state.right);
  }
  return E.right(plus(e, { memory: new Memory(states) }));
};
