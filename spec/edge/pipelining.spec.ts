/** Requests that are sent one behind the other on one connection, and requests at once altogether. */

import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { CHAT_REPLY } from '../support/answers.js';
import { ask, chat, repliesIn, replyIn, replyTo } from '../support/messages.js';
import { eventually, pause, type SettingsChanges, stand } from '../support/proxy.js';

const AT_ONCE = 16;

describe('requests on one connection', () => {
  const { proxy, upstream, client } = stand();
  const processIo = async (changes: SettingsChanges = {}) => {
    const waiting: { readonly path: string; readonly response: ServerResponse }[] = [];
    const { url, seen } = await upstream(({ url: path }, response) => waiting.push({ path, response }));
    const served = await proxy(url, changes);
    return { ...served, waiting, seen };
  };
  const pipelined = (count: number, more = '') =>
    Array.from({ length: count }, (_, at) => ask('GET', `/v1/files/${at}`, { close: false })).join('') + more;

  it('are worked on 16 at once; all the others are answered too, in order', async () => {
    const { port, waiting } = await processIo();
    const one = await client(port);
    one.send(pipelined(50));
    await eventually(() => waiting.length === AT_ONCE);
    await pause(50);
    for (let at = 0; at < 50; at++) {
      expect(waiting.length).to.be.at.most(AT_ONCE + at);
      await eventually(() => waiting.length > at);
      waiting[at]?.response.end(`body of ${waiting[at]?.path};`);
    }
    await one.until('body of /v1/files/49;');
    expect(repliesIn(one.text()).map(({ body }) => body)).to.deep.equal(
      Array.from({ length: 50 }, (_, at) => `body of /v1/files/${at};`),
    );
  });
  it('leave what comes behind them unread, until there is a turn for it', async () => {
    const { port, waiting } = await processIo();
    const one = await client(port);
    one.send(pipelined(AT_ONCE + 4));
    await eventually(() => waiting.length === AT_ONCE);
    // More than all buffers on the way hold.
    const long = 'x'.repeat(12 * 1024 * 1024);
    one.send(ask('POST', '/v1/files', { close: false, body: long }));
    await pause(300);
    expect(one.socket.writableLength).to.be.above(0);
    for (let at = 0; at < AT_ONCE + 5; at++) {
      await eventually(() => waiting.length > at);
      waiting[at]?.response.end(`${at};`);
    }
    await one.until(`${AT_ONCE + 4};`);
  });
  it('that have bodies, which Node goes on to read, leave it unread as well', async () => {
    const { port, waiting } = await processIo();
    const one = await client(port);
    for (let at = 0; at < AT_ONCE + 2; at++) one.send(chat({ close: false }));
    await eventually(() => waiting.length === AT_ONCE);
    one.send(ask('POST', '/v1/files', { close: false, body: 'x'.repeat(12 * 1024 * 1024) }));
    await pause(300);
    expect(one.socket.writableLength).to.be.above(0);
  });
  it('are not asked of the upstream where their client has left while they waited', async () => {
    const { port, waiting, inFlight } = await processIo();
    const one = await client(port);
    one.send(pipelined(AT_ONCE + 5));
    await eventually(() => waiting.length === AT_ONCE);
    one.reset();
    for (const { response } of waiting) response.end('late');
    await eventually(() => inFlight() === 0);
    expect(waiting).to.have.length(AT_ONCE);
  });
  it('are all answered before what cannot be read behind them', async () => {
    const { port, waiting } = await processIo();
    const one = await client(port);
    one.send(pipelined(AT_ONCE + 2, 'no request at all\r\n\r\n'));
    for (let at = 0; at < AT_ONCE + 2; at++) {
      await eventually(() => waiting.length > at);
      waiting[at]?.response.end(`${at};`);
    }
    await one.closed;
    expect(repliesIn(one.text()).map(({ status }) => status)).to.deep.equal([...Array(AT_ONCE + 2).fill(200), 400]);
  });

  describe('and on all', () => {
    const served = async () => {
      const { port, waiting } = await processIo({ server: { maxInFlight: 2 } });
      const first = [await client(port), await client(port)];
      for (const one of first) one.send(chat());
      await eventually(() => waiting.length === 2);
      return { port, waiting, first };
    };
    it('are as many as max_in_flight says; the next is told at once to come again', async () => {
      const { port, waiting, first } = await served();
      const { status, headers, body } = await replyTo(port, chat());
      expect(status).to.equal(503);
      expect(headers).to.include({ 'retry-after': '1' });
      expect(JSON.parse(body).error).to.include({ code: 'shedding', retry_after: 1 });
      expect(JSON.parse(body).error.message).to.include('server.max_in_flight');
      for (const { response } of waiting) response.end(CHAT_REPLY);
      for (const one of first) {
        await one.closed;
        expect(replyIn(one.text()).status).to.equal(200);
      }
      const next = await client(port);
      next.send(chat());
      await eventually(() => waiting.length === 3);
      waiting[2]?.response.end(CHAT_REPLY);
      await next.closed;
      expect(replyIn(next.text()).status).to.equal(200);
    });
    it("do not count the proxy's own addresses, which answer all the while", async () => {
      const { port } = await served();
      expect(await replyTo(port, ask('GET', '/healthz'))).to.include({ status: 200 });
    });
  });
});
