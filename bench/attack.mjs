/**
 * What the proxy does under attack: the rows of the reliability programme, by their ids, against the built product in a
 * process of its own, over raw sockets.
 */
import { parseArgs } from 'node:util';
import { client } from './attack/client.mjs';
import { costly } from './attack/costs.mjs';
import { load } from './attack/load.mjs';
import { network } from './attack/network.mjs';
import { protocol } from './attack/protocol.mjs';
import { secrecy } from './attack/secrecy.mjs';
import { slow } from './attack/slow.mjs';
import { upstream } from './attack/upstream.mjs';

const USAGE = `npm run attack -- [options]

  --only ID[,ID…]   these rows alone
  --long            the slowest ones too, which take more than five minutes
`;

const { values } = parseArgs({
  options: { only: { type: 'string' }, long: { type: 'boolean', default: false }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(USAGE);
  process.exit();
}
const only = values.only?.split(',');
const isWanted = ({ id, isLong = false }) => (only === undefined || only.includes(id)) && (values.long || !isLong);

let passed = 0;
let failed = 0;

/** A row has an id, says what is done, and runs to figures: `{ what, figure, pass }`, or one that was skipped. */
const run = async ({ id, run: attack }) => {
  const startedAt = performance.now();
  const lines = await attack().catch((error) => [{ what: 'runs to its end', figure: error.stack, pass: false }]);
  for (const { what, figure, pass, skipped } of lines) {
    if (skipped !== undefined) {
      console.log(`${id.padEnd(3)} skipped: ${what}: ${skipped}`);
      continue;
    }
    if (pass) passed += 1;
    else failed += 1;
    console.log(`${id.padEnd(3)} ${what}: ${figure}: ${pass ? 'pass' : 'FAIL'}`);
  }
  if (process.env.ATTACK_TIMES) console.log(`    ${id} took ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
};

// What only waits runs beside the others.
const waiting = Promise.all(slow.filter(isWanted).map(run));
for (const row of [...protocol, ...network, ...upstream, ...client, ...load, ...secrecy, ...costly].filter(isWanted))
  await run(row);
await waiting;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
