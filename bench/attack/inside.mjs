/** Runs in a network namespace: asks a proxy of its own for what cannot be reached there, and says what came of it. */
import { chat, messagesIn } from './messages.mjs';
import { startProxy } from './world.mjs';

const [, , url, connectMs] = process.argv;
const proxy = await startProxy(url, { target: `timeouts: { connect: ${Number(connectMs) / 1000} }` });
// What the first request of a process costs is no part of the wait.
await proxy.asks(chat({ host: 'evil.example' }));
const startedAt = performance.now();
const [{ status, body }] = messagesIn(await proxy.asks(chat())).messages;
const ms = performance.now() - startedAt;
await proxy.end();
console.log(`RESULT ${JSON.stringify({ status, ms, error: JSON.parse(body).error })}`);
