/** Installs the stages of a config, or reports everything that is wrong with them. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as RA from 'fp-ts/lib/ReadonlyArray.js';
import type * as t from 'io-ts';
import { closest } from '../codecs/did-you-mean.js';
import { HIDDEN } from '../codecs/leaf.js';
import type { Hooks, InstalledStage, Needs, StageDefinition, Tools } from '../core/custom-stage.js';
import type { StageLogged } from '../core/event.js';
import { thrown, words } from '../core/thrown.js';
import { isObject } from '../core/well-formed.js';
import { type Finding, findings } from './report.js';
import type { Named, Placed } from './stage-entry.js';
import { type Found, find, type ModuleIo } from './stage-module.js';

export interface InstallIo extends ModuleIo, Pick<Tools, 'now' | 'random'> {
  /** Takes what stages log. */
  readonly emit: (line: StageLogged) => void;
}

type Result<A> = E.Either<readonly Finding[], A>;

const at = (index: number, says: string, ...path: readonly string[]): Finding => ({
  path: ['stages', String(index), ...path],
  at: 'value',
  says,
});

const wrong = (index: number, says: string, ...path: readonly string[]): E.Either<readonly Finding[], never> =>
  E.left([at(index, says, ...path)]);

/** True if it is a promise, which nobody then waits for: that it rejects must not end the process. */
const isAbandoned = (value: unknown): boolean => {
  if (!isObject(value) || typeof value.then !== 'function') return false;
  void Promise.allSettled([value]);
  return true;
};

const isEither = (value: unknown): value is E.Either<unknown, unknown> =>
  isObject(value) && (value._tag === 'Left' || value._tag === 'Right');

const isErrors = (value: unknown): value is t.Errors =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((error) => isObject(error) && Array.isArray(error.context) && error.context.length > 0);

const optionsOf = ({ name, options }: StageDefinition, { at: index, entry }: Placed): Result<unknown> => {
  if (options === undefined) {
    return Object.keys(entry.options).length === 0 ? E.right({}) : wrong(index, `${name} takes no options`, 'with');
  }
  const decoded = E.tryCatch(
    (): unknown => options.decode(entry.options),
    (error) => [at(index, `the codec of ${name} threw ${thrown(error)}`, 'with')],
  );
  if (E.isLeft(decoded)) return decoded;
  const read = decoded.right;
  if (isAbandoned(read)) return wrong(index, `the codec of ${name} returns a promise; it must decode at once`, 'with');
  if (!isEither(read)) return wrong(index, `the codec of ${name} returns neither a Left nor a Right`, 'with');
  if (E.isRight(read)) return read;
  // Only io-ts says where; what another codec says may hold a value, and so a key.
  return isErrors(read.left)
    ? E.left(
        findings(read.left).map((finding) => ({
          ...finding,
          path: ['stages', String(index), 'with', ...finding.path],
        })),
      )
    : wrong(index, `these are not the options of ${name}`, 'with');
};

const FUNCTIONS = ['request', 'attempt', 'reply', 'response', 'failure', 'text', 'json', 'finished'] as const;
const KEYS = [...FUNCTIONS, 'state', 'needs'];

const isNeeds = (needs: unknown): needs is Needs => {
  if (needs === 'whole') return true;
  const chars = isObject(needs) ? needs.chars : undefined;
  return typeof chars === 'number' && Number.isInteger(chars) && chars >= 0;
};

