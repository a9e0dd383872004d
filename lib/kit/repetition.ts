/** Finds out if a text repeats itself again and again. */

/** The length at the end of a text that is looked at: a model that repeats itself does so to its end. */
const LOOKED_AT = 20_000;
const LONGEST_BLOCK = 1000;

/**
 * Whether some block of at least `block` and at most 1000 characters stands `times` times in a row, in the last 20000
 * characters. A block of length d is repeated where the text equals itself d characters before.
 */
export const repeats = (text: string, block: number, times: number): boolean => {
  const end = text.slice(-LOOKED_AT);
  const longest = Math.min(LONGEST_BLOCK, Math.floor(end.length / times));
  for (let distance = block; distance <= longest; distance += 1) {
    const needed = distance * (times - 1);
    let equal = 0;
    for (let at = distance; at < end.length; at += 1) {
      equal = end.charCodeAt(at) === end.charCodeAt(at - distance) ? equal + 1 : 0;
      if (equal >= needed) return true;
    }
  }
  return false;
};
