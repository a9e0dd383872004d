/** A reply that breaks off once it was begun: its reader sees an end that says so, and never one that looks whole. */
import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { chatEvent, chunk, MESSAGE_START, messageEvent, STREAM_HEAD } from '../support/answers.js';
import { ask, chat, repliesIn, replyIn, replyTo, STREAM, stream } from '../support/messages.js';
import { eventually, pause, stand } from '../support/proxy.js';
import { type Peer, reply } from '../support/raw.js';
import { timeouts } from '../support/values.js';

/** How a connection ends for its reader: by a reset, or as a whole message may. */
const endOf = ({ socket }: Peer): Promise<string> =>
  new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('end', () => resolve('end'));
  });

const breaks: Record<string, (peer: Peer) => unknown> = {
  'a reset': (peer) => peer.reset(),
  'an end within a chunk': (peer) => peer.end('ff\r\n'),
  'an end between two chunks': (peer) => peer.end(),
  'a chunk whose size is none': (peer) => peer.send('zz\r\n'),
};

describe('a reply that breaks off', () => {
  const { proxy, rawUpstream, client } = stand();

  const breaking = async (begin: string, how: (peer: Peer) => unknown, beforeMs = 30) => {
    const { url, peers } = await rawUpstream(async (peer) => {
      await peer.until(/\r\n\r\n/);
      peer.send(begin);
      await pause(beforeMs);
      how(peer);
    });
    const served = await proxy(url, { target: { timeouts: { ...timeouts, idleMs: 100 } } });
    return { ...served, peers };
  };
  for (const [name, how] of Object.entries({ ...breaks, silence: () => {} })) {
    it(`ends with an error and [DONE] where it is a stream of OpenAI's: ${name}`, async () => {
      const { port, peers } = await breaking(STREAM_HEAD + chunk(chatEvent('Hel')), how);
      const came = await replyTo(port, stream());
      expect(came).to.include({ status: 200, whole: true });
      expect(came.body.startsWith(chatEvent('Hel'))).to.equal(true);
      const [error = '', done] = came.body.slice(chatEvent('Hel').length).split('\n\n');
      expect(done).to.equal('data: [DONE]');
      expect(JSON.parse(error.slice('data: '.length)))
        .to.have.nested.property('error.message')
        .that.is.a('string');
      expect(JSON.parse(error.slice('data: '.length)))
        .to.have.property('choices')
        .that.deep.equals([]);
      expect(peers).to.have.length(1);
    });
    it(`ends with an error event where it is a stream of Anthropic's: ${name}`, async () => {
      const begin = MESSAGE_START + messageEvent('Hel');
      const { port } = await breaking(STREAM_HEAD + chunk(begin), how);
      const came = await replyTo(port, ask('POST', '/v1/messages', { body: STREAM }));
      expect(came).to.include({ status: 200, whole: true });
      expect(came.body.startsWith(begin)).to.equal(true);
      const [event, data = '', ...rest] = came.body.slice(begin.length).split('\n');
      expect([event, ...rest]).to.deep.equal(['event: error', '', '']);
      expect(JSON.parse(data.slice('data: '.length)))
        .to.have.nested.property('error.type')
        .that.is.a('string');
    });
    it(`is reset where it is passed through in chunks: ${name}`, async () => {
      const { port, events } = await breaking(
        `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk('binary')}`,
        how,
      );
      const reader = await client(port);
      reader.send(ask('GET', '/v1/files/1/content'));
      expect(await endOf(reader)).to.equal('ECONNRESET');
      expect(repliesIn(reader.text()).map(({ whole }) => whole)).to.deep.equal([false]);
      await eventually(() => events.length === 2);
      expect(events[1]).to.have.nested.property('summary.reason').that.deep.equals(O.some('broken_off'));
    });
  }

  for (const [name, how] of Object.entries(breaks)) {
    it(`is reset where the end of the connection alone would be its end, as for HTTP/1.0: ${name}`, async () => {
      const { port } = await breaking(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk('binary')}`, how);
      const reader = await client(port);
      reader.send('GET /v1/files/1/content HTTP/1.0\r\nhost: localhost\r\n\r\n');
      expect(await endOf(reader)).to.equal('ECONNRESET');
    });
  }
  it('is reset where its length was told', async () => {
    const { port } = await breaking('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc', (peer) => peer.end());
    const reader = await client(port);
    reader.send(ask('GET', '/v1/files/1/content'));
    expect(await endOf(reader)).to.equal('ECONNRESET');
  });
  it('is an error of ours where it is JSON that was not begun to be sent', async () => {
    const { port } = await breaking(reply('{"choices":[]}').slice(0, -3), (peer) => peer.end());
    const came = await replyTo(port, chat());
    expect(came).to.include({ status: 502, whole: true });
    expect(JSON.parse(came.body)).to.have.nested.property('error.code', 'connection_broken');
  });
  it('is reset where it is JSON that was too long to be held', async () => {
    const { url } = await rawUpstream(async (peer) => {
      await peer.until('"hi"');
      peer.send(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n${'x'.repeat(500)}`);
      await pause(50);
      peer.end();
    });
    const { port } = await proxy(url, { target: { replyLimitBytes: 100 } });
    const reader = await client(port);
    reader.send(chat());
    expect(await endOf(reader)).to.equal('ECONNRESET');
  });
  it('is judged by its status where it is an error, and by as much of it as came', async () => {
    const { port, peers } = await breaking(
      'HTTP/1.1 401 Unauthorized\r\ncontent-length: 99\r\n\r\n{"error":{"message":"Bad key."}}',
      (peer) => peer.end(),
    );
    const came = await replyTo(port, chat());
    expect(came).to.include({ status: 401, whole: true });
    expect(came.body).to.contain('Bad key.');
    expect(peers).to.have.length(1);
  });
  it('does no harm to the reply before it on the connection', async () => {
    const { url } = await rawUpstream(async (peer) => {
      if ((await peer.until('\r\n\r\n')).includes('/first')) {
        await pause(60);
        return peer.send(reply('first'));
      }
      peer.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc');
    });
    const { port } = await proxy(url);
    const reader = await client(port);
    reader.send(ask('GET', '/first', { close: false }) + ask('GET', '/second', { close: false }));
    await reader.closed;
    expect(replyIn(reader.text())).to.include({ body: 'first', whole: true });
  });
  it('is told apart from a reply that is long, which is passed on whole', async () => {
    const long = `{"choices":[],"x":"${'x'.repeat(300_000)}"}`;
    const { url } = await rawUpstream(async (peer) => {
      await peer.until('"hi"');
      peer.send(reply(long, 'content-type: application/json\r\n'));
    });
    const { port } = await proxy(url, { target: { replyLimitBytes: 1000 } });
    expect(await replyTo(port, chat())).to.include({ status: 200, body: long, whole: true });
  });
});