/** The hooks that a stage gives; the left says what is wrong with them. */
const hooksIn = (given: unknown): E.Either<string, Hooks> => {
  if (!isObject(given)) return E.left('returns no hooks');
  const unknown = Object.keys(given).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    const meant = closest(unknown, KEYS);
    return E.left(`has the unknown hook ${unknown}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
  }
  const hooks: Record<string, unknown> = {};
  for (const name of [...FUNCTIONS, 'state'] as const) {
    const hook = given[name];
    if (hook === undefined) continue;
    if (typeof hook !== 'function') return E.left(`has a hook ${name} that is not a function`);
    hooks[name] = hook.bind(given);
  }
  if (!FUNCTIONS.some((name) => name in hooks)) return E.left('has no hook');
  const { needs } = given;
  if (needs === undefined) return E.right(hooks as Hooks);
  return isNeeds(needs) ? E.right({ ...hooks, needs }) : E.left("has a needs that is neither 'whole' nor { chars }");
};

/** Shorter ones stand in words by chance. */
const LEAST_HIDDEN = 4;

/** Every text in the options. */
const textsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value.trim()];
  return isObject(value) ? Object.values(value).flatMap(textsIn) : [];
};

/** The text without any that stands in the options: there are keys among them. */
const hiding = (options: unknown, text: string): string =>
  textsIn(options)
    .filter(({ length }) => length >= LEAST_HIDDEN)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, each) => rest.replaceAll(each, HIDDEN), text);

const firstLine = (text: string): string => text.trim().replace(/[\r\n\u2028\u2029].*$/s, '');

/** The problem of a `make` that threw: the words of an author who refuses the options, or a fault. */
const refusal = (name: string, { at: index, entry }: Placed, error: unknown): Finding => {
  const said = words(error);
  if (O.isNone(said)) {
    const isGiven = Object.keys(entry.options).length > 0;
    return at(index, `the make of ${name} threw ${thrown(error)}`, isGiven ? 'with' : 'use');
  }
  const { message, place } = said.value;
  return at(index, `${name}: ${firstLine(hiding(entry.options, message))}${place}`, 'with');
};

/** The name of a file, for the log. */
const fileOf = (origin: string): { readonly file?: string } => {
  const file = /[^/\\]+\.[cm]?[jt]s$/.exec(origin)?.[0];
  return file === undefined ? {} : { file };
};

/** One stage, installed. `origin`: the URL of its file, or its name. */
export const installDefinition = (
  definition: StageDefinition,
  placed: Placed,
  tools: Tools,
  origin = '',
): Result<InstalledStage> => {
  const options = optionsOf(definition, placed);
  if (E.isLeft(options)) return options;
  const { name } = definition;
  const made = E.tryCatch(
    (): unknown => definition.make(options.right, tools),
    (error) => [refusal(name, placed, error)],
  );
  if (E.isLeft(made)) return made;
  if (isAbandoned(made.right)) {
    return wrong(placed.at, `the make of ${name} returns a promise; it must return its hooks at once`, 'use');
  }
  return E.bimap(
    (problem: string) => [at(placed.at, `${name} ${problem}`, 'use')],
    (hooks: Hooks): InstalledStage => ({
      label: tools.label,
      ...fileOf(origin),
      timeoutMs: placed.entry.timeoutMs,
      hooks,
    }),
  )(hooksIn(made.right));
};

/** The tools of a stage. */
export const toolsOf = (label: string, { now, random, emit }: Pick<InstallIo, 'now' | 'random' | 'emit'>): Tools => ({
  label,
  now,
  random,
  log: (message, e) => emit({ _tag: 'StageLogged', id: O.fromNullable(e?.id), stage: label, message: String(message) }),
});

/** Two stages of one name could not be told apart in the log. */
const namesake = (stages: readonly E.Either<unknown, Found>[], index: number, found: Found): number =>
  stages
    .slice(0, index)
    .findIndex(
      (other) =>
        E.isRight(other) &&
        other.right.definition.name === found.definition.name &&
        other.right.origin !== found.origin,
    );

/** Installs them in their order. Each problem stands at the entry that it belongs to. */
export const installStages = async (
  entries: readonly Named[],
  io: InstallIo,
): Promise<Result<readonly InstalledStage[]>> => {
  const stages = await Promise.all(entries.map(({ entry }) => find(entry.use, io)));
  const counts = new Map<string, number>();
  const results = entries.map((placed, index): Result<InstalledStage> => {
    const found = stages[index] as E.Either<string, Found>;
    if (E.isLeft(found)) return wrong(placed.at, found.left, 'use');
    const { definition } = found.right;
    const { name } = definition;
    const other = entries[namesake(stages, index, found.right)];
    if (other !== undefined) return wrong(placed.at, `stages[${other.at}] has the name ${name} already`, 'use');
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    // Their problems are reported with the entry.
    if (!placed.hasOptions) return E.left([]);
    const label = count === 1 ? name : `${name} (${count})`;
    return installDefinition(definition, placed, toolsOf(label, io), found.right.origin);
  });
  const { left, right } = RA.separate(results);
  return left.length > 0 ? E.left(left.flat()) : E.right(right);
};
