import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import sinon from 'sinon';
import { main } from '../../lib/cli/main.js';
import type { Listening } from '../support/listen.js';
import { chat, completionText, endAll, fakeProcessIo, startCommand, upstream } from './support.js';

describe('seaking-proxy run, when it is stopped', () => {
  let slow: Listening;
  let held: ServerResponse[];
  let arrived: () => Promise<ServerResponse>;

  beforeEach(async () => {
    held = [];
    const bell = new EventTarget();
    slow = await upstream((_request, response) => {
      held.push(response);
      bell.dispatchEvent(new Event('held'));
    });
    arrived = async () => {
      while (held[0] === undefined) await once(bell, 'held');
      return held[0];
    };
  });
  afterEach(async () => {
    sinon.restore();
    endAll();
    await slow.close();
  });

  const release = (response: ServerResponse) => {
    response.setHeader('content-type', 'application/json');
    response.end(completionText('late but whole'));
  };

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`by ${signal}: lets what is in flight end, takes nothing new, and exits 0`, async () => {
      const { child, base } = await startCommand(['--target', slow.url]);
      const asked = chat(base);
      const response = await arrived();
      child.signal(signal);
      await child.until(/"event":"stopping","in_flight":1}\n/);
      const refused = await chat(base).catch((error) => error.cause.code);
      expect(refused).to.equal('ECONNREFUSED');
      release(response);
      expect(await (await asked).text()).to.equal(completionText('late but whole'));
      expect(await child.ended).to.equal(0);
    });
  }

  it('twice: exits at once', async () => {
    const { child, base } = await startCommand(['--target', slow.url]);
    const asked = chat(base).then(
      () => 'answered',
      () => 'cut',
    );
    await arrived();
    child.signal('SIGTERM');
    await child.until(/"in_flight":1/);
    child.signal('SIGINT');
    expect(await child.ended).to.equal(0);
    expect(await asked).to.equal('cut');
    expect(held, 'and was never answered').to.have.lengthOf(1);
  });

  it('refuses what is still in flight after 25 seconds, and logs it before it logs that it has stopped', async () => {
    const processIo = fakeProcessIo();
    const code = main(['--target', slow.url, '--port', '0'], { processIo });
    const base = await told(processIo.told);
    const asked = chat(base);
    await arrived();
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldClearNativeTimers: true });
    processIo.stop();
    await clock.tickAsync(24_999);
    let ended = false;
    void code.then(() => {
      ended = true;
    });
    await clock.tickAsync(0);
    expect(ended).to.equal(false);
    await clock.tickAsync(1);
    clock.restore();
    expect(await code).to.equal(0);
    expect((await asked).status).to.equal(503);
    expect(processIo.told()).to.match(
      /Stopping: 1 in flight.*\n[\d:]{8} ✗ m 503 .* shutting_down: The proxy is shutting down\. Try again in a moment\.\n[\d:]{8} Stopped\.\n$/,
    );
    expect(processIo.exits(), 'without being told twice').to.deep.equal([]);
  });
});

/** The base URL, once it was told. */
const told = async (out: () => string): Promise<string> => {
  for (;;) {
    const base = / URL (http:\S+)\n/.exec(out())?.[1];
    if (base !== undefined) return base;
    await new Promise((resolve) => setImmediate(resolve));
  }
};
