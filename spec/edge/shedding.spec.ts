/** How much of clients' bodies is kept in memory, all together. */
import { expect } from 'chai';
import { CHAT_REPLY } from '../support/answers.js';
import { CHAT, repliesIn, replyIn } from '../support/messages.js';
import { eventually, type ProxyUnderTest, pause, stand } from '../support/proxy.js';
import type { Peer } from '../support/raw.js';

const HELD_BYTES = 100_000;

describe('bodies that are kept for retrying', () => {
  const { proxy, upstream, client } = stand();
  let served: ProxyUnderTest;
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
    it(`give their room back when their request ${how}`, async () => {
      const one = await held(HELD_BYTES);
      await isShed(await asking(HELD_BYTES));
      end(one);
      await eventually(() => served.inFlight() === 0);
      const next = await held(HELD_BYTES);
      answers.at(-1)?.();
      await isServed(next);
    });
  it('give their room back when they were shed', async () => {
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
