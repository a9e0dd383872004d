// count.js REPORT STATUS: prints how many specs of mocha's JSON report passed and failed, and on stderr which failed and
// why. A run that failed although no spec did (coverage, a crash, no report) counts as one failure.
import { readFileSync } from 'node:fs';

const [, , file, status] = process.argv;
const read = () => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    console.error('there is no report');
    return { stats: { passes: 0 }, failures: [] };
  }
};

const { stats, failures } = read();
for (const { fullTitle, err } of failures) console.error(`FAILED: ${fullTitle}\n${err.stack ?? err.message}\n`);
const ran = stats.passes + failures.length > 0;
const other = failures.length === 0 && (status !== '0' || !ran) ? 1 : 0;
console.log(`${stats.passes} ${failures.length + other}`);
