/** Rows as lines of a table for the terminal. */

/**
 * @typedef {object} Row
 * @property {string} client who asked, such as `SillyTavern page`
 * @property {string} says the case in words
 * @property {string} source where it asked, such as `custom`
 * @property {string} mode `stream`, `json`, `models`, …
 * @property {string} saw what its user saw, in a few words
 * @property {string} attempts what the upstream played: see `played`
 * @property {number} ms
 * @property {readonly string[]} problems none where all is well
 */

/** What the upstream played, attempt by attempt, in short: `http-502-html ×2 → good-plain`. @param {readonly string[]} names */
export const played = (names) => {
  const runs = [];
  for (const name of names) {
    const last = runs.at(-1);
    if (last?.name === name) last.times += 1;
    else runs.push({ name, times: 1 });
  }
  return runs.map(({ name, times }) => (times > 1 ? `${name} ×${times}` : name)).join(' → ') || 'nothing';
};

const WIDTHS = [1, 20, 10, 7, 44, 5, 40, 0];

const inColumns = (cells) =>
  cells
    .map((cell, column) => String(cell).padEnd(WIDTHS[column]))
    .join(' ')
    .trimEnd();

export const header = inColumns(['', 'client', 'source', 'mode', 'case', 'ms', 'the upstream played', 'the user saw']);

/** A failing row's problems stand under it. @param {Row} row */
export const line = ({ client, says, source, mode, saw, attempts, ms, problems }) => {
  const mark = problems.length === 0 ? ' ' : '!';
  const cells = [mark, client, source, mode, says, String(Math.round(ms)).padStart(5), attempts, saw];
  return [inColumns(cells), ...problems.map((problem) => `    <- ${problem}`)].join('\n');
};

/** Times what is done; what it throws is a problem of the row. */
export const judged = async (row, judge) => {
  const startedAt = performance.now();
  const verdict = await judge().catch((error) => ({
    saw: '',
    attempts: '',
    problems: [`${error.name}: ${error.message}`],
  }));
  return { ...row, ms: performance.now() - startedAt, ...verdict };
};
