/** The windows of a short text: all its runs of so many characters, to be found in texts that may be far longer. */
export interface Windows {
  readonly size: number;
  /** UTF-16 units. */
  readonly codes: Uint16Array;
  /** The last window with each hash, counted from 1; 0 for none. */
  readonly heads: Int32Array;
  /** The window before it with the same hash. */
  readonly next: Int32Array;
}

const BUCKETS = 1 << 15;

/** The hash of every second unit, which is enough to tell windows apart, in half the time. */
const hashAt = (codes: Uint16Array, at: number, size: number): number => {
  let hash = 0;
  for (let i = at; i < at + size; i += 2) hash = Math.imul(hash ^ (codes[i] as number), 0x9e3779b1);
  return (hash ^ (hash >>> 15)) & (BUCKETS - 1);
};

export const windowsOf = (codes: Uint16Array, size: number): Windows => {
  const heads = new Int32Array(BUCKETS);
  const next = new Int32Array(codes.length + 1);
  for (let at = 0; at + size <= codes.length; at += 1) {
    const hash = hashAt(codes, at, size);
    next[at + 1] = heads[hash] as number;
    heads[hash] = at + 1;
  }
  return { size, codes, heads, next };
};

const isAt = ({ size, codes }: Windows, start: number, other: Uint16Array, at: number): boolean => {
  for (let i = 0; i < size; i += 1) {
    if (codes[start + i] !== other[at + i]) return false;
  }
  return true;
};

/** Takes out the windows that hold what stands at `at` of another text, so that none is found twice. */
const take = (windows: Windows, other: Uint16Array, at: number, hash: number, found: Found): void => {
  const { heads, next } = windows;
  let before = 0;
  for (let window = heads[hash] as number; window !== 0; window = next[window] as number) {
    if (!isAt(windows, window - 1, other, at)) {
      before = window;
      continue;
    }
    if (before === 0) heads[hash] = next[window] as number;
    else next[before] = next[window] as number;
    found(window - 1, at);
  }
};

/** The start of a window, and where the same stands in the other text. */
export type Found = (start: number, at: number) => void;

/**
 * Looks at every `step` of another text for a window that holds the same, and takes each that it finds out of the
 * windows: however alike two texts are, the time is linear in both.
 */
export const takeWindows = (windows: Windows, other: Uint16Array, step: number, found: Found): void => {
  const { heads, size } = windows;
  for (let at = 0; at + size <= other.length; at += step) {
    const hash = hashAt(other, at, size);
    if (heads[hash] !== 0) take(windows, other, at, hash, found);
  }
};
