/** Puts the stages of a config into their places, or tells everything that is wrong with them. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as RA from 'fp-ts/lib/ReadonlyArray.js';
import type * as t from 'io-ts';
import { HIDDEN } from '../codecs/leaf.js';
import { closest } from '../codecs/likeness.js';
import type { Needs, Seated, Seats, StageDefinition, Tools } from '../core/custom-stage.js';
import { thrown, words } from '../core/thrown.js';
import { isObject } from '../core/well-formed.js';
import { type Finding, findings } from './report.js';
import type { Named, Placed } from './stage-entry.js';
import { type Found, find, type ModuleIo } from './stage-module.js';

export interface SeatingIo extends ModuleIo, Pick<Tools, 'now' | 'roll'> {}

type Result<A> = E.Either<readonly Finding[], A>;

const at = (index: number, says: string, ...path: readonly string[]): Finding => ({
  path: ['stages', String(index), ...path],
  at: 'value',
  says,
});

const wrong = (index: number, says: string, ...path: readonly string[]): E.Either<readonly Finding[], never> =>
  E.left([at(index, says, ...path)]);

/** Whether it is a promise, which nobody then waits for: that it rejects must not end the process. */
const isAbandoned = (value: unknown): boolean => {
  if (!isObject(value) || typeof value.then !== 'function') return false;
  void Promise.allSettled([value]);
  return true;
};

const isEither = (value: unknown): value is E.Either<unknown, unknown> =>
  isObject(value) && (value._tag === 'Left' || value._tag === 'Right');

const isEntry = (value: unknown): value is t.ContextEntry =>
  isObject(value) && typeof value.key === 'string' && isObject(value.type) && typeof value.type.name === 'string';

const isError = (value: unknown): value is t.ValidationError =>
  isObject(value) &&
  Array.isArray(value.context) &&
  value.context.length > 0 &&
  value.context.every(isEntry) &&
  (value.message === undefined || typeof value.message === 'string');

const isErrors = (value: unknown): value is t.Errors =>
  Array.isArray(value) && value.length > 0 && value.every(isError);

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
  if (isAbandoned(read)) return wrong(index, `the codec of ${name} gives a promise; it has to decode at once`, 'with');
  if (!isEither(read)) return wrong(index, `the codec of ${name} gives neither a left nor a right`, 'with');
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

const FUNCTIONS = ['received', 'decoded', 'planned', 'try', 'replied', 'answered', 'failed', 'text', 'json'] as const;
const SEATS = [...FUNCTIONS, 'needs'];

const needsIn = (needs: unknown): O.Option<Needs> => {
  if (needs === 'whole') return O.some(needs);
  const chars = isObject(needs) ? needs.chars : undefined;
  return typeof chars === 'number' && Number.isInteger(chars) && chars >= 0 ? O.some({ chars }) : O.none;
};

/** What a stage gives, each seat looked at once; the left says what is wrong with it. */
const seatsIn = (given: unknown): E.Either<string, Seats> => {
  if (!isObject(given)) return E.left('gives no seats');
  const unknown = Object.keys(given).find((key) => !SEATS.includes(key));
  if (unknown !== undefined) {
    const meant = closest(unknown, SEATS);
    return E.left(
      `takes the seat ${unknown}, which there is not${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    );
  }
  const seats: Record<string, unknown> = {};
  for (const seat of FUNCTIONS) {
    const taken = given[seat];
    if (taken === undefined) continue;
    if (typeof taken !== 'function') return E.left(`has at ${seat} what is no function`);
    seats[seat] = taken.bind(given);
  }
  if (Object.keys(seats).length === 0) return E.left('takes no seat');
  const { needs } = given;
  if (needs === undefined) return E.right(seats as Seats);
  const read = needsIn(needs);
  return O.isSome(read)
    ? E.right({ ...seats, needs: read.value })
    : E.left("needs what is neither 'whole' nor { chars }");
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

/** What `make` threw: the words of an author who refuses the options, or a fault. */
const refusal = (name: string, { at: index, entry }: Placed, error: unknown): Finding => {
  const said = words(error);
  if (O.isNone(said)) {
    const isGiven = Object.keys(entry.options).length > 0;
    return at(index, `the make of ${name} threw ${thrown(error)}`, isGiven ? 'with' : 'use');
  }
  const { message, place } = said.value;
  return at(index, `${name}: ${firstLine(hiding(entry.options, message))}${place}`, 'with');
};

const seatsOf = (definition: StageDefinition, placed: Placed, options: unknown, tools: Tools): Result<Seats> => {
  const { name } = definition;
  const made = E.tryCatch(
    (): unknown => definition.make(options, { ...tools }),
    (error) => [refusal(name, placed, error)],
  );
  if (E.isLeft(made)) return made;
  if (isAbandoned(made.right)) {
    return wrong(placed.at, `the make of ${name} gives a promise; it has to give its seats at once`, 'use');
  }
  return E.mapLeft((problem: string) => [at(placed.at, `${name} ${problem}`, 'use')])(seatsIn(made.right));
};

const seatWhole = (definition: StageDefinition, placed: Placed, tools: Tools): Result<Seated> => {
  const options = optionsOf(definition, placed);
  if (E.isLeft(options)) return options;
  return E.map((seats: Seats): Seated => ({ label: tools.label, timeoutMs: placed.entry.timeoutMs, seats }))(
    seatsOf(definition, placed, options.right, tools),
  );
};

/** One stage in its place. Whatever it does meanwhile, it comes to a finding. */
export const seatDefinition = (definition: StageDefinition, placed: Placed, tools: Tools): Result<Seated> => {
  try {
    return seatWhole(definition, placed, tools);
  } catch (error) {
    return wrong(placed.at, `${tools.label} threw ${thrown(error)} when it was looked at`, 'use');
  }
};

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

/** Seats them in their order. Each problem stands at the entry that it belongs to. */
export const seatStages = async (entries: readonly Named[], io: SeatingIo): Promise<Result<readonly Seated[]>> => {
  const stages = await Promise.all(entries.map(({ entry }) => find(entry.use, io)));
  const counts = new Map<string, number>();
  const results = entries.map((placed, index): Result<Seated> => {
    const found = stages[index] as E.Either<string, Found>;
    if (E.isLeft(found)) return wrong(placed.at, found.left, 'use');
    const { definition } = found.right;
    const { name } = definition;
    const other = entries[namesake(stages, index, found.right)];
    if (other !== undefined) return wrong(placed.at, `stages[${other.at}] has the name ${name} already`, 'use');
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    // What is wrong with them is told with the entry.
    if (!placed.hasOptions) return E.left([]);
    const label = count === 1 ? name : `${name} (${count})`;
    return seatDefinition(definition, placed, { label, now: io.now, roll: io.roll });
  });
  const { left, right } = RA.separate(results);
  return left.length > 0 ? E.left(left.flat()) : E.right(right);
};
