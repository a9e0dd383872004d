/** The entries of `stages:` in a config. */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { closed, filled, optional, usual, type Written } from '../codecs/closed.js';
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
  timeout: usual(Timeout, 10_000, 'How long one call of the stage may take.'),
};

const Keys = closed(STAGE);

const Entry = new t.Type<Written<typeof STAGE>, unknown, unknown>(
  'a map of keys',
  Keys.is,
  (input, context) =>
    E.chain((written: Written<typeof STAGE>) =>
      written.use === undefined
        ? t.failure<Written<typeof STAGE>>(input, context, 'expected a key use, which names the stage')
        : t.success(written),
    )(Keys.validate(input, context)),
  Keys.encode,
);

export const Stages = t.array(Entry, 'a list of stages');

export const entryOf = (written: Written<typeof STAGE>): StageEntry => {
  const { use = '', with: options = {}, timeout } = filled(STAGE, written);
  return { use, options, timeoutMs: timeout };
};

/** An entry that could be read, and its place in the list. */
export interface Placed {
  readonly at: number;
  readonly entry: StageEntry;
}

/** The entries of a list, save those that cannot be read. */
export const placedIn = (stages: unknown): readonly Placed[] =>
  (Array.isArray(stages) ? stages : []).flatMap((item, at) => {
    const entry = Entry.decode(item);
    return E.isRight(entry) ? [{ at, entry: entryOf(entry.right) }] : [];
  });
