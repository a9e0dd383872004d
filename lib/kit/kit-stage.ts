/** The parts of a built-in stage, from which its page is made. */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { closed, type Fields, type Filled, filled, type Written } from '../codecs/closed.js';
import type { Hooks, StageDefinition } from '../core/custom-stage.js';

export interface KitStage {
  readonly definition: StageDefinition;
  /** Its description, in a sentence or two. */
  readonly description: string;
  readonly fields: Fields;
  /** An entry of `stages:`, in YAML. */
  readonly example: string;
}

/** Something wrong with options that are fine one by one. */
export interface Flaw {
  /** Keys and indexes, from the top of the options. */
  readonly path: readonly string[];
  readonly description: string;
}

export const flaw = (description: string, ...path: readonly string[]): Flaw => ({ path, description });

interface Parts<F extends Fields> extends Pick<KitStage, 'description' | 'example'> {
  readonly name: string;
  readonly fields: F;
  /** Everything that is. Both get the options with their defaults, but for those within sections. */
  readonly check: (options: Filled<F>) => readonly Flaw[];
  readonly make: (options: Filled<F>) => Hooks;
}

/** Reads the options one by one, and then together. */
const checked = <O>(codec: t.Type<O, unknown, unknown>, check: (options: O) => readonly Flaw[]) =>
  new t.Type<O, unknown, unknown>(
    codec.name,
    codec.is,
    (input, context) => {
      const read = codec.validate(input, context);
      if (E.isLeft(read)) return read;
      const errors = check(read.right).map(({ path, description }) => ({
        value: input,
        context: path.reduce((around, key) => t.appendContext(around, key, t.unknown), context),
        message: description,
      }));
      return errors.length > 0 ? t.failures(errors) : read;
    },
    codec.encode,
  );

export const kitStage = <F extends Fields>({
  name,
  description,
  fields,
  example,
  check,
  make,
}: Parts<F>): KitStage => ({
  description,
  fields,
  example,
  definition: {
    name,
    options: checked(closed(fields), (options) => check(filled(fields, options))),
    make: (options) => make(filled(fields, options as Written<F>)),
  },
});
