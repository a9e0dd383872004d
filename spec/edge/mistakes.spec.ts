/** Requests that are the client's own mistake: what it is told, and that nobody else hears of them. */
import { expect } from 'chai';
import { CHAT_REPLY } from '../support/answers.js';
import { ask, CHAT, chat, type Message, repliesIn, replyIn, replyTo } from '../support/messages.js';
import { eventually, fastestMs, pause, type RunningApp, stand } from '../support/proxy.js';
import { type RawServer, reply } from '../support/raw.js';

const MIB = 1024 * 1024;

/** What this process alone has worked, so that others on the machine do not count. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

describe('a mistake of the client', () => {
  const { proxy, rawUpstream, client } = stand();
  let target: RawServer;
  let canary: RawServer;
  let served: RunningApp;
  beforeEach(async () => {
    target = await rawUpstream(async (peer) => {
      await peer.until('\r\n\r\n');
      peer.send(reply(CHAT_REPLY));
    });
    canary = await rawUpstream(() => {});
    served = await proxy(target.url, { server: { bodyLimitBytes: 9 * MIB } });
  });
  afterEach(() => {
    expect(canary.peers, 'the canary was contacted').to.deep.equal([]);
  });

  const openaiError = ({ body }: Message) => (JSON.parse(body) as { error: Record<string, unknown> }).error;
  const isTold = (came: Message, status: number, type = 'invalid_request_error', code = 'invalid_request') => {
    expect(came).to.include({ status, whole: true });
    expect(came.headers).to.include({ 'content-type': 'application/json' });
    expect(came.headers['x-request-id']).to.match(/^[0-9a-f-]{36}$/);
    expect(openaiError(came)).to.include({ type, code, param: null });
    // The status line is all that some clients show.
    expect(came.phrase).to.equal(openaiError(came).message);
    expect(target.peers, 'the target was contacted').to.deep.equal([]);
  };
  const send = (...pieces: readonly (string | Buffer)[]) => replyTo(served.port, ...pieces);

  describe('is answered in the format of its dialect', () => {
    it('OpenAI', async () => {
      isTold(await send(ask('POST', '/v1/chat/completions', { body: 'no JSON' })), 400);
    });
    for (const asked of [
      ask('POST', '/v1/messages', { body: 'no JSON' }),
      ask('GET', '/v1/models?', { fields: 'anthropic-version: 2023-06-01\r\nhost: again\r\n' }),
    ]) {
      it(`Anthropic: ${asked.slice(0, 12)}`, async () => {
        const came = await send(asked);
        expect(came).to.include({ status: 400, whole: true });
        expect(JSON.parse(came.body)).to.deep.equal({
          type: 'error',
          error: { type: 'invalid_request_error', message: came.phrase },
        });
      });
    }
    it('and is told as the end of a request', async () => {
      await send(ask('GET', '/v1/chat/completions'));
      await eventually(() => served.events.at(-1)?._tag === 'RequestFinished');
      expect(served.events.at(-1)).to.deep.include({ status: 405 });
      expect(served.events.at(-1)).to.have.nested.property('summary.reason.value', 'invalid_request');
      expect(served.inFlight()).to.equal(0);
    });
  });

  describe('is 405, and says what is allowed', () => {
    for (const [method, path, allow] of [
      ['GET', '/v1/chat/completions', 'POST'],
      ['POST', '/v1/models', 'GET, HEAD'],
      ['TRACE', '/v1/files', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
      ['CONNECT', 'evil.example:443', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
    ] as const) {
      it(`${method} ${path}`, async () => {
        const came = await send(ask(method, path));
        isTold(came, 405);
        expect(came.headers).to.include({ allow });
      });
    }
    it('CONNECT to a port that listens', async () => {
      isTold(await send(ask('CONNECT', `127.0.0.1:${canary.port}`, { host: `127.0.0.1:${canary.port}` })), 405);
    });
    it('CONNECT behind a request that is still being answered', async () => {
      const sender = await client(served.port);
      sender.send(ask('GET', '/v1/files', { close: false }) + ask('CONNECT', 'evil.example:443'));
      await sender.closed;
      expect(repliesIn(sender.text()).map(({ status }) => status)).to.deep.equal([200, 405]);
    });
    for (const when of ['at once', 'behind a request that waits'])
      it(`CONNECT by a client that resets ${when}, and the next client is served`, async () => {
        const sender = await client(served.port);
        if (when !== 'at once') sender.send(ask('GET', '/v1/files', { close: false }));
        sender.send(ask('CONNECT', 'evil.example:443'));
        await pause(when === 'at once' ? 0 : 20);
        sender.reset();
        await pause(50);
        expect((await send(ask('GET', '/healthz'))).status).to.equal(200);
      });
  });

  describe('is 404 where the target of the request is no path', () => {
    it('*', async () => {
      isTold(await send(ask('OPTIONS', '*')), 404);
    });
  });

  describe('is 413', () => {
    const declared = (length: string) =>
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${length}\r\n`;
    it('where the declared length is over the limit, before a byte of the body came', async () => {
      isTold(await send(`${declared(String(9 * MIB + 1))}\r\n`), 413);
    });
    it('where the declared length is absurd', async () => {
      isTold(await send(`${declared('1000000000000000')}\r\n`), 413);
    });
    it('where it is declared on a route that streams through', async () => {
      isTold(await send(`${declared(String(9 * MIB + 1)).replace('/chat/completions', '/files')}\r\n`), 413);
    });
    it('where chunks come without an end', async () => {
      const sender = await client(served.port);
      sender.send(ask('POST', '/v1/files', { close: false, fields: 'transfer-encoding: chunked\r\n' }));
      const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MIB, 'x'), Buffer.from('\r\n')]);
      const timer = setInterval(() => sender.socket.writable && sender.send(chunk), 2);
      await sender.until('\r\n\r\n');
      clearInterval(timer);
      await sender.closed;
      isTold(replyIn(sender.text()), 413);
      expect(replyIn(sender.text()).headers).to.include({ connection: 'close' });
    });
    for (const framing of ['declared', 'chunked'])
      it(`for a client that sends all of it before it reads: ${framing}`, async () => {
        const sender = await client(served.port);
        sender.socket.pause();
        const body = Buffer.alloc(30 * MIB, 'x');
        const head =
          framing === 'declared'
            ? `content-length: ${body.length}\r\n\r\n`
            : `transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`;
        sender.send(`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n${head}`);
        await new Promise((resolve) => sender.socket.write(body, resolve));
        sender.socket.resume();
        await sender.until('}');
        isTold(replyIn(sender.text()), 413);
      });
    it('and such a request is not asked to go on', async () => {
      const came = await send(`${declared(String(9 * MIB + 1))}expect: 100-continue\r\n\r\n`);
      isTold(came, 413);
      expect(came.headers).to.include({ connection: 'close' });
    });
  });

  describe('is 421 where its target names another host', () => {
    for (const host of ['evil.example', 'user@localhost', 'localhost.evil.example', 'evil.example:80', ''])
      it(`http://${host}/v1/models`, async () => {
        isTold(await send(ask('GET', `http://${host}/v1/models`)), 421);
      });
    it('but ours may be named', async () => {
      expect(await send(ask('GET', 'http://localhost:1/v1/files', { host: 'ignored.example' }))).to.include({
        status: 200,
      });
      expect(target.peers[0]?.text()).to.match(/^GET \/v1\/files HTTP/);
    });
    for (const path of ['//CANARY/v1/files', '/\\CANARY/v1/files', '/%2f%2fCANARY', '/..%2f..%2fCANARY', '/@CANARY/'])
      it(`but what only looks like a host is a path of the target: ${path}`, async () => {
        const came = await send(ask('GET', path.replace('CANARY', `127.0.0.1:${canary.port}`)));
        expect(came).to.include({ status: 200 });
        expect(target.peers[0]?.text()).to.match(/^GET \/[^/].* HTTP\/1\.1\r\n/);
      });
  });

  describe('is 431', () => {
    const lines = (n: number) => Array.from({ length: n }, (_, i) => `x-${i}: 1\r\n`).join('');
    for (const count of [101, 1003, 2100])
      it(`with ${count} header fields`, async () => {
        // Host and Connection are fields too. The names are short, to stay below the limit of bytes.
        const fields = 'a:\r\n'.repeat(count - 2);
        const before = cpuMs();
        isTold(await send(ask('GET', '/v1/files', { fields })), 431);
        expect(cpuMs() - before).to.be.below(50);
      });
    it('but 100 header fields are taken', async () => {
      expect(await send(ask('GET', '/v1/files', { fields: lines(98) }))).to.include({ status: 200 });
    });
    it('with 17 KiB of header fields', async () => {
      isTold(await send(ask('GET', '/v1/files', { fields: `x: ${'y'.repeat(17 * 1024)}\r\n` })), 431);
    });
  });

  describe('is 400', () => {
    for (const [name, text] of Object.entries({
      'no HTTP': 'hello\r\n\r\n',
      'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'a TLS handshake': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'no Host': 'GET /v1/files HTTP/1.1\r\nconnection: close\r\n\r\n',
      'an empty Host': ask('GET', '/v1/files', { host: '' }),
      'two Hosts': ask('GET', '/v1/files', { fields: 'host: localhost\r\n' }),
      'a Host that is none': ask('GET', '/v1/files', { host: 'local host' }),
      'two lengths': ask('POST', '/v1/files', { fields: 'content-length: 1\r\ncontent-length: 2\r\n' }),
      'a length and chunks': chat({ fields: 'transfer-encoding: chunked\r\n' }),
      'a length that is no number': ask('POST', '/v1/files', { fields: 'content-length: 0x5\r\n' }),
      'a space before the colon': ask('GET', '/v1/files', { fields: 'x : 1\r\n' }),
      'NUL in a field': ask('GET', '/v1/files', { fields: 'x: a\0b\r\n' }),
      'a chunk whose size is none': ask('POST', '/v1/files', { fields: 'transfer-encoding: chunked\r\n' }).concat(
        'zz\r\nabc\r\n0\r\n\r\n',
      ),
    }))
      it(`for ${name}`, async () => {
        isTold(await send(text), 400);
      });
    it('for a bad chunk behind good ones, though the request was begun', async () => {
      const sender = await client(served.port);
      sender.send(ask('POST', '/v1/files', { close: false, fields: 'transfer-encoding: chunked\r\n' }));
      sender.send('3\r\nabc\r\n');
      await pause(20);
      sender.send('zz\r\n');
      await sender.closed;
      isTold(replyIn(sender.text()), 400);
      sender.socket.destroy();
      await eventually(() => served.inFlight() === 0);
    });
    it('for what comes behind a good request, once that is answered', async () => {
      const sender = await client(served.port);
      sender.send(`${ask('GET', '/v1/files', { close: false })}garbage\r\n\r\n`);
      await sender.closed;
      expect(repliesIn(sender.text()).map(({ status }) => status)).to.deep.equal([200, 400]);
    });
    for (const [name, body] of Object.entries({
      'no JSON': '{"model":',
      'no object': '[]',
      'a string': '"x"',
      'no messages': '{"model":"m"}',
      'a model that is no name': '{"model":5,"messages":[{}]}',
      'a body that is missing': '',
    }))
      it(`for ${name}`, async () => {
        isTold(await send(ask('POST', '/v1/chat/completions', { body })), 400);
      });
    it('for a lone surrogate that is no UTF-8, or it is passed on; but never a crash', async () => {
      const came = await send(ask('POST', '/v1/chat/completions', { body: CHAT.replace('hi', '\xed\xa0\x80') }));
      expect(came.status).to.be.oneOf([200, 400]);
    });
    it('for 8 MB of brackets, and nothing is held up', async () => {
      const sender = await client(served.port);
      const body = Buffer.alloc(8_000_000, '[');
      let [longest, last] = [0, cpuMs()];
      const timer = setInterval(() => {
        const at = cpuMs();
        longest = Math.max(longest, at - last);
        last = at;
      }, 1);
      sender.send(`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n`);
      sender.send(body);
      await sender.until('}');
      clearInterval(timer);
      isTold(replyIn(sender.text()), 400);
      expect(longest).to.be.below(50);
    });
  });

  it('is none where keys are called __proto__: the body is passed on, and nothing is changed by them', async () => {
    const body = CHAT.replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},');
    const fields = '__proto__: 1\r\nconstructor: 2\r\n';
    expect(await send(ask('POST', '/v1/chat/completions', { body, fields }))).to.include({ status: 200 });
    expect(target.peers[0]?.text()).to.contain(body).and.contain('constructor: 2\r\n');
    expect({}).not.to.have.property('polluted');
  });

  describe('or of a page on the web is 403, and no page is told that it may read that', () => {
    for (const [name, asked] of Object.entries({
      'a foreign Host': chat({ host: 'evil.example' }),
      'a foreign Host with our port': chat({ host: 'evil.example:8484' }),
      'a foreign Origin': chat({ fields: 'origin: https://evil.example\r\n' }),
      'an opaque Origin': chat({ fields: 'origin: null\r\n' }),
      'a preflight': ask('OPTIONS', '/v1/chat', {
        fields: 'origin: https://evil.example\r\naccess-control-request-method: POST\r\n',
      }),
    }))
      it(name, async () => {
        const came = await send(asked);
        isTold(came, 403, 'permission_error', 'host_not_allowed');
        expect(Object.keys(came.headers).filter((field) => field.startsWith('access-control'))).to.deep.equal([]);
      });
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:8484', '[::1]:8484', 'any.localhost'])
      it(`but ours is served: ${host}`, async () => {
        expect(await send(chat({ host, fields: `origin: http://${host}\r\n` }))).to.include({ status: 200 });
      });
  });

  it('is an Upgrade that nobody serves: the request is served as if it had none', async () => {
    const fields = 'upgrade: websocket\r\nsec-websocket-key: x\r\n';
    const asked = ask('GET', '/v1/files', { close: false, fields: `connection: upgrade, close\r\n${fields}` });
    expect(await send(asked)).to.include({ status: 200 });
    expect(target.peers[0]?.text()).not.to.match(/^upgrade:/im);
  });
  it('is answered within 100 ms, whatever it is', async () => {
    for (const asked of ['hello\r\n\r\n', ask('TRACE', '/'), ask('GET', '/', { host: 'evil.example' })]) {
      expect(await fastestMs(() => send(asked))).to.be.below(100);
    }
  });
});
