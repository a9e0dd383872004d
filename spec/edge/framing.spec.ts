/** What frames a reply: how it is called, and what stands between what it says. */
import { expect } from 'chai';
import { CHAT_END, CHAT_REPLY, chatEvent, chunk, STREAM_HEAD } from '../support/answers.js';
import { textOf } from '../support/chunks.js';
import { chat, replyIn, replyTo, stream } from '../support/messages.js';
import { stand } from '../support/proxy.js';
import { type ProxyProcess, proxyProcess } from '../support/proxy-process.js';

const MIB = 1024 * 1024;

describe('the frame of a reply', () => {
  const { proxy, rawUpstream, client } = stand();
  let other: ProxyProcess;
  beforeEach(() => {
    other = proxyProcess();
  });
  afterEach(() => other.close());

  for (const type of ['application/json', 'text/plain; charset=utf-8', 'application/octet-stream', undefined])
    it(`does not hold a stream up that is called ${type ?? 'nothing'}`, async () => {
      const field = type === undefined ? '' : `content-type: ${type}\r\n`;
      let goOn = () => {};
      const { url } = await rawUpstream(async (peer) => {
        await peer.until('\r\n\r\n');
        peer.send(`HTTP/1.1 200 OK\r\n${field}transfer-encoding: chunked\r\n\r\n${chunk(chatEvent('Hel'))}`);
        goOn = () => peer.send(`${chunk(chatEvent('lo.') + CHAT_END)}0\r\n\r\n`);
      });
      const { port } = await proxy(url);
      const reader = await client(port);
      reader.send(stream());
      await reader.until('Hel');
      goOn();
      await reader.closed;
      const { headers, body } = replyIn(reader.text());
      expect(headers['content-type']).to.match(/^text\/event-stream/);
      expect(body).to.equal(chatEvent('Hel') + chatEvent('lo.') + CHAT_END);
    });

  /** What the client gets, and how much memory that took at the end. */
  const costing = async (request: string, pieces: Iterable<string | Buffer>) => {
    const { url } = await rawUpstream(async (peer) => {
      await peer.until('\r\n\r\n');
      peer.send(STREAM_HEAD);
      for (const piece of pieces) {
        const size = `${piece.length.toString(16)}\r\n`;
        peer.socket.write(size);
        if (!peer.socket.write(piece)) await new Promise((resolve) => peer.socket.once('drain', resolve));
        peer.socket.write('\r\n');
      }
      peer.socket.write('0\r\n\r\n');
    });
    const port = await other.start(url);
    const before = await other.count();
    const { body, status } = await replyTo(port, request);
    return { body, status, grownBytes: (await other.count()).rssBytes - before.rssBytes };
  };

  const filled = (text: string, mebibytes: number) => Array.from({ length: mebibytes }, () => Buffer.alloc(MIB, text));

  for (const [name, white] of Object.entries({ 'line feeds': '\n', 'CR LF': '\r\n', spaces: ' ', comments: ':\n\n' }))
    it(`does not cost much, where it is 10 MiB of ${name}`, async () => {
      const { body, grownBytes } = await costing(stream(), [...filled(white, 10), '\n\n', chatEvent('Hi'), CHAT_END]);
      expect(textOf(body)).to.equal('Hi');
      expect(grownBytes).to.be.below(60 * MIB);
    });

  it('does not cost much in the middle of a stream', async () => {
    const { body, grownBytes } = await costing(stream(), [
      chatEvent('Hi'),
      ...filled('\n', 10),
      chatEvent('.'),
      CHAT_END,
    ]);
    expect(textOf(body)).to.equal('Hi.');
    expect(body.length).to.be.below(10_000);
    expect(grownBytes).to.be.below(60 * MIB);
  });

  it('does not cost much before a whole reply', async () => {
    const { body, grownBytes } = await costing(chat(), [...filled(' \n', 20), CHAT_REPLY]);
    expect(body).to.equal(CHAT_REPLY);
    expect(grownBytes).to.be.below(60 * MIB);
  });

  it('is not waited for where a line has no end', async () => {
    const { body, grownBytes } = await costing(stream(), [chatEvent('Hi'), 'data: "', ...filled('a', 10), '"\n\n']);
    expect(body).to.contain('"code":"broken_off"');
    expect(grownBytes).to.be.below(60 * MIB);
  });

  it('keeps nothing of what a stream has said, where it is not gone on with', async () => {
    const long = chatEvent('wave '.repeat(20_000));
    const pieces = Array.from({ length: 1000 }, () => long);
    const { body, grownBytes } = await costing(stream(), [...pieces, CHAT_END]);
    expect(body.length).to.equal(1000 * long.length + CHAT_END.length);
    expect(grownBytes).to.be.below(80 * MIB);
  });
});
