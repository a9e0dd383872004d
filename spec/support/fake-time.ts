/** Time that passes at once, for specs of what waits in timers alone: sockets, files and processes have no part in it. */
import { performance } from 'node:perf_hooks';
import sinon from 'sinon';

/**
 * Has timers fire in their order in each spec of the suite that calls this, each as soon as nothing else is to be done, and
 * the clock say so: limits are exact, however busy the machine is.
 */
export const inFakeTime = (): void => {
  let end = async () => {};
  beforeEach(() => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const monotonic = sinon.stub(performance, 'now').callsFake(() => clock.now);
    let isOver = false;
    const run = async () => {
      while (!isOver) await clock.nextAsync();
    };
    const running = run();
    end = async () => {
      isOver = true;
      await running;
      monotonic.restore();
      clock.restore();
    };
  });
  afterEach(() => end());
};
