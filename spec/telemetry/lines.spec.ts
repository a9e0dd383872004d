import { Writable } from 'node:stream';
import { expect } from 'chai';
import { lineWriter } from '../../lib/telemetry/lines.js';

const MIB = 1024 * 1024;
const LINE = `${'x'.repeat(1023)}\n`;

/** A stream whose reader takes what it is told to. */
const slowStream = () => {
  const taken: string[] = [];
  let takeOne: ((error?: Error) => void) | undefined;
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      takeOne = (error) => {
        takeOne = undefined;
        if (error === undefined) taken.push(chunk);
        done(error);
      };
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    stream,
    taken,
    takeAll: async () => {
      for (; takeOne !== undefined; await settle()) takeOne();
    },
    fail: async () => {
      takeOne?.(new Error('EPIPE'));
      await settle();
    },
  };
};

describe('lines', () => {
  it('come to the stream in order', async () => {
    const { stream, taken, takeAll } = slowStream();
    const write = lineWriter(stream, () => {});
    for (const line of ['a\n', 'b\n', 'c\n']) write(line);
    await takeAll();
    expect(taken).to.deep.equal(['a\n', 'b\n', 'c\n']);
  });

  it('are dropped past a few MiB, and those that wait are kept', async () => {
    const { stream, taken, takeAll } = slowStream();
    const told: number[] = [];
    const write = lineWriter(stream, (lines) => told.push(lines));
    for (let n = 0; n < 20_000; n += 1) write(LINE);
    expect(stream.writableLength).to.be.within(MIB, 8 * MIB);
    expect(told, 'nothing flows').to.deep.equal([]);
    await takeAll();
    expect(told, 'once').to.have.lengthOf(1);
    expect(taken.length + (told[0] ?? 0)).to.equal(20_000);
    write(LINE);
    await takeAll();
    expect(taken.length + (told[0] ?? 0)).to.equal(20_001);
  });

  it('report nothing where none was dropped', async () => {
    const { stream, takeAll } = slowStream();
    const told: number[] = [];
    const write = lineWriter(stream, (lines) => told.push(lines));
    for (let n = 0; n < 1000; n += 1) write(LINE);
    await takeAll();
    expect(told).to.deep.equal([]);
  });

  it('are lost without a word once the reader has gone', async () => {
    const { stream, fail } = slowStream();
    const write = lineWriter(stream, () => {});
    write(LINE);
    await fail();
    for (let n = 0; n < 20_000; n += 1) write(LINE);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.writableLength).to.be.below(8 * MIB);
  });
});
