/** The known word that a mistyped one was meant to be. */

/** Levenshtein's distance: how many letters must be put in, taken out or changed. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      const changed = Number(row[j - 1]) + (letter === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, Number(row[j]) + 1, Number(next[j - 1]) + 1));
    }
    row = next;
  }
  return Number(row[b.length]);
};

/** `maxRetries`, `max-retries` and `max_retries` are the same word. */
const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The nearest word, if two letters or a third of it are all that is wrong, and something of it is left. */
export const closest = (word: string, known: readonly string[]): string | undefined =>
  known
    .map((name) => ({ name, far: distance(plain(word), plain(name)) }))
    .filter(({ name, far }) => far <= Math.max(2, name.length / 3) && far < name.length - 1)
    .sort((a, b) => a.far - b.far)[0]?.name;
