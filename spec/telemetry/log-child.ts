/** A process that logs to its stdout what it is asked to, and answers each time how it is. */
import { log } from '../../lib/telemetry/log.js';
import { finished } from '../support/events.js';

const isPretty = process.argv[2] === 'pretty';
const emit = log({ level: 'info', isPretty, wallClock: Date.now, stream: process.stdout });

interface Asked {
  readonly requests: number;
  /** Whether memory is to be weighed, which takes long. */
  readonly weigh: boolean;
}

process.on('message', ({ requests, weigh }: Asked) => {
  const startedAt = performance.now();
  for (let n = 0; n < requests; n += 1) emit(finished({ id: `id-${n}` }));
  const tookMs = performance.now() - startedAt;
  // What is alive, rather than what the system has given: when garbage is returned depends on how busy the machine is.
  if (weigh) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ tookMs, memoryBytes: heapUsed + external });
});
