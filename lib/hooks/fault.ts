/** Faults of stages: a failure that names stage, hook, file and line; what was thrown goes with it, for the log. */
import type * as E from 'fp-ts/lib/Either.js';
import type { Hooks, InstalledStage } from '../core/custom-stage.js';
import type { Failure } from '../core/failure.js';
import { type Cause, causeIn, thrown } from '../core/thrown.js';

/** `how`: in words that can follow the stage's name. */
export const fault = (
  { label, file }: InstalledStage,
  hook: keyof Hooks,
  how: string,
  cause?: Cause,
): E.Left<Failure> => {
  // Where nothing was thrown, no line is known.
  const place = cause === undefined && file !== undefined ? ` (${file})` : '';
  const why = `${how}${place} at ${hook}`;
  return { _tag: 'Left', left: { _tag: 'StageFault', stage: label, why, place: hook, ...(cause && { cause }) } };
};

/** The fault of a stage that threw. */
export const threw = (stage: InstalledStage, hook: keyof Hooks, error: unknown): E.Left<Failure> =>
  fault(stage, hook, `threw ${thrown(error)}`, causeIn(error));
