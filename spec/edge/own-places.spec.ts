/** What a browser, a robot or a monitor asks any server for: answered here, and never sent on with the key. */
import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { ask, chat, replyTo } from '../support/messages.js';
import { type RunningApp, stand, type Upstream } from '../support/proxy.js';

describe('an address of the proxy itself', () => {
  const { proxy, upstream } = stand();
  let target: Upstream;
  let served: RunningApp;
  beforeEach(async () => {
    target = await upstream((_seen, response) => response.end('{}'));
    served = await proxy(target.url, { target: { apiKey: O.some('sk-1') } });
  });
  afterEach(() => {
    expect(target.seen, 'the target was asked').to.deep.equal([]);
  });

  for (const path of [
    ...['/favicon.ico', '/robots.txt', '/metrics', '/admin', '/admin/', '/admin/users?x=1', '/metrics/x', '/ADMIN'],
    ...[
      '//admin',
      '///favicon.ico',
      '/%61dmin',
      '/%2fadmin',
      '/%2F%2Fmetrics',
      '/./admin',
      '/v1/../admin',
      '/v1/%2e%2e/admin',
    ],
    ...['/\\admin', '/admin;x', '/admin%00', '/admin%2fusers', 'http://localhost/admin', 'http://localhost//admin'],
  ]) {
    it(`is 404, whatever the method: ${path}`, async () => {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
        const came = await replyTo(served.port, ask(method, path, method === 'POST' ? { body: '{}' } : {}));
        expect(came, method).to.include({ status: 404, whole: true });
        if (method !== 'HEAD') expect(JSON.parse(came.body).error).to.include({ code: 'invalid_request' });
      }
    });
  }

  for (const path of ['/', '/?a=1', '//', '/%2f', '/./', '/v1/..', 'http://localhost', 'http://localhost/?x'])
    it(`is a page: ${path}`, async () => {
      const came = await replyTo(served.port, ask('GET', path, { host: 'localhost:8484' }));
      expect(came).to.include({ status: 200, whole: true });
      expect(came.headers).to.include({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
      expect(came.headers['content-security-policy']).to.match(/^default-src 'none';.*frame-ancestors 'none'/);
      expect(came.body).to.include('<code>http://localhost:8484/v1</code>');
      const head = await replyTo(served.port, ask('HEAD', path));
      expect(head).to.include({ status: 200, body: '' });
    });

  it('is reached by TLS where a proxy in front says so', async () => {
    const fields = 'x-forwarded-proto: https\r\n';
    const came = await replyTo(served.port, ask('GET', '/', { host: 'my.localhost', fields }));
    expect(came.body).to.include('<code>https://my.localhost/v1</code>');
  });
  it('takes nothing at /', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const came = await replyTo(served.port, ask(method, '/', method === 'POST' ? { body: '{}' } : {}));
      expect(came).to.include({ status: 405 });
      expect(came.headers).to.include({ allow: 'GET, HEAD' });
    }
  });
  it('is for nobody under a foreign name', async () => {
    for (const path of ['/', '/admin', '/favicon.ico'])
      expect(await replyTo(served.port, ask('GET', path, { host: 'evil.example' }))).to.include({ status: 403 });
    expect(await replyTo(served.port, chat({ host: 'evil.example' }))).to.include({ status: 403 });
  });
});
