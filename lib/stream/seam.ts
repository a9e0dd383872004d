/** Where a continuation takes up: what it repeats of the reply so far is left out. */

/** A shorter overlap is taken as chance. */
const LEAST_OVERLAP = 20;
/** The most text that is held back while it may still be an overlap. */
const MOST_HELD = 2000;

export type Seam =
  /** It may still be an overlap: nothing is to be passed on yet. */
  | { readonly _tag: 'Undecided' }
  /** The continuation without what it repeats. */
  | { readonly _tag: 'Joined'; readonly text: string }
  /** The model has not gone on, but begun again. */
  | { readonly _tag: 'BegunAnew' };

/** The length of the longest end of `before` that is a beginning of `after`. */
const overlapLength = (before: string, after: string): number => {
  for (let length = Math.min(before.length, after.length); length > 0; length -= 1) {
    if (before.endsWith(after.slice(0, length))) return length;
  }
  return 0;
};

const commonStart = (a: string, b: string): number => {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
};

/**
 * The text that a continuation that begins with `after` adds to `before`. `isWhole`: no more of it will come. White space and half
 * a character at the end of `before` were not sent with the request, so the model may say them again.
 */
export const seam = (before: string, after: string, isWhole: boolean): Seam => {
  const mayOverlap = before.slice(-MOST_HELD).includes(after);
  const mayBegin = after.length < LEAST_OVERLAP && before.startsWith(after);
  if (!isWhole && after.length < MOST_HELD && (mayOverlap || mayBegin)) return { _tag: 'Undecided' };
  const overlap = overlapLength(before, after);
  if (overlap >= LEAST_OVERLAP) return { _tag: 'Joined', text: after.slice(overlap) };
  if (commonStart(before, after) >= LEAST_OVERLAP) return { _tag: 'BegunAnew' };
  const unsent = before.slice(before.search(/\s*[\uD800-\uDBFF]?$/));
  return { _tag: 'Joined', text: after.slice(overlapLength(unsent, after)) };
};
