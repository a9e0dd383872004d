/** What is left of requests that are over: nothing, whether they ended well or their client left. */
import { Agent, request } from 'node:http';
import { expect } from 'chai';
import { CHAT_END, CHAT_REPLY, chatEvent } from '../support/answers.js';
import { CHAT, STREAM } from '../support/messages.js';
import { eventually, stand } from '../support/proxy.js';
import type { Facts } from '../support/proxy-main.js';
import { type ProxyProcess, proxyProcess } from '../support/proxy-process.js';

const [REQUESTS, AT_ONCE] = [1000, 32];

/** A request that settles at its end. One that hangs is left by its client: a stream once it began, else after 10 ms. */
const ask = (port: number, agent: Agent, body: string, hangs: boolean): Promise<void> =>
  new Promise((resolve) => {
    const headers = { host: 'localhost', 'x-hangs': String(hangs) };
    const path = '/v1/chat/completions';
    const asked = request({ port, host: '127.0.0.1', method: 'POST', path, agent, headers });
    asked.on('error', () => {}).once('close', resolve);
    asked.on('response', (response) => {
      response.on('error', () => {}).once('data', () => hangs && asked.destroy());
    });
    if (hangs && body === CHAT) setTimeout(() => asked.destroy(), 10);
    asked.end(body);
  });

describe('what requests leave behind', () => {
  const { upstream } = stand();
  let other: ProxyProcess;
  beforeEach(() => {
    other = proxyProcess();
  });
  afterEach(() => other.close());

  const hanging = () =>
    upstream(({ body, headers }, response) => {
      const hangs = headers['x-hangs'] === 'true';
      if (body.toString() === CHAT) {
        if (!hangs) response.setHeader('content-type', 'application/json').end(CHAT_REPLY);
        return;
      }
      response.setHeader('content-type', 'text/event-stream');
      response.write(chatEvent('first'));
      if (!hangs) setTimeout(() => response.end(CHAT_END), 2);
    });

  /** Half of them streams, a quarter left by their client. */
  const load = async (port: number) => {
    const agent = new Agent({ keepAlive: true });
    let next = 0;
    const work = async () => {
      while (next < REQUESTS) {
        const i = next++;
        await ask(port, agent, i % 2 === 0 ? CHAT : STREAM, i % 8 === 2 || i % 8 === 5);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    agent.destroy();
  };

  /** How much more there is than before. */
  const growth = async (before: Facts) => {
    const after = await other.count();
    return {
      sockets: after.sockets - before.sockets,
      timers: after.timers - before.timers,
      fds: after.fds - before.fds,
      inFlight: after.inFlight,
    };
  };

  it('is nothing: no socket, no timer, no open file, no request', async () => {
    const { url } = await hanging();
    const port = await other.start(url);
    const before = await other.count();
    await load(port);
    const nothing = { sockets: 0, timers: 0, fds: 0, inFlight: 0 };
    // Connections to the upstream are kept for four seconds.
    await eventually(async () => JSON.stringify(await growth(before)) === JSON.stringify(nothing), 12_000).catch(
      () => {},
    );
    expect(await growth(before)).to.deep.equal(nothing);
  });

  it('is a socket for each client that left, with http-proxy as it comes: so a leak would be seen', async () => {
    const { url } = await hanging();
    const port = await other.startStock(url);
    const before = await other.count();
    await load(port);
    await eventually(async () => (await growth(before)).sockets >= REQUESTS / 8);
    expect((await growth(before)).sockets).to.be.below(REQUESTS / 2);
  });
});
