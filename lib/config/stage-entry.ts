/** The entries of `stages:` in a config. */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { closed, filled, optional, type Written, withDefault } from '../codecs/closed.js';
import { HIDDEN, leaf, Text, Timeout } from '../codecs/leaf.js';
import type { StageEntry } from '../core/settings.js';

const Options = leaf({ name: 'a map of options', is: t.UnknownRecord.is, write: () => HIDDEN });

export const STAGE = {
  use: optional(
    Text,
    'must be given',
    'A built-in stage by its name, a file (`./stages/mine.js`, as seen from the config), or a package that is installed beside the config.',
  ),
  with: optional(Options, 'none', "The stage's own options."),
  timeout: withDefault(Timeout, 10_000, 'How long one call of the stage may take.'),
};

const Keys = closed(STAGE);

const NO_USE = 'expected a key use, which names the stage';

/** Nothing at all counts as no keys. */
const keysIn = (input: unknown): Readonly<Record<string, unknown>> | undefined => {
  if (input === null || input === undefined) return {};
  return t.UnknownRecord.is(input) ? input : undefined;
};

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

const Entry = new t.Type<Written<typeof STAGE>, unknown, unknown>(
  'a map of keys, such as { use: replace-text }',
  Keys.is,
  (input, context) => {
    const read = Keys.validate(input, context);
    const keys = keysIn(input);
    if (keys === undefined || isGiven(keys.use)) return read;
    const lacking = { value: input, context, message: NO_USE };
    return t.failures(E.isLeft(read) ? [lacking, ...read.left] : [lacking]);
  },
  Keys.encode,
);

export const Stages = t.array(Entry, 'a list of stages');

export const entryOf = (written: Written<typeof STAGE>): StageEntry => {
  const { use = '', with: options = {}, timeout } = filled(STAGE, written);
  return { use, options, timeoutMs: timeout };
};

/** An entry, and its place in the list. */
export interface Placed {
  readonly at: number;
  readonly entry: StageEntry;
}

/** An entry that names a stage, whatever else is wrong with it. */
export interface Named extends Placed {
  /** True if what it gives as options can be read as such. */
  readonly hasOptions: boolean;
}

/** The keys that can be read. */
const readable = (keys: Readonly<Record<string, unknown>>): Written<typeof STAGE> =>
  Object.fromEntries(
    Object.entries(STAGE).flatMap(([key, { codec }]) => {
      const read: E.Either<unknown, unknown> = codec.decode(keys[key]);
      return E.isRight(read) ? [[key, read.right]] : [];
    }),
  );

/** The entries of a list that name a stage. */
export const namedIn = (stages: unknown): readonly Named[] =>
  (Array.isArray(stages) ? stages : []).flatMap((item: unknown, at) => {
    const keys = keysIn(item) ?? {};
    const written = readable(keys);
    if (written.use === undefined) return [];
    const hasOptions = written.with !== undefined || !isGiven(keys.with);
    return [{ at, entry: entryOf(written), hasOptions }];
  });
