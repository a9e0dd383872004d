/** What every stage of the kit has, so that its page is made from it. */
import { closed, type Fields, type Written } from '../../codecs/closed.js';
import type { Seats, StageDefinition } from '../../core/custom-stage.js';

export interface KitStage {
  readonly definition: StageDefinition;
  /** What it does, in a sentence or two. */
  readonly says: string;
  readonly fields: Fields;
  /** An entry of `stages:`, in YAML. */
  readonly example: string;
}

interface Parts<F extends Fields> extends Pick<KitStage, 'says' | 'example'> {
  readonly name: string;
  readonly fields: F;
  /** What is wrong with options that are fine one by one; none: nothing. */
  readonly check?: (options: Written<F>) => string | undefined;
  readonly make: (options: Written<F>) => Seats;
}

export const kitStage = <F extends Fields>({ name, says, fields, example, check, make }: Parts<F>): KitStage => ({
  says,
  fields,
  example,
  definition: {
    name,
    options: closed(fields),
    make: (options) => {
      const problem = check?.(options as Written<F>);
      // The one way to refuse options that a codec cannot judge.
      if (problem !== undefined) throw new Error(problem);
      return make(options as Written<F>);
    },
  },
});
