/** The demo upstream as a process of its own. Says in one line of JSON where it and its listeners are. */
import { faults } from '../../dist/lib/demo/catalogue.js';
import { startDemo } from '../../dist/lib/demo/server.js';

const CHUNK_DELAY_MS = 1;

const demo = await startDemo({ chunkDelayMs: CHUNK_DELAY_MS });
const names = Object.keys(faults).filter((name) => faults[name].kind === 'listener');
const listeners = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await demo.show(name)])));
console.log(JSON.stringify({ url: demo.url, listeners, certificateAuthority: demo.certificateAuthority }));
