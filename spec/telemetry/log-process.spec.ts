import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const MIB = 1024 * 1024;

/** So many that not all lines can wait, short ones neither. */
const REQUESTS = 200_000;

/** The line that tells how many were dropped. */
const DROPPED = /^(?:\{.*"event":"lines_dropped","lines":|[\d:]{8} ! )(\d+)(?:\}| lines of the log were dropped)/;

interface Health {
  readonly tookMs: number;
  readonly memoryBytes: number;
}

describe('log to a real stdout', () => {
  let child: ChildProcess;
  let stdout: Readable;
  const begin = (format: string) => {
    const file = fileURLToPath(new URL('log-child.js', import.meta.url));
    child = fork(file, [format], { execArgv: ['--expose-gc'], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    stdout = child.stdout as Readable;
  };
  afterEach(() => {
    child.kill('SIGKILL');
  });

  /** Has so many requests told; gives how the process is after it. */
  const emit = async (requests: number, weigh = false): Promise<Health> => {
    child.send({ requests, weigh });
    const [health] = await once(child, 'message');
    return health;
  };

  for (const format of ['json', 'pretty']) {
    describe(format, () => {
      beforeEach(() => begin(format));

      it('has all its lines, once the process has ended', async () => {
        const read = text(stdout);
        await emit(5000);
        child.disconnect();
        expect(await once(child, 'exit')).to.deep.equal([0, null]);
        expect((await read).split('\n')).to.have.lengthOf(5001);
      });

      it('goes on where stdout is closed', async () => {
        await emit(1);
        stdout.destroy();
        await once(stdout, 'close');
        for (let round = 0; round < 3; round += 1) await emit(1000);
        child.disconnect();
        expect(await once(child, 'exit')).to.deep.equal([0, null]);
      });

      it('is quick and small where nobody reads it, and then reports how much was dropped', async () => {
        const before = await emit(1, true);
        let slowestMs = 0;
        for (let told = 1000; told < REQUESTS; told += 1000) slowestMs = Math.max(slowestMs, (await emit(1000)).tookMs);
        const { tookMs, memoryBytes } = await emit(1000, true);
        slowestMs = Math.max(slowestMs, tookMs);
        expect(slowestMs).to.be.below(1000);
        expect(memoryBytes - before.memoryBytes).to.be.below(16 * MIB);

        const read = text(stdout);
        child.disconnect();
        expect(await once(child, 'exit')).to.deep.equal([0, null]);
        const lines = (await read).trimEnd().split('\n');
        const dropped = lines.flatMap((line) => DROPPED.exec(line)?.[1] ?? []).map(Number);
        expect(dropped).to.have.lengthOf(1);
        expect(dropped[0]).to.be.above(100);
        expect(lines.length - 1 + (dropped[0] ?? 0)).to.equal(REQUESTS + 1);
      });
    });
  }
});
