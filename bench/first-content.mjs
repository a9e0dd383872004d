/** What the proxy adds to the time until the first content of a stream, against the same upstream asked directly. */
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import { PLACES } from './gauntlet/client.mjs';
import { startOurs } from './gauntlet/ours.mjs';
import { streamReader } from './gauntlet/reader.mjs';
import { startUpstream } from './gauntlet/upstream-client.mjs';

const MOST_ADDED_MS = 2;
const WARM_UP = 50;

const { values } = parseArgs({ options: { requests: { type: 'string', default: '300' } } });
const count = Number(values.requests);

const place = PLACES['chat-stream'];
const BODY = JSON.stringify({ model: 'demo:good-plain', messages: [{ role: 'user', content: 'hi' }], stream: true });
const HEADERS = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };

/** Milliseconds until the first content came. Settles once the stream has ended, so that streams never overlap. */
const firstContentMs = (base, agent) =>
  new Promise((resolve, reject) => {
    let cameAt;
    const text = (piece) => {
      if (piece !== '') cameAt ??= performance.now();
    };
    const reader = streamReader(place.dialect, { text, reasoning: () => {}, extra: () => {} });
    const startedAt = performance.now();
    const asked = request(`${base}${place.path}`, { method: 'POST', headers: HEADERS, agent }, (response) => {
      response.on('data', reader.push);
      response.on('error', reject);
      response.on('end', () =>
        cameAt === undefined
          ? reject(new Error(`${base} answers ${response.statusCode} without content`))
          : resolve(cameAt - startedAt),
      );
    });
    asked.on('error', reject);
    asked.end(BODY);
  });

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const upstream = await startUpstream();
const proxy = await startOurs({ url: upstream.url, onBreak: 'error' });
const ways = [upstream, proxy].map(({ url }) => ({ url, agent: new Agent({ keepAlive: true }), times: [] }));
for (let i = 0; i < WARM_UP + count; i++) {
  // Neither always goes first.
  for (const way of i % 2 === 0 ? ways : [...ways].reverse()) {
    const ms = await firstContentMs(way.url, way.agent);
    if (i >= WARM_UP) way.times.push(ms);
  }
}
for (const { agent } of ways) agent.destroy();
await proxy.end();
await upstream.end();

const [direct, proxied] = ways.map(({ times }) => median(times));
const added = proxied - direct;
const ms = (number) => `${number.toFixed(2)} ms`;
console.log(`First content of a stream, median of ${count}: ${ms(direct)} direct, ${ms(proxied)} through the proxy.`);
console.log(`Added: ${ms(added)}; less than ${MOST_ADDED_MS} ms is promised.`);
process.exitCode = added < MOST_ADDED_MS ? 0 : 1;
