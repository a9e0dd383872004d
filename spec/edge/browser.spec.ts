/** What pages in a browser may do here, and what they may read. */
import { expect } from 'chai';
import { CHAT_END, CHAT_REPLY, chatEvent } from '../support/answers.js';
import { ask, CHAT, chat, type Message, replyTo, STREAM } from '../support/messages.js';
import { type RunningApp, stand, type Upstream } from '../support/proxy.js';

const LISTED = 'https://chat.example';

describe('a page in a browser', () => {
  const { proxy, upstream } = stand();
  let target: Upstream;
  let served: RunningApp;
  beforeEach(async () => {
    target = await upstream((seen, response) => {
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('access-control-allow-credentials', 'true');
      if (seen.url.endsWith('/missing')) response.statusCode = 404;
      else if (seen.body.toString() === STREAM) {
        response.setHeader('content-type', 'text/event-stream');
        response.end(chatEvent('Hello') + CHAT_END);
        return;
      }
      response.setHeader('content-type', 'application/json');
      response.end(CHAT_REPLY);
    });
    served = await proxy(target.url, { server: { cors: [LISTED, 'http://192.168.1.5:8000', 'tauri://localhost'] } });
  });

  const fields = (lines: Readonly<Record<string, string>>) =>
    Object.entries(lines)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  const accessFields = ({ headers }: Message) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => /^(access-control|vary)/.test(name)));
  const isRefused = (came: Message, says = 'This origin is not allowed. Add it to server.cors.') => {
    expect(came).to.include({ status: 403, phrase: says, whole: true });
    expect(came.body).to.include('"code":"host_not_allowed"');
    expect(accessFields(came)).to.deep.equal({ vary: 'Origin' });
    expect(target.seen).to.deep.equal([]);
  };
  const isServed = (came: Message) => {
    expect(came).to.include({ status: 200, whole: true });
    expect(target.seen).to.have.length(1);
  };

  describe('of another site makes no request with the key of the config', () => {
    for (const origin of [
      'http://203.0.113.7',
      'http://203.0.113.7:8484',
      'http://192.168.1.6:8000',
      'http://[2001:db8::1]',
      'http://10.0.0.1',
      'https://evil.example',
      'http://chat.example',
      'https://chat.example:444',
      'https://chat.example.evil.example',
      'null',
      'file://',
      'chrome-extension://abcdef',
    ]) {
      it(`from ${origin}`, async () => {
        isRefused(await replyTo(served.port, chat({ fields: fields({ origin, 'content-type': 'text/plain' }) })));
      });
    }
    it('from two origins at once', async () => {
      const both = `origin: ${LISTED}\r\norigin: http://203.0.113.7\r\n`;
      isRefused(await replyTo(served.port, chat({ fields: both })));
    });
    it('by a picture, a link or a form, which bear no Origin', async () => {
      for (const site of ['cross-site', 'Cross-Site']) {
        const asked = fields({ 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' });
        isRefused(await replyTo(served.port, ask('GET', '/v1/models', { fields: asked })));
        isRefused(await replyTo(served.port, ask('GET', '/status', { fields: asked })));
      }
    });
    it('where the browser says so, though its origin is one of this machine', async () => {
      const asked = fields({ origin: 'http://127.0.0.1:8000', 'sec-fetch-site': 'cross-site' });
      isRefused(await replyTo(served.port, chat({ fields: asked })));
    });
    it('in a preflight, which nobody else hears of, on any route', async () => {
      for (const origin of ['https://evil.example', 'http://127.0.0.1:8000', 'http://203.0.113.7']) {
        for (const path of ['/v1/chat/completions', '/v1/files', '/v1/models', '/healthz']) {
          const asked = fields({ origin, 'access-control-request-method': 'POST' });
          isRefused(await replyTo(served.port, ask('OPTIONS', path, { fields: asked })));
        }
      }
    });
    it('but a foreign Host is what it is told of first', async () => {
      const came = await replyTo(served.port, chat({ host: 'evil.example', fields: fields({ origin: LISTED }) }));
      expect(came.phrase).to.equal('This host name is not allowed. Add it to server.allowed_hosts.');
      expect(target.seen).to.deep.equal([]);
    });
  });

  describe('of this machine, or of the host that it calls, is served, and reads nothing that others may not', () => {
    for (const [origin, host] of [
      ['http://localhost:8000', 'localhost:8484'],
      ['http://127.0.0.1:8000', 'localhost'],
      ['http://127.9.9.9', 'localhost'],
      ['http://[::1]:8000', 'localhost'],
      ['http://tavern.localhost', 'localhost'],
      ['https://localhost', '127.0.0.1:8484'],
      ['http://192.168.1.6:8000', '192.168.1.6:8484'],
      ['http://192.168.1.6:8484', '192.168.1.6:8484'],
      ['http://[fd00::1]:1', '[fd00::1]:8484'],
    ] as const) {
      it(`from ${origin}, which calls ${host}`, async () => {
        for (const site of ['', 'sec-fetch-site: same-site\r\n']) {
          const came = await replyTo(served.port, chat({ host, fields: fields({ origin }) + site }));
          expect(came).to.include({ status: 200, whole: true });
          expect(accessFields(came)).to.deep.equal({ vary: 'Origin' });
        }
      });
    }
    it('where somebody has typed the address', async () => {
      const asked = fields({ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' });
      isServed(await replyTo(served.port, ask('GET', '/v1/files', { fields: asked })));
    });
  });

  describe('that is listed', () => {
    const listed = fields({ origin: LISTED, 'sec-fetch-site': 'cross-site' });
    const readable = { 'access-control-allow-origin': LISTED, 'access-control-expose-headers': '*', vary: 'Origin' };

    it('reads replies', async () => {
      const came = await replyTo(served.port, chat({ fields: listed }));
      isServed(came);
      expect(accessFields(came)).to.deep.equal(readable);
    });
    it('reads streams', async () => {
      const came = await replyTo(served.port, chat({ fields: listed, body: STREAM }));
      isServed(came);
      expect(accessFields(came)).to.deep.equal(readable);
    });
    for (const [name, asked, status] of [
      ['of the upstream', ask('GET', '/v1/missing', { fields: listed }), 404],
      ['of its own making', chat({ fields: listed, body: 'no JSON' }), 400],
      ['405', ask('GET', '/v1/chat/completions', { fields: listed }), 405],
      ['431', chat({ fields: listed + 'a:\r\n'.repeat(100) }), 431],
      ['for its framing', chat({ fields: `${listed}transfer-encoding: gzip, chunked\r\n`, body: '' }), 400],
    ] as const) {
      it(`reads errors: ${name}`, async () => {
        const came = await replyTo(served.port, asked);
        expect(came).to.include({ status });
        expect(accessFields(came)).to.deep.equal(readable);
      });
    }
    it('reads the addresses of the proxy itself', async () => {
      const came = await replyTo(served.port, ask('GET', '/healthz', { fields: listed }));
      expect(came).to.include({ status: 200 });
      expect(accessFields(came)).to.deep.equal(readable);
    });
    it('may be an address, or the page of an app', async () => {
      for (const origin of ['http://192.168.1.5:8000', 'tauri://localhost']) {
        const came = await replyTo(served.port, chat({ fields: fields({ origin }) }));
        expect(came.headers).to.include({ 'access-control-allow-origin': origin });
      }
    });
    for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/models', '/v1/embeddings', '/healthz', '/']) {
      it(`has its preflights answered, and nobody else hears of them: ${path}`, async () => {
        const asked = fields({
          origin: LISTED,
          'sec-fetch-site': 'cross-site',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        });
        const came = await replyTo(served.port, ask('OPTIONS', path, { fields: asked }));
        expect(came).to.include({ status: 204, whole: true });
        expect(accessFields(came)).to.deep.equal({
          ...readable,
          'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
          'access-control-allow-headers': 'authorization,content-type',
          'access-control-max-age': '600',
        });
        expect(target.seen).to.deep.equal([]);
      });
    }
    it('may reach from the web into a private network, where it asks for that', async () => {
      const asked = fields({
        origin: LISTED,
        'access-control-request-method': 'POST',
        'access-control-request-private-network': 'true',
      });
      const came = await replyTo(served.port, ask('OPTIONS', '/v1/chat/completions', { fields: asked }));
      expect(came.headers).to.include({ 'access-control-allow-private-network': 'true' });
      expect(came.headers).not.to.have.property('access-control-allow-headers');
    });
  });

  describe('where none is listed', () => {
    beforeEach(async () => {
      served = await proxy(target.url, { server: { cors: [] } });
    });
    it('may read nothing, whatever the upstream allows', async () => {
      for (const origin of ['http://localhost:8000', '']) {
        const came = await replyTo(served.port, chat({ fields: origin === '' ? '' : fields({ origin }) }));
        expect(came).to.include({ status: 200 });
        expect(accessFields(came)).to.deep.equal({});
      }
    });
    it('gets no preflight answered', async () => {
      const asked = fields({ origin: LISTED, 'access-control-request-method': 'POST' });
      const came = await replyTo(served.port, ask('OPTIONS', '/v1/chat/completions', { fields: asked }));
      expect(came).to.include({ status: 403 });
      expect(accessFields(came)).to.deep.equal({});
    });
  });

  it('is not shown to the upstream, nor are its cookies, which are for another program of this machine', async () => {
    const page = { origin: 'http://localhost:8000', referer: 'http://localhost:8000/', cookie: 'session=sekret' };
    const hints = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-ch-ua': 'x', 'sec-gpc': '1' };
    await replyTo(served.port, chat({ fields: fields({ ...page, ...hints, 'x-title': 'T' }) }));
    expect(Object.keys(target.seen[0]?.headers ?? {})).to.include('x-title');
    expect(Object.keys(target.seen[0]?.headers ?? {})).not.to.include.any.members([
      ...Object.keys(page),
      ...Object.keys(hints),
    ]);
  });
  it('is none where a program sends cookies or a referer of its own', async () => {
    await replyTo(
      served.port,
      chat({ fields: fields({ cookie: 'a=1', referer: 'https://app.example', 'sec-fetch-mode': 'cors' }) }),
    );
    expect(target.seen[0]?.headers).to.include({ cookie: 'a=1', referer: 'https://app.example' });
  });
  it('needs no list where it sends no Origin, and is no page', async () => {
    isServed(await replyTo(served.port, chat({ body: CHAT })));
  });
});
