/** Seats a stage as a config does. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Finding } from '../config/report.js';
import { problem, render } from '../config/report.js';
import { seatDefinition } from '../config/stage-seating.js';
import type { Seated, StageDefinition, Tools } from '../core/custom-stage.js';
import { roll, wallClock } from '../edge/ports.js';

/** A stage and its options, as they would stand in a config. */
export interface Sat<Options = never> {
  readonly stage: StageDefinition<Options>;
  readonly with?: Readonly<Record<string, unknown>>;
  /** How long one call may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** What it may use of the world, in place of the real thing. */
  readonly tools?: Partial<Tools>;
}

const TIMEOUT_MS = 10_000;

/** Throws an Error with all that is wrong with the options, as a config would tell it. */
export const seat = <Options>({ stage, with: options = {}, timeoutMs = TIMEOUT_MS, tools }: Sat<Options>): Seated => {
  const placed = { at: 0, entry: { use: stage.name, options, timeoutMs } };
  const seated = seatDefinition(stage as StageDefinition, placed, {
    label: stage.name,
    now: wallClock,
    roll,
    ...tools,
  });
  if (E.isRight(seated)) return seated.right;
  throw new Error(render(seated.left.map(({ path, says }: Finding) => problem(O.none, path.slice(2), says))));
};
