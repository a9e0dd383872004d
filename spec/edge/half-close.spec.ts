/** A client that ends its side of the connection and still reads: it is told from one that has gone. */
import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import { CHAT_END, CHAT_REPLY, chatEvent, chunk, STREAM_HEAD } from '../support/answers.js';
import { ask, chat, repliesIn, stream } from '../support/messages.js';
import { eventually, pause, SOON_MS, stand } from '../support/proxy.js';
import { reply } from '../support/raw.js';

describe('a client that half-closes', () => {
  const { proxy, rawUpstream, client } = stand();

  /** What came, and how often the client was asked whether it is there. */
  const told = (text: string) => {
    const all = repliesIn(text);
    const replies = all.filter(({ status }) => status >= 200);
    return { replies, interim: all.length - replies.length };
  };
  const slow = (ms: number) =>
    rawUpstream(async (peer) => {
      await peer.until('"hi"');
      await pause(ms);
      peer.send(reply(CHAT_REPLY, 'content-type: application/json\r\n'));
    });

  for (const ms of [0, 5, 300]) {
    it(`gets its reply, which takes ${ms} ms, and then its connection is closed`, async () => {
      const served = await proxy((await slow(ms)).url);
      const one = await client(served.port);
      one.end(chat({ close: false }));
      await one.closed;
      const { replies, interim } = told(one.text());
      expect(replies).to.have.length(1);
      expect(replies[0]).to.include({ status: 200, body: CHAT_REPLY, whole: true });
      // Some clients take five for an attack.
      expect(interim).to.be.below(5);
      await eventually(() => served.inFlight() === 0);
      expect(served.events.at(-1)).to.have.nested.property('summary.reason._tag', 'None');
    });
  }

  it('gets its stream, to the end', async () => {
    const { url } = await rawUpstream(async (peer) => {
      await peer.until('"hi"');
      peer.send(STREAM_HEAD);
      for (let i = 0; i < 5; i++) {
        await pause(20);
        peer.send(chunk(chatEvent(`w${i}`)));
      }
      peer.send(`${chunk(CHAT_END)}0\r\n\r\n`);
    });
    const one = await client((await proxy(url)).port);
    one.end(stream({ close: false }));
    await one.closed;
    const { replies } = told(one.text());
    expect(replies).to.have.length(1);
    expect(replies[0]).to.include({ status: 200, whole: true });
    expect(replies[0]?.body).to.include('w4').and.include('[DONE]');
  });

  it('gets the replies to all that it had sent', async () => {
    const served = await proxy((await slow(30)).url);
    const one = await client(served.port);
    one.end(chat({ close: false }) + ask('PUT', '/v1/chat/completions', { close: false }) + chat({ close: false }));
    await one.closed;
    expect(told(one.text()).replies.map(({ status }) => status)).to.deep.equal([200, 405, 200]);
  });

  it('gets an error as well, and an address of the proxy', async () => {
    const served = await proxy('http://127.0.0.1:1', { retry: { maxRetries: 0 } });
    for (const [asked, status] of [
      [chat({ close: false }), 502],
      [ask('GET', '/healthz', { close: false }), 200],
      [chat({ close: false, host: 'evil.example' }), 403],
      [chat({ close: false }).slice(0, -5), 400],
    ] as const) {
      const one = await client(served.port);
      one.end(asked);
      await one.closed;
      expect(told(one.text()).replies.map((came) => came.status)).to.deep.equal([status]);
    }
  });

  it('is over where there is nothing to answer', async () => {
    const one = await client((await proxy('http://127.0.0.1:1')).port);
    one.end();
    const at = performance.now();
    expect((await one.closed) - at).to.be.below(SOON_MS);
    expect(one.text()).to.equal('');
  });

  it('has gone where it speaks HTTP/1.0, which has no way to ask it', async () => {
    const upstream = await slow(5000);
    const served = await proxy(upstream.url);
    const one = await client(served.port);
    one.end(chat({ close: false }).replace('HTTP/1.1', 'HTTP/1.0'));
    await one.closed;
    expect(one.text()).to.equal('');
    await eventually(() => served.inFlight() === 0);
  });

  it('and goes away later than that is noticed, and the upstream is given up', async () => {
    const upstream = await slow(5000);
    const served = await proxy(upstream.url);
    const one = await client(served.port);
    one.end(chat({ close: false }));
    await one.until('100 Continue');
    await pause(60);
    expect(served.inFlight()).to.equal(1);
    one.socket.destroy();
    await eventually(() => served.inFlight() === 0);
    expect(served.events.at(-1)).to.have.nested.property('summary.reason.value', 'client_gone');
  });
});
