/** How much of bodies is kept in memory, all together. */
import { expect } from 'chai';
import { CHAT_END, CHAT_REPLY, chatEvent, chunk, STREAM_HEAD } from '../support/answers.js';
import { ask, CHAT, repliesIn, replyIn, replyTo, STREAM } from '../support/messages.js';
import { eventually, pause, type RunningApp, stand } from '../support/proxy.js';
import { proxyProcess } from '../support/proxy-process.js';
import type { Peer } from '../support/raw.js';

const HELD_BYTES = 100_000;

describe('bodies that are kept for retrying', () => {
  const { proxy, upstream, client } = stand();
  let served: RunningApp;
  let answers: (() => void)[];
  beforeEach(async () => {
    answers = [];
    const { url } = await upstream((_seen, response) => answers.push(() => response.end(CHAT_REPLY)));
    served = await proxy(url, { server: { heldBytes: HELD_BYTES } });
  });

  const body = (length: number) => CHAT.replace('hi', 'x'.repeat(length - CHAT.length + 2));
  const asking = async (length: number, framing = `content-length: ${length}`): Promise<Peer> => {
    const one = await client(served.port);
    one.send(`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${framing}\r\n\r\n`);
    if (framing.startsWith('content-length')) one.send(body(length));
    else one.send(`${length.toString(16)}\r\n${body(length)}\r\n0\r\n\r\n`);
    return one;
  };
  const held = async (length: number): Promise<Peer> => {
    const before = answers.length;
    const one = await asking(length);
    await eventually(() => answers.length === before + 1);
    return one;
  };
  const isShed = async (one: Peer) => {
    await one.closed;
    const came = replyIn(one.text());
    expect(came).to.include({ status: 503, whole: true });
    expect(came.headers).to.include({ 'retry-after': '1', connection: 'close' });
    expect(JSON.parse(came.body)).to.have.nested.property('error.code', 'shedding');
    expect(JSON.parse(came.body)).to.have.nested.property('error.retry_after', 1);
  };
  const isServed = async (one: Peer) => {
    await one.closed;
    expect(replyIn(one.text())).to.include({ status: 200 });
  };

  it('fill a limit together: the next is told to come again', async () => {
    const first = [await held(40_000), await held(40_000)];
    await isShed(await asking(40_000));
    await isShed(await asking(40_000, 'transfer-encoding: chunked'));
    const small = await held(10_000);
    for (const answer of answers) answer();
    for (const one of [...first, small]) await isServed(one);
  });
  it('are let in where there is no other, however long', async () => {
    const long = await held(5 * HELD_BYTES);
    await isShed(await asking(1000));
    answers[0]?.();
    await isServed(long);
  });
  for (const [how, end] of [
    ['was answered', () => answers[0]?.()],
    ['was left by its client', (one: Peer) => one.socket.destroy()],
  ] as const)
    it(`give their memory back when their request ${how}`, async () => {
      const one = await held(HELD_BYTES);
      await isShed(await asking(HELD_BYTES));
      end(one);
      await eventually(() => served.inFlight() === 0);
      const next = await held(HELD_BYTES);
      answers.at(-1)?.();
      await isServed(next);
    });
  it('give their memory back when they were shed', async () => {
    const one = await held(60_000);
    await isShed(await asking(60_000));
    await eventually(() => served.inFlight() === 1);
    const other = await held(40_000);
    for (const answer of answers) answer();
    for (const each of [one, other]) await isServed(each);
  });
  it('are not those that stream through', async () => {
    const one = await client(served.port);
    one.send(`POST /v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3000000\r\n\r\n${'x'.repeat(3_000_000)}`);
    await eventually(() => answers.length === 1);
    const other = await held(HELD_BYTES);
    for (const answer of answers) answer();
    await isServed(other);
    await one.until('"choices"');
    await pause(0);
    expect(repliesIn(one.text())[0]).to.include({ status: 200 });
  });
});

