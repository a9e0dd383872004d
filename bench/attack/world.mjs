/** What stands around an attack: the built product in a process of its own, an upstream that keeps what it saw, a canary. */
import { readFileSync } from 'node:fs';
import { file, scratch, scratchFile, start } from '../gauntlet/processes.mjs';
import { chatReply, messagesIn } from './messages.mjs';
import { dial, listen, pause } from './raw.mjs';

const KEY = 'sk-attack-9f8e7d6c5b4a39281706';

export { KEY };

/** Its numbers are in the system's own units: pages of 4 KiB, and ticks of 10 ms. */
const factsOf = (pid) => {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const ticks = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return {
    rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024,
    cpuMs: (Number(ticks[11]) + Number(ticks[12])) * 10,
    files: Number(/FDSize:\s+(\d+)/.exec(status)[1]),
  };
};

let started = 0;

/**
 * The product, in front of this target. `server`, `target`, `errors` and `streaming` are YAML of those sections.
 * `openFiles`: how many files it may have open.
 */
export const startProxy = async (url, { server = '', target = '', errors = '', streaming = '', openFiles } = {}) => {
  started += 1;
  const path = scratchFile(
    `attack-${started}.yaml`,
    `server: { host: 127.0.0.1, port: 0, ${server} }
target_proxy: { url: "${url}", api_key: ${KEY}, ${target} }
error_handling: { max_retries: 0, ${errors} }
streaming: { ${streaming} }
logging: { level: warn, format: json }
`,
  );
  const args = [file('bin/seaking-proxy'), '--config', path];
  const env = { STATE_DIRECTORY: scratch };
  const child =
    openFiles === undefined
      ? start(process.execPath, args, { env })
      : start('/bin/sh', ['-c', `ulimit -n ${openFiles} && exec "$0" "$@"`, process.execPath, ...args], { env });
  const [, port] = await child.says(/"address":"127\.0\.0\.1:(\d+)"/);
  const asks = async (request) => {
    const peer = await dial(Number(port));
    peer.send(request);
    await peer.until((_text, isOver) => isOver, 20_000);
    peer.socket.destroy();
    return peer.text();
  };
  return {
    ...child,
    port: Number(port),
    facts: () => factsOf(child.pid),
    /** The whole text of what it answers to a request that closes its connection. */
    asks,
    /** What is amiss after an attack; '' where nothing is: it lives, nothing is in flight, nothing was thrown. */
    amiss: async () => {
      if (child.hasEnded()) return 'the process has ended';
      for (let tries = 0; tries < 20; tries++) {
        const { in_flight: inFlight } = JSON.parse(
          (await asks('GET /status HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')).split('\r\n\r\n')[1] ??
            '{}',
        );
        if (inFlight === 0) return /"strayed"|unhandled|uncaught/i.test(child.said()) ? 'something was thrown' : '';
        await pause(100);
      }
      return 'something is still in flight';
    },
  };
};

/** An upstream that reads requests by their length alone, and answers each; `seen` has them as they came. */
export const startUpstream = async (answer = () => chatReply('fine')) => {
  const seen = [];
  const { port, peers, close } = await listen((peer) => {
    peer.socket.on('data', async () => {
      const { messages, rest } = messagesIn(peer.text());
      peer.clear(rest);
      for (const message of messages) {
        seen.push(message);
        const bytes = await answer(message, peer);
        if (bytes !== undefined) peer.send(bytes);
      }
    });
  });
  return { port, url: `http://127.0.0.1:${port}`, peers, seen, close };
};

/** A listener that nobody may contact. */
export const startCanary = async () => {
  const { port, peers, close } = await listen(() => {});
  return { port, hits: () => peers.length, close };
};

/** Does this to each, so many at once. */
export const each = async (items, atOnce, act) => {
  const rest = items.entries();
  const worker = async () => {
    for (const [at, item] of rest) await act(item, at);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};

export const mb = (megabytes) => `${megabytes < 0 ? '-' : '+'}${Math.abs(megabytes).toFixed(0)} MB`;
