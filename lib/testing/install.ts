/** Installs a stage as a config does. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { closest } from '../codecs/did-you-mean.js';
import type { Finding } from '../config/report.js';
import { problem, render } from '../config/report.js';
import { installDefinition, toolsOf } from '../config/stage-install.js';
import { definitionIn } from '../config/stage-module.js';
import type { Hooks, InstalledStage, StageDefinition, Tools } from '../core/custom-stage.js';
import type { StageLogged } from '../core/event.js';
import { freeze } from '../core/freeze.js';
import { isObject } from '../core/well-formed.js';
import { random, wallClock } from '../edge/clock.js';
import * as face from '../index.js';
import { KIT } from '../kit/index.js';

/** The argument of a file's function: all that `seaking-proxy` exports. */
export type Face = typeof face;

/** A stage and its options, as they would stand in a config. */
export interface TestStage {
  /** The export of its file: a stage, or a function that gives one; or the name of a built-in stage. */
  readonly stage: StageDefinition | ((face: Face) => StageDefinition) | string;
  /** Its options; none, if nothing is said. */
  readonly with?: Readonly<Record<string, unknown>>;
  /** The time that one call may take, in milliseconds; 10 s, if nothing is said. */
  readonly timeoutMs?: number;
  /** The tools that take the place of the real ones. */
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
const definitionOf = (given: TestStage): StageDefinition => {
  if (!isObject(given) || given.stage === undefined || Object.keys(given).some((key) => !KEYS.includes(key))) {
    throw new Error(
      `expected { stage }, where stage is what its file exports; beside it there may be ${KEYS.slice(1).join(', ')}`,
    );
  }
  const { stage } = given;
  if (typeof stage === 'string') return builtIn(stage);
  const found = definitionIn(typeof stage === 'function' ? stage(face) : stage);
  if (E.isLeft(found)) throw new Error(found.left);
  const { name } = found.right;
  if (BUILT_IN.has(name) && BUILT_IN.get(name) !== stage) throw new Error(`a built-in stage has the name ${name}`);
  return found.right;
};

type Log = (line: StageLogged) => void;

type AnyHook = (e: object, more: unknown) => unknown;

/** Hooks that are given frozen values, so that a stage that writes into one throws at that line. */
const strict = (hooks: Hooks): Hooks =>
  Object.fromEntries(
    Object.entries(hooks).map(([name, hook]) =>
      typeof hook === 'function' && name !== 'state'
        ? [name, (e: object, state: unknown) => (hook as AnyHook)(freeze(e), state)]
        : [name, hook],
    ),
  );

const installed = (definition: StageDefinition, given: TestStage, label: string, emit: Log): InstalledStage => {
  const { with: options = {}, timeoutMs = TIMEOUT_MS, tools } = given;
  const entry = { use: definition.name, options, timeoutMs };
  const ownTools = { ...toolsOf(label, { now: wallClock, random, emit }), ...tools };
  const stage = installDefinition(definition, { at: 0, entry }, ownTools);
  if (E.isRight(stage)) return { ...stage.right, hooks: strict(stage.right.hooks) };
  throw new Error(render(stage.left.map(({ path, says }: Finding) => problem(O.none, path.slice(2), says))));
};

/** The stage, installed. Throws an Error with everything that is wrong with it and its options, as a config reports it. */
export const install = (given: TestStage): InstalledStage => {
  const definition = definitionOf(given);
  return installed(definition, given, definition.name, () => {});
};

/** The stages, installed, in their order. Two stages of one name could not be told apart. */
export const installAll = (all: readonly TestStage[], emit: Log): readonly InstalledStage[] => {
  const found = all.map((given) => ({ given, definition: definitionOf(given) }));
  return found.map(({ given, definition }, index) => {
    const { name } = definition;
    const namesakes = found.slice(0, index).filter((other) => other.definition.name === name);
    const isSame = namesakes.every((other) => other.given.stage === given.stage);
    if (!isSame) throw new Error(`two stages have the name ${name}`);
    return installed(definition, given, namesakes.length === 0 ? name : `${name} (${namesakes.length + 1})`, emit);
  });
};
