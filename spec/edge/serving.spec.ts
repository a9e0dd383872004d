/** What a client gets of what the upstream said. */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import {
  CHAT_END,
  CHAT_REPLY,
  chatEvent,
  chunk,
  MESSAGE_END,
  MESSAGE_REPLY,
  MESSAGE_START,
  messageEvent,
  STREAM_HEAD,
} from '../support/answers.js';
import { ask, chat, replies, repliesIn, replyIn, replyTo, STREAM, stream } from '../support/messages.js';
import { eventually, fastestMs, pause, type Seen, stand } from '../support/proxy.js';
import { reply } from '../support/raw.js';

const json = (content: string) => (_seen: Seen, response: ServerResponse) => {
  response.setHeader('content-type', 'application/json');
  response.end(content);
};

describe('the proxy, between a client and an upstream', () => {
  const { proxy, upstream, rawUpstream, client } = stand();

  describe('a good reply', () => {
    for (const [path, content] of [
      ['/v1/chat/completions', CHAT_REPLY],
      ['/chat/completions', CHAT_REPLY],
      ['/v1/messages', MESSAGE_REPLY],
      ['/messages', MESSAGE_REPLY],
    ] as const) {
      it(`comes whole, as JSON: ${path}`, async () => {
        const { url, seen } = await upstream(json(content));
        const { port } = await proxy(url);
        const came = await replyTo(port, ask('POST', path, { body: STREAM.replace('true', 'false') }));
        expect(came).to.include({ status: 200, body: content, whole: true });
        expect(came.headers).to.include({ 'content-type': 'application/json', 'x-seaking-attempts': '1' });
        expect(came.headers['x-request-id']).to.match(/^[0-9a-f-]{36}$/);
        expect(seen.map((one) => one.url)).to.deep.equal([path]);
      });
    }
    for (const [path, events] of [
      ['/v1/chat/completions', [chatEvent('Hel'), chatEvent('lo.'), CHAT_END]],
      ['/chat/completions', [chatEvent('Hel'), chatEvent('lo.'), CHAT_END]],
      ['/v1/messages', [MESSAGE_START, messageEvent('Hel'), messageEvent('lo.'), MESSAGE_END]],
      ['/messages', [MESSAGE_START, messageEvent('Hel'), messageEvent('lo.'), MESSAGE_END]],
    ] as const) {
      it(`comes as a stream, byte for byte: ${path}`, async () => {
        const { url } = await upstream(async (_seen, response) => {
          response.setHeader('content-type', 'text/event-stream');
          for (const event of events) {
            response.write(event);
            await pause(5);
          }
          response.end();
        });
        const { port } = await proxy(url);
        const came = await replyTo(port, ask('POST', path, { body: STREAM }));
        expect(came).to.include({ status: 200, body: events.join(''), whole: true });
        expect(came.headers).to.include({ 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' });
      });
    }
    it('is the same for a client that is kept alive, where it comes in time', async () => {
      const { url } = await upstream((_seen, response) => response.end(chatEvent('Hello') + CHAT_END));
      const { port } = await proxy(url, { streaming: { keepalive: 'comments' } });
      const came = await replyTo(port, ask('POST', '/v1/chat/completions', { body: STREAM }));
      expect(came).to.include({ status: 200, body: chatEvent('Hello') + CHAT_END, whole: true });
    });
    it('passes each event on when it comes, and does not wait for the next', async () => {
      const { url } = await rawUpstream(async (peer) => {
        await peer.until('"hi"');
        peer.send(STREAM_HEAD + chunk(chatEvent('first')));
      });
      const { port } = await proxy(url);
      const reader = await client(port);
      reader.send(stream());
      await reader.until('first');
    });
    it('is told, with how it ended', async () => {
      const { url } = await upstream(json(CHAT_REPLY));
      const { port, events } = await proxy(url);
      await replyTo(port, chat());
      await eventually(() => events.at(-1)?._tag === 'RequestFinished');
      expect(events.map(({ _tag }) => _tag)).to.deep.equal([
        'RequestStarted',
        'AttemptStarted',
        'HeadReceived',
        'AttemptFinished',
        'Committed',
        'RequestFinished',
      ]);
      expect(events.at(-1)).to.deep.include({ status: 200 });
      expect(events.at(-1)).to.have.nested.property('summary.reason._tag', 'None');
    });
    it('comes after a failure that another try mended', async () => {
      let tries = 0;
      const { url } = await upstream((seen, response) => {
        response.statusCode = tries++ === 0 ? 503 : 200;
        json(CHAT_REPLY)(seen, response);
      });
      const { port } = await proxy(url);
      const came = await replyTo(port, chat());
      expect(came.headers).to.include({ 'x-seaking-attempts': '2' });
    });
  });

  describe('what is only passed through', () => {
    const binary = Buffer.concat([Buffer.from('\r\n\r\n0\r\n\r\n\0\xff', 'latin1'), randomBytes(300_000)]);
    it('is byte for byte the same, up and down', async () => {
      const { url, seen } = await upstream((one, response) => response.end(one.body));
      const { port } = await proxy(url);
      const came = await replyTo(port, ask('POST', '/v1/audio/speech', { body: binary.toString('latin1') }));
      expect(came.whole).to.equal(true);
      expect(seen[0]?.body.equals(binary)).to.equal(true);
      expect(Buffer.from(came.body, 'latin1').equals(binary)).to.equal(true);
    });
    it('is the same where it comes in chunks, up and down', async () => {
      const { url, seen } = await upstream((one, response) => {
        response.write(one.body.subarray(0, 1000));
        response.end(one.body.subarray(1000));
      });
      const { port } = await proxy(url);
      const head = ask('POST', '/v1/files', { fields: 'transfer-encoding: chunked\r\n' });
      const half = binary.length >> 1;
      const pieces = [binary.subarray(0, half), binary.subarray(half)].flatMap((piece) => [
        Buffer.from(`${piece.length.toString(16)}\r\n`),
        piece,
        Buffer.from('\r\n'),
      ]);
      const came = await replyTo(port, head, ...pieces, '0\r\n\r\n');
      expect(seen[0]?.body.equals(binary)).to.equal(true);
      expect(Buffer.from(came.body, 'latin1').equals(binary)).to.equal(true);
      expect(came.headers).to.include({ 'transfer-encoding': 'chunked' });
    });
    it('keeps its coding, its type and its odd status', async () => {
      const { url } = await upstream((_seen, response) => {
        response.writeHead(299, { 'content-encoding': 'br', 'content-type': 'x/y', 'x-many': ['1', '2'] });
        response.end('not brotli');
      });
      const { port } = await proxy(url);
      const came = await replyTo(port, ask('GET', '/v1/files/1/content?x=1'));
      expect(came).to.include({ status: 299, body: 'not brotli' });
      expect(came.headers).to.include({ 'content-encoding': 'br', 'content-type': 'x/y', 'x-many': '1, 2' });
    });
    it('streams through, once, where it is over a mebibyte long and says so', async () => {
      const long = randomBytes(3 * 1024 * 1024);
      const { url, peers } = await rawUpstream(async (peer, index) => {
        if (index > 0) return peer.send(reply('a second try'));
        await peer.until('\r\n\r\n');
        started();
      });
      let started = () => {};
      const begun = new Promise<void>((resolve) => {
        started = resolve;
      });
      const { port } = await proxy(url);
      const sender = await client(port);
      sender.send(`POST /v1/files HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${long.length}\r\n\r\n`);
      sender.send(long.subarray(0, 2_000_000));
      // The upstream has it before the client is done.
      await begun;
      sender.send(long.subarray(2_000_000));
      await eventually(
        () => peers[0]?.bytes().length === long.length + (peers[0]?.text().indexOf('\r\n\r\n') ?? 0) + 4,
      );
      expect(peers[0]?.bytes().subarray(-long.length).equals(long)).to.equal(true);
      peers[0]?.send(reply('{}', '', '503 Busy'));
      await sender.until('\r\n\r\n');
      const came = replyIn(sender.text());
      expect(came).to.include({ status: 503 });
      expect(peers).to.have.length(1);
    });
    it('is kept and sent again where it is shorter', async () => {
      let tries = 0;
      const short = randomBytes(1024 * 1024).toString('latin1');
      const { url, seen } = await upstream((_seen, response) => {
        response.statusCode = tries++ === 0 ? 503 : 200;
        response.end('ok');
      });
      const { port } = await proxy(url);
      expect(await replyTo(port, ask('POST', '/v1/files', { body: short }))).to.include({ status: 200 });
      expect(seen.map(({ body }) => body.toString('latin1') === short)).to.deep.equal([true, true]);
    });
    it('has no body after HEAD, but the length of the one it would have', async () => {
      const { url } = await upstream((_seen, response) => {
        response.setHeader('content-length', 12345);
        response.end();
      });
      const { port } = await proxy(url);
      const text = await replies(port, ask('HEAD', '/v1/files/1'));
      expect(replyIn(text, true).headers).to.include({ 'content-length': '12345' });
      expect(text.endsWith('\r\n\r\n')).to.equal(true);
    });
    for (const [status, fields] of [
      [204, ''],
      [304, 'if-none-match: "x"\r\n'],
    ] as const) {
      it(`has neither body nor length where its status is ${status}, and the connection lives on`, async () => {
        const { url } = await upstream((_seen, response) => {
          response.writeHead(status, { etag: '"x"' });
          response.end();
        });
        const { port } = await proxy(url);
        const twice = ask('GET', '/v1/files/1', { fields, close: false }) + ask('GET', '/v1/files/1', { fields });
        const came = repliesIn(await replies(port, twice));
        expect(came.map((one) => one.status)).to.deep.equal([status, status]);
        expect(came[0]?.headers).to.include({ etag: '"x"' });
        expect(came[0]?.headers).not.to.have.any.keys('content-length', 'transfer-encoding');
      });
    }
    it('bears no field of a hop, either way', async () => {
      const { url, peers } = await rawUpstream(async (peer) => {
        await peer.until('\r\n\r\n');
        peer.send(reply('ok', 'connection: x-up\r\nx-up: 1\r\nkeep-alive: timeout=9\r\nkept: 1\r\n'));
      });
      const { port } = await proxy(url);
      const fields = 'connection: x-down\r\nx-down: 1\r\nte: trailers\r\nupgrade: h2c\r\nkept: 1\r\n';
      const came = await replyTo(port, ask('GET', '/v1/files', { fields }));
      expect(came.headers).to.include({ kept: '1', connection: 'close' }).and.not.have.any.keys('x-up', 'keep-alive');
      expect(peers[0]?.text())
        .to.match(/^kept: 1\r$/m)
        .and.not.match(/^(x-down|te|upgrade):/im);
    });
    it('is an error of ours where its status is none', async () => {
      const { url } = await rawUpstream(async (peer) => {
        await peer.until('\r\n\r\n');
        peer.end(reply('odd', '', '042 Odd'));
      });
      const { port } = await proxy(url, { retry: { maxRetries: 0 } });
      const came = await replyTo(port, ask('GET', '/v1/files'));
      expect(came).to.include({ status: 502 });
      expect(JSON.parse(came.body)).to.have.nested.property('error.code', 'malformed_reply');
    });
  });

  describe('a connection', () => {
    const ok = json(CHAT_REPLY);
    it('serves one request after another', async () => {
      const { url } = await upstream(ok);
      const { port } = await proxy(url);
      const reader = await client(port);
      for (let i = 1; i <= 3; i++) {
        reader.send(chat({ close: false }));
        await eventually(() => repliesIn(reader.text()).filter(({ whole }) => whole).length === i);
      }
      expect(repliesIn(reader.text())[0]?.headers).to.include({ connection: 'keep-alive' });
    });
    it('is closed behind the reply where the client asks for that', async () => {
      const { url } = await upstream(ok);
      const { port } = await proxy(url);
      expect((await replyTo(port, chat())).headers).to.include({ connection: 'close' });
    });
    it('of an HTTP/1.0 client is closed behind the reply, which has no chunks', async () => {
      const { url } = await upstream((_seen, response) => {
        response.setHeader('content-type', 'text/event-stream');
        response.write(chatEvent('Hello.'));
        response.end(CHAT_END);
      });
      const { port } = await proxy(url);
      const came = await replyTo(port, stream({ close: false }).replace('HTTP/1.1', 'HTTP/1.0'));
      expect(came).to.include({ status: 200, body: chatEvent('Hello.') + CHAT_END });
      expect(came.headers).not.to.have.property('transfer-encoding');
    });
    it('answers ten requests sent at once in their order, good and bad', async () => {
      const { url } = await upstream((seen, response) => {
        // The first takes the longest.
        setTimeout(() => response.end(seen.url), seen.url.endsWith('1') ? 60 : 5);
      });
      const { port } = await proxy(url);
      const open = { close: false };
      const ten = [
        ask('GET', '/v1/files/1', open),
        ask('TRACE', '/v1/files/2', open),
        ask('GET', '/v1/files/3', open),
        ask('GET', '/v1/files/4', { ...open, host: 'evil.example' }),
        ask('GET', '/v1/chat/completions', open),
        ask('POST', '/v1/chat/completions', { ...open, body: '{' }),
        ask('GET', 'http://evil.example/', open),
        ask('POST', '/v1/files/8', { ...open, body: 'x' }),
        ask('HEAD', '/healthz', open).replace('HEAD', 'GET'),
        ask('GET', '/v1/files/10'),
      ];
      const came = repliesIn(await replies(port, ten.join('')));
      expect(came.map(({ status }) => status)).to.deep.equal([200, 405, 200, 403, 405, 400, 421, 200, 200, 200]);
      expect([0, 2, 7, 9].map((i) => came[i]?.body)).to.deep.equal(
        ['1', '3', '8', '10'].map((name) => `/v1/files/${name}`),
      );
    });
    it('may bring a request in two pieces, cut anywhere', async () => {
      const { url } = await upstream((seen, response) => {
        const { method, url: path, headers, body } = seen;
        response.end(JSON.stringify([method, path, headers['x-odd'], body.toString()]));
      });
      const { port } = await proxy(url);
      const text = ask('POST', '/v1/files?a=b', {
        close: false,
        fields: 'x-odd: 1\r\ntransfer-encoding: chunked\r\n',
      }).concat('3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n');
      const bodies = await Promise.all(
        Array.from({ length: text.length - 1 }, async (_, i) => {
          const sender = await client(port);
          sender.send(text.slice(0, i + 1));
          await pause(15);
          sender.send(text.slice(i + 1));
          await eventually(() => repliesIn(sender.text())[0]?.whole === true);
          const { status, body } = replyIn(sender.text());
          return `${status} ${body}`;
        }),
      );
      expect(new Set(bodies)).to.deep.equal(new Set(['200 ["POST","/v1/files?a=b","1","abcde"]']));
    });
    it('is told to go on exactly once where its request waits to be asked for its body', async () => {
      const { url } = await upstream(ok);
      const { port } = await proxy(url);
      const sender = await client(port);
      const [head = '', body = ''] = chat({ fields: 'expect: 100-continue\r\n' }).split(/(?<=\r\n\r\n)/);
      sender.send(head);
      await sender.until('100 Continue\r\n\r\n');
      sender.send(body);
      await sender.closed;
      expect(repliesIn(sender.text()).map(({ status }) => status)).to.deep.equal([100, 200]);
    });
    it('is served as well where its request expects what nobody knows', async () => {
      const { url } = await upstream(ok);
      const { port } = await proxy(url);
      expect(await replyTo(port, chat({ fields: 'expect: miracles\r\n' }))).to.include({ status: 200 });
    });
  });

  it('shows its own pages itself, and does not count them as requests', async () => {
    const { url, seen } = await upstream(json(CHAT_REPLY));
    const { port, events } = await proxy(url);
    expect(await replyTo(port, ask('GET', '/healthz'))).to.include({ status: 200 });
    expect(await replyTo(port, ask('HEAD', '/readyz'))).to.include({ status: 200, body: '' });
    expect([seen.length, events.length]).to.deep.equal([0, 0]);
  });
  it('answers without delay', async () => {
    const { url } = await upstream(json(CHAT_REPLY));
    const { port } = await proxy(url);
    // Nagle's algorithm would add 40 ms to each.
    expect(await fastestMs(() => replyTo(port, chat()))).to.be.below(30);
  });
});
