/**
 * Real clients through the built proxy on the demo upstream, each case judged by what its user saw. What is missing
 * (SillyTavern, a browser) is installed the first time. The whole table is kept in docs/clients.md.
 */
import { parseArgs } from 'node:util';
import * as backend from './e2e/backend.mjs';
import * as curl from './e2e/curl.mjs';
import { differsFromDoc, writeDoc } from './e2e/doc.mjs';
import * as page from './e2e/page.mjs';
import * as passThrough from './e2e/pass-through.mjs';
import { header, line } from './e2e/report.mjs';
import * as sdks from './e2e/sdks.mjs';

/**
 * In the order of the table. Each: `name`; `run(tell, options)`, which tells a row for each case; and `about`, what the
 * reader of the table is to know of it.
 */
const PARTS = [page, backend, passThrough, sdks, curl];

const USAGE = `npm run e2e -- [options]

  --only NAME[,NAME…]  these parts alone: ${PARTS.map(({ name }) => name).join(', ')}; docs/clients.md is left as it is
  --check              write nothing; docs/clients.md fails where it is not what was seen
  --screenshots        take those of the README again
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    check: { type: 'boolean', default: false },
    screenshots: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const abouts = PARTS.flatMap(({ about }) => about ?? []);
const names = values.only?.split(',') ?? PARTS.map(({ name }) => name);
if (values.help || names.some((wanted) => PARTS.every(({ name }) => name !== wanted))) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 64);
}

/** @type {import('./e2e/report.mjs').Row[]} */
const rows = [];
const broken = [];
console.log(header);
for (const { name, run } of PARTS.filter((part) => names.includes(part.name))) {
  const startedAt = performance.now();
  const before = rows.length;
  const tell = (row) => {
    rows.push(row);
    console.log(line(row));
  };
  try {
    await run(tell, { screenshots: values.screenshots });
    if (rows.length === before) throw new Error('It told nothing.');
  } catch (error) {
    broken.push(name);
    console.log(`! ${name} came to an end: ${error.stack}`);
  }
  console.log(`  ${name}: ${rows.length - before} rows in ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
}

const failing = rows.filter(({ problems }) => problems.length > 0);
if (failing.length > 0) console.log(['Failing:', ...failing.map(line), ''].join('\n'));
const isWhole = values.only === undefined && broken.length === 0 && failing.length === 0;
if (isWhole && !values.check) writeDoc(abouts, rows);
const stale = isWhole && values.check && differsFromDoc(abouts, rows);
if (stale) console.log('docs/clients.md is not what was seen: run npm run e2e, and look at what has changed.\n');

const failed = failing.length + broken.length + (stale ? 1 : 0);
console.log(`${rows.length - failing.length} passed, ${failed} failed`);
// What a part has left open must not keep this process.
process.exit(failed === 0 && rows.length > 0 ? 0 : 1);
