/** Seats a stage as a config does. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { closest } from '../codecs/likeness.js';
import type { Finding } from '../config/report.js';
import { problem, render } from '../config/report.js';
import { definitionIn } from '../config/stage-module.js';
import { seatDefinition } from '../config/stage-seating.js';
import type { Seated, StageDefinition, Tools } from '../core/custom-stage.js';
import { isObject } from '../core/well-formed.js';
import { roll, wallClock } from '../edge/ports.js';
import * as face from '../index.js';
import { KIT } from '../stages/kit/index.js';

/** What a file's function gets: all that `seaking-proxy` exports. */
export type Face = typeof face;

/** A stage and its options, as they would stand in a config. */
export interface Sat {
  /** What its file exports: a stage, or a function that gives one; or the name of a built-in stage. */
  readonly stage: StageDefinition | ((face: Face) => StageDefinition) | string;
  /** Its options; none, if nothing is said. */
  readonly with?: Readonly<Record<string, unknown>>;
  /** How long one call may take, in milliseconds; 10 s, if nothing is said. */
  readonly timeoutMs?: number;
  /** What it may use of the world, in place of the real thing. */
  readonly tools?: Partial<Tools>;
}

const TIMEOUT_MS = 10_000;

const KEYS = ['stage', 'with', 'timeoutMs', 'tools'];

const BUILT_IN = new Map(KIT.map(({ definition }) => [definition.name, definition]));

const builtIn = (name: string): StageDefinition => {
  const found = BUILT_IN.get(name);
  if (found !== undefined) return found;
  const meant = closest(name, [...BUILT_IN.keys()]);
  const question = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new Error(`no built-in stage has the name ${name}${question}`);
};

/** The stage that is meant, if a config would take it. */
const definitionOf = (sat: Sat): StageDefinition => {
  if (!isObject(sat) || sat.stage === undefined || Object.keys(sat).some((key) => !KEYS.includes(key))) {
    throw new Error(
      `expected { stage }, where stage is what its file exports; beside it there may be ${KEYS.slice(1).join(', ')}`,
    );
  }
  const { stage } = sat;
  if (typeof stage === 'string') return builtIn(stage);
  const found = definitionIn(typeof stage === 'function' ? stage(face) : stage);
  if (E.isLeft(found)) throw new Error(found.left);
  const { name } = found.right;
  if (BUILT_IN.has(name) && BUILT_IN.get(name) !== stage) throw new Error(`a built-in stage has the name ${name}`);
  return found.right;
};

const placed = (definition: StageDefinition, sat: Sat, label: string): Seated => {
  const { with: options = {}, timeoutMs = TIMEOUT_MS, tools } = sat;
  const entry = { use: definition.name, options, timeoutMs };
  const seated = seatDefinition(definition, { at: 0, entry }, { label, now: wallClock, roll, ...tools });
  if (E.isRight(seated)) return seated.right;
  throw new Error(render(seated.left.map(({ path, says }: Finding) => problem(O.none, path.slice(2), says))));
};

/** The stage in its place. Throws an Error with all that is wrong with it and its options, as a config would tell it. */
export const seat = (sat: Sat): Seated => {
  const definition = definitionOf(sat);
  return placed(definition, sat, definition.name);
};

/** The same for several, in their order. Two stages of one name could not be told apart. */
export const seatAll = (sats: readonly Sat[]): readonly Seated[] => {
  const all = sats.map((sat) => ({ sat, definition: definitionOf(sat) }));
  return all.map(({ sat, definition }, index) => {
    const { name } = definition;
    const namesakes = all.slice(0, index).filter((other) => other.definition.name === name);
    const isSame = namesakes.every((other) => other.sat.stage === sat.stage);
    if (!isSame) throw new Error(`two stages have the name ${name}`);
    return placed(definition, sat, namesakes.length === 0 ? name : `${name} (${namesakes.length + 1})`);
  });
};