describe('bodies that are held', () => {
  const { proxy, upstream, rawUpstream, client } = stand();
  const LONG = 60_000;
  const longChat = (template: string) => template.replace('hi', 'x'.repeat(LONG));
  const asking = async (port: number, body: string): Promise<Peer> => {
    const one = await client(port);
    one.send(ask('POST', '/v1/chat/completions', { body }));
    return one;
  };
  const statusOf = async (one: Peer) => {
    await one.closed;
    return replyIn(one.text()).status;
  };

  it('count while their stream is under way, since it still refers to them', async () => {
    const { url, peers } = await rawUpstream(async (peer) => {
      await peer.until('\r\n\r\n');
      peer.send(STREAM_HEAD + chunk(chatEvent('a')));
    });
    const { port } = await proxy(url, { server: { heldBytes: HELD_BYTES } });
    const first = await asking(port, longChat(STREAM));
    await first.until('"a"');
    const second = await asking(port, longChat(STREAM));
    expect(await statusOf(second)).to.equal(503);
    expect(peers).to.have.length(1);
  });

  const reply = (length: number) => CHAT_REPLY.replace('"content":"', `"content":"${'y'.repeat(length)}`);
  const held = async (length: number) => {
    const answers: ((length: number) => void)[] = [];
    const { url } = await upstream((_seen, response) => answers.push((bytes) => response.end(reply(bytes))));
    const { port } = await proxy(url, { server: { heldBytes: length } });
    return { port, answers };
  };
  it('are those of replies too: one that finds no memory is reported as such, and not asked for again', async () => {
    const { port, answers } = await held(HELD_BYTES);
    const first = await asking(port, longChat(CHAT));
    const second = await asking(port, CHAT);
    await eventually(() => answers.length === 2);
    answers[1]?.(HELD_BYTES);
    await second.closed;
    const { status, headers, body } = replyIn(second.text());
    expect(status).to.equal(503);
    expect(headers)
      .to.include({ 'retry-after': '1', 'x-seaking-attempts': '1' })
      .and.not.have.property('x-should-retry');
    expect(JSON.parse(body).error.message).to.include('server.held_bytes');
    answers[0]?.(HELD_BYTES);
    expect(await statusOf(first)).to.equal(200);
    expect(answers).to.have.length(2);
  });
  it('let in a short reply always: it may be billed', async () => {
    const waiting: string[] = [];
    const { url } = await upstream(({ url: path }, response) => {
      if (path.endsWith('/models')) response.end('{"data":[{"id":"m"}]}');
      else waiting.push(path);
    });
    const { port } = await proxy(url, { server: { heldBytes: 1000 } });
    await asking(port, longChat(CHAT));
    await eventually(() => waiting.length === 1);
    expect(await replyTo(port, ask('GET', '/v1/models'))).to.include({ status: 200 });
    expect(await statusOf(await asking(port, CHAT))).to.equal(503);
  });
  it('are those of streams that are held back too', async () => {
    const { url, peers } = await rawUpstream(async (peer) => {
      await peer.until('\r\n\r\n');
      peer.send(STREAM_HEAD);
    });
    const { port } = await proxy(url, { server: { heldBytes: HELD_BYTES }, streaming: { commit: 'complete' } });
    const [first, second] = [await asking(port, STREAM), await asking(port, STREAM)];
    await eventually(() => peers.length === 2);
    const say = (peer: Peer | undefined, times: number) => {
      for (let at = 0; at < times; at++) peer?.send(chunk(chatEvent('z'.repeat(10_000))));
    };
    say(peers[0], 8);
    await pause(100);
    say(peers[1], 8);
    const [shed, other, itsPeer] = await Promise.race([
      first.closed.then(() => [first, second, peers[1]] as const),
      second.closed.then(() => [second, first, peers[0]] as const),
    ]);
    expect(replyIn(shed.text()).status).to.equal(503);
    itsPeer?.send(`${chunk(CHAT_END)}0\r\n\r\n`);
    expect(await statusOf(other)).to.equal(200);
  });
  it('of a request in chunks of one byte take little more memory than their sum', async () => {
    const { url } = await upstream((_seen, response) => response.end(CHAT_REPLY));
    const other = proxyProcess();
    try {
      const port = await other.start(url);
      const before = await other.count();
      const one = await client(port);
      one.send('POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n');
      const body = CHAT.replace('hi', 'x'.repeat(200_000));
      one.send(`${Array.from(body, (byte) => `1\r\n${byte}\r\n`).join('')}`);
      await eventually(() => one.socket.writableLength === 0);
      await pause(200);
      const { rssBytes } = await other.count();
      expect((rssBytes - before.rssBytes) / 1024 ** 2).to.be.below(45);
      one.send('0\r\n\r\n');
      await one.until('"choices"');
    } finally {
      await other.close();
    }
  });
});
