/** docs/clients.md: the whole table, without what differs from run to run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { file } from '../gauntlet/processes.mjs';
import { VERSION } from './install.mjs';

const PATH = file('docs/clients.md');

const HEAD = `# What the users of real clients see

Made by \`npm run e2e\`, which fails where a row does: real clients ask the built proxy, the demo upstream behind it plays what the fifth column says, and the last column is what was seen. It is written only where every row is as it should be.

- **SillyTavern page**: the web page of SillyTavern ${VERSION} in Chromium, clicked and typed into. The text on the screen is compared whole.
- **SillyTavern backend**: its server alone, asked as its page would ask.

A name without an arrow behind it is what the upstream did at the only attempt; ×4 is the first attempt and its three retries. How long the attempts took is left out: "in … s".

Of the source Claude without streaming, SillyTavern's server drops every error and says "Internal Server Error" in its place, whatever it was sent. With streaming on, Claude's errors are told in full.

`;

const COLUMNS = ['Client', 'Source', 'Mode', 'Case', 'The upstream played', 'The user saw'];

const steady = (text) => text.replace(/attempts in (under )?\d+(\.\d+)? s/g, 'attempts in … s');
const cell = (text) => steady(text).replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
const lineOf = (cells) => `| ${cells.map(cell).join(' | ')} |\n`;

/** @param {readonly import('./report.mjs').Row[]} rows */
const docOf = (rows) => {
  const lines = rows.map(({ client, source, mode, says, attempts, saw }) =>
    lineOf([client, source, mode, says, attempts, saw]),
  );
  return [HEAD, lineOf(COLUMNS), `|${'---|'.repeat(COLUMNS.length)}\n`, ...lines].join('');
};

export const writeDoc = (rows) => writeFileSync(PATH, docOf(rows));

export const differsFromDoc = (rows) => {
  try {
    return readFileSync(PATH, 'utf8') !== docOf(rows);
  } catch {
    return true;
  }
};
