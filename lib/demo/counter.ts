/** Counts by key, remembering only the keys that were used last. */

export interface Counter {
  /** Adds one; gives the new count. */
  readonly next: (key: string) => number;
  readonly count: (key: string) => number;
  readonly forget: (key: string) => void;
  /** The number of keys that are remembered. */
  readonly size: () => number;
}

export const counter = (limit: number): Counter => {
  // A Map keeps the order in which its keys were set: the first is the one not used for longest.
  const counts = new Map<string, number>();
  const count = (key: string): number => counts.get(key) ?? 0;
  return {
    next: (key) => {
      const next = count(key) + 1;
      counts.delete(key);
      counts.set(key, next);
      for (const oldest of counts.keys()) {
        if (counts.size <= limit) break;
        counts.delete(oldest);
      }
      return next;
    },
    count,
    forget: (key) => void counts.delete(key),
    size: () => counts.size,
  };
};
