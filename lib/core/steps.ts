/** Long work in steps, between which other requests get their turn. */

/** Each `yield` ends a step of a few milliseconds. */
export type Steps<A> = Generator<undefined, A, undefined>;

/** Does the steps of long work, and leaves the process to others in between. */
export type InTurns = <A>(steps: Steps<A>) => Promise<A>;

/** Does all steps without a pause. */
export const atOnce = <A>(steps: Steps<A>): A => {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};
