/** Puts the stages of a config into their places, or tells everything that is wrong with them. */
import * as E from 'fp-ts/lib/Either.js';
import * as RA from 'fp-ts/lib/ReadonlyArray.js';
import type * as t from 'io-ts';
import { closest } from '../codecs/likeness.js';
import type { Seated, Seats, StageDefinition, Tools } from '../core/custom-stage.js';
import { thrown } from '../core/thrown.js';
import { isObject } from '../core/well-formed.js';
import { type Finding, findings } from './report.js';
import type { Placed } from './stage-entry.js';
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

const isErrors = (value: unknown): value is t.Errors =>
  Array.isArray(value) && value.length > 0 && value.every((each) => isObject(each) && Array.isArray(each.context));

const optionsOf = ({ name, options }: StageDefinition, { at: index, entry }: Placed): Result<unknown> => {
  if (options === undefined) {
    return Object.keys(entry.options).length === 0 ? E.right({}) : wrong(index, `${name} takes no options`, 'with');
  }
  const decoded = E.tryCatch(
    () => options.decode(entry.options),
    (error) => [at(index, `the codec of ${name} threw ${thrown(error)}`, 'with')],
  );
  if (E.isLeft(decoded)) return decoded;
  const read = decoded.right;
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

const isNeeds = (needs: unknown): boolean =>
  needs === 'whole' || (isObject(needs) && Number.isInteger(needs.chars) && (needs.chars as number) >= 0);

/** What of a stage's seats is wrong; none: nothing. */
const complaint = (seats: unknown): string | undefined => {
  if (!isObject(seats)) return 'gives no seats';
  const unknown = Object.keys(seats).find((key) => !SEATS.includes(key));
  if (unknown !== undefined) {
    const meant = closest(unknown, SEATS);
    return `takes the seat ${unknown}, which there is not${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  }
  const taken = FUNCTIONS.filter((seat) => seats[seat] !== undefined);
  const noFunction = taken.find((seat) => typeof seats[seat] !== 'function');
  if (noFunction !== undefined) return `has at ${noFunction} what is no function`;
  if (taken.length === 0) return 'takes no seat';
  return seats.needs === undefined || isNeeds(seats.needs) ? undefined : "needs what is neither 'whole' nor { chars }";
};

const seatsOf = (definition: StageDefinition, { at: index }: Placed, options: unknown, tools: Tools): Result<Seats> => {
  const made = E.tryCatch(
    (): unknown => definition.make(options, tools),
    (error) => [at(index, error instanceof Error ? error.message : 'its options are refused', 'with')],
  );
  if (E.isLeft(made)) return made;
  const problem = complaint(made.right);
  return problem === undefined ? E.right(made.right as Seats) : wrong(index, `${definition.name} ${problem}`, 'use');
};

/** One stage in its place. */
export const seatDefinition = (definition: StageDefinition, placed: Placed, tools: Tools): Result<Seated> =>
  E.chain((options: unknown) =>
    E.map((seats: Seats): Seated => ({ label: tools.label, timeoutMs: placed.entry.timeoutMs, seats }))(
      seatsOf(definition, placed, options, tools),
    ),
  )(optionsOf(definition, placed));

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
export const seatStages = async (entries: readonly Placed[], io: SeatingIo): Promise<Result<readonly Seated[]>> => {
  const stages = await Promise.all(entries.map(({ entry }) => find(entry.use, io)));
  const counts = new Map<string, number>();
  const results = entries.map((placed, index): Result<Seated> => {
    const found = stages[index] as E.Either<string, Found>;
    if (E.isLeft(found)) return wrong(placed.at, found.left, 'use');
    const { name } = found.right.definition;
    const other = entries[namesake(stages, index, found.right)];
    if (other !== undefined) return wrong(placed.at, `stages[${other.at}] has the name ${name} already`, 'use');
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const label = count === 1 ? name : `${name} (${count})`;
    return seatDefinition(found.right.definition, placed, { label, now: io.now, roll: io.roll });
  });
  const { left, right } = RA.separate(results);
  return left.length > 0 ? E.left(left.flat()) : E.right(right);
};
