/** Time and dice. */
import { getEventListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import { shuttingDown } from '../../lib/core/failure.js';
import { clock, freshId, later, now, random, sleep, wallClock, within } from '../../lib/edge/clock.js';
import { SOON_MS } from '../support/proxy.js';

/** Counted once mocha has set its own, which it does when a spec has returned its promise. */
const timers = async (): Promise<number> => {
  await Promise.resolve();
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
};

describe('work in turns', () => {
  const busy = (ms: number) => {
    for (const until = performance.now() + ms; performance.now() < until; );
  };
  const work = function* (steps: number, ms: number): Generator<undefined, string, undefined> {
    for (let step = 0; step < steps; step += 1) {
      busy(ms);
      yield;
    }
    return 'done';
  };
  /** How often others got their turn. */
  const turnsDuring = async (steps: number, ms: number) => {
    let turns = 0;
    const counter = setInterval(() => {
      turns += 1;
    }, 0);
    expect(await clock.inTurns(work(steps, ms))).to.equal('done');
    clearInterval(counter);
    return turns;
  };

  it('leaves the process to others while it is long', async () => {
    expect(await turnsDuring(20, 5)).to.be.at.least(5);
  });

  it('does what is short at once', async () => {
    expect(await turnsDuring(1000, 0)).to.be.at.most(1);
  });
});

describe('sleep', () => {
  let controller: AbortController;
  beforeEach(() => {
    controller = new AbortController();
  });
  const leavesNothing = async (before: number) => {
    expect((await timers()) - before).to.equal(0);
    expect(getEventListeners(controller.signal, 'abort')).to.deep.equal([]);
  };

  it('ends at its time', async () => {
    const [before, startedAt] = [await timers(), performance.now()];
    const slept = await sleep(50, controller.signal)();
    expect(slept).to.deep.equal(E.right(undefined));
    expect(performance.now() - startedAt).to.be.within(49, SOON_MS);
    await leavesNothing(before);
  });
  it('ends at once where the client leaves', async () => {
    const [before, startedAt] = [await timers(), performance.now()];
    setTimeout(() => controller.abort(), 20);
    expect(await sleep(60_000, controller.signal)()).to.deep.equal(E.left({ _tag: 'ClientGone' }));
    expect(performance.now() - startedAt).to.be.below(SOON_MS);
    await leavesNothing(before);
  });
  it('ends at once where the proxy shuts down, and says so', async () => {
    setTimeout(() => controller.abort(shuttingDown), 20);
    expect(await sleep(60_000, controller.signal)()).to.deep.equal(E.left(shuttingDown));
  });
  it('does not begin where the client has gone', async () => {
    const before = await timers();
    controller.abort();
    expect(await sleep(60_000, controller.signal)()).to.deep.equal(E.left({ _tag: 'ClientGone' }));
    await leavesNothing(before);
  });
  it('does not begin before it is run', async () => {
    const before = await timers();
    sleep(60_000, controller.signal);
    await leavesNothing(before);
  });
});

describe('within a time', () => {
  it('is what comes by then, and undefined where nothing does', async () => {
    const before = await timers();
    expect(await within(1000, Promise.resolve(1))).to.equal(1);
    expect(await timers()).to.equal(before);
    expect(await within(10, new Promise(() => {}))).to.equal(undefined);
  });
});

describe('later', () => {
  it('acts at its time, and keeps no process alive for it', async () => {
    const before = await timers();
    const startedAt = performance.now();
    await new Promise<void>((resolve) => {
      later(30, resolve);
      // Node does not count what keeps nothing alive.
      expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).to.have.length.at.most(before);
      setTimeout(resolve, 2 * SOON_MS);
    });
    expect(performance.now() - startedAt).to.be.within(29, SOON_MS);
  });
});

describe('the clock', () => {
  it('counts in milliseconds, and never back', async () => {
    const startedAt = now();
    await sleep(20, new AbortController().signal)();
    expect(now() - startedAt).to.be.within(19, SOON_MS);
  });
  it('tells the time of day too', () => {
    expect(wallClock()).to.be.closeTo(Date.now(), SOON_MS);
  });
});

describe('the dice', () => {
  it('fall in [0, 1), and not always alike', () => {
    const rolls = Array.from({ length: 100 }, random);
    expect(rolls.every((one) => one >= 0 && one < 1)).to.equal(true);
    expect(new Set(rolls)).to.have.property('size').above(90);
  });
  it('make no id twice', () => {
    expect(new Set(Array.from({ length: 100 }, freshId))).to.have.property('size', 100);
  });
});
