/** docs/clients.md: the whole table, without what differs from run to run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { file } from '../gauntlet/processes.mjs';

const PATH = file('docs/clients.md');

const HEAD = `# What the users of real clients see

\`npm run e2e\` makes this page, and writes it only if every row is as it should be. Real clients send requests to the built proxy. Its upstream, the demo, plays what the fifth column says, attempt by attempt (×4: four times in a row). The last column is what the user saw. The duration of the attempts differs from run to run: "in … s".

`;

const COLUMNS = ['Client', 'Source', 'Mode', 'Case', 'The upstream played', 'The user saw'];

const steady = (text) => text.replace(/attempts in (under )?\d+(\.\d+)? s/g, 'attempts in … s');
const cell = (text) => steady(text).replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
const lineOf = (cells) => `| ${cells.map(cell).join(' | ')} |\n`;

const docOf = (abouts, rows) => {
  const lines = rows.map(({ client, source, mode, says, attempts, saw }) =>
    lineOf([client, source, mode, says, attempts, saw]),
  );
  const said = abouts.map((about) => `${about}\n\n`);
  return [HEAD, ...said, lineOf(COLUMNS), `|${'---|'.repeat(COLUMNS.length)}\n`, ...lines].join('');
};

/** @param {readonly string[]} abouts paragraphs in front of the table @param {readonly import('./report.mjs').Row[]} rows */
export const writeDoc = (abouts, rows) => writeFileSync(PATH, docOf(abouts, rows));

/** Which cases there are. What was seen of each is judged case by case; its words may differ with a browser's version. */
const casesIn = (doc) =>
  doc
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split(' | ').slice(0, 4).join(' | '))
    .join('\n');

/** Whether the page tells other cases than these. */
export const differsFromDoc = (abouts, rows) => {
  try {
    return casesIn(readFileSync(PATH, 'utf8')) !== casesIn(docOf(abouts, rows));
  } catch {
    return true;
  }
};
