/** Faults of stages: a failure that names stage, hook, file and line, and a line in the log with the error's message. */
import type * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Hooks, InstalledStage } from '../core/custom-stage.js';
import type { Tell } from '../core/event.js';
import type { Received } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { detailsOf, type Thrown, thrown } from '../core/thrown.js';

export interface FaultDeps {
  /** Takes what the log shall tell. */
  readonly tell: Tell;
}

/** `how`: in words that can follow the stage's name. */
export const fault = (
  { tell }: FaultDeps,
  { id }: Pick<Received, 'id'>,
  { label, file }: InstalledStage,
  hook: keyof Hooks,
  how: string,
  error: O.Option<Thrown> = O.none,
): E.Left<Failure> => {
  // Where nothing was thrown, no line is known.
  const place = O.isNone(error) && file !== undefined ? ` (${file})` : '';
  const why = `${how}${place} at ${hook}`;
  tell({ _tag: 'StageFailed', id, stage: label, why, error });
  return { _tag: 'Left', left: { _tag: 'StageFault', stage: label, why } };
};

/** The fault of a stage that threw. */
export const threw = (
  deps: FaultDeps,
  e: Pick<Received, 'id'>,
  stage: InstalledStage,
  hook: keyof Hooks,
  error: unknown,
): E.Left<Failure> => fault(deps, e, stage, hook, `threw ${thrown(error)}`, O.some(detailsOf(error)));
