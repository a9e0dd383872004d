// package.js FOLDER: whether the package that is installed there answers a chat on its demo, and ends as it should.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const [, , folder] = process.argv;
const bin = join(folder, 'node_modules', '.bin', 'seaking-proxy');
const config = join(folder, 'node_modules', 'seaking-proxy', 'proxy.config.yaml');
const proxy = spawn(bin, ['--config', config, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
const ended = once(proxy, 'exit');
const limit = setTimeout(() => proxy.kill('SIGKILL'), 60_000);

let told = '';
// Destroyed, it would break the pipe that the proxy writes its last words to.
for await (const piece of proxy.stdout.iterator({ destroyOnReturn: false })) {
  told += piece;
  if (told.includes('\n')) break;
}
// Where no terminal reads it, stdout is the log, and its first record tells where the proxy listens.
const { url: base } = JSON.parse(told.split('\n')[0]);

const reply = await fetch(`${base}/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'seaking-demo', messages: [{ role: 'user', content: 'Hello' }] }),
});
const { choices } = await reply.json();
assert.equal(reply.status, 200);
assert(choices[0].message.content.length > 0);

proxy.kill('SIGTERM');
assert.deepEqual(await ended, [0, null]);
clearTimeout(limit);
