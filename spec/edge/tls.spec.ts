/** An upstream that cannot prove who it is learns nothing of the request. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { authority, type Identity, selfSigned } from '../../lib/demo/certificate.js';
import { CHAT_REPLY } from '../support/answers.js';
import { listen } from '../support/listen.js';
import { chat, replyTo } from '../support/messages.js';
import { pause } from '../support/proxy.js';
import { type ProxyProcess, proxyProcess } from '../support/proxy-process.js';
import { reply } from '../support/raw.js';

const day = (n: number): Date => new Date(Date.now() + n * 86_400_000);
const valid = { from: day(-2), until: day(2) };
const over = { from: day(-2), until: day(-1) };

const trusted = authority({ name: 'The only authority', ...valid });
const good = trusted.issue({ name: 'localhost', ...valid });
const bad: Record<string, Identity> = {
  'self-signed': selfSigned({ name: 'localhost', ...valid }),
  expired: trusted.issue({ name: 'localhost', ...over }),
  'not valid yet': trusted.issue({ name: 'localhost', from: day(1), until: day(2) }),
  'for another name': trusted.issue({ name: 'other.example', ...valid }),
  'of an authority that nobody trusts': authority({ name: 'Another', ...valid }).issue({ name: 'localhost', ...valid }),
};

describe('a TLS upstream', () => {
  let folder: string;
  let proxies: ProxyProcess;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tls-spec-'));
    writeFileSync(join(folder, 'ca.pem'), trusted.cert);
    proxies = proxyProcess({ NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') });
  });
  after(async () => {
    await proxies.close();
    rmSync(folder, { recursive: true });
  });

  let server: Server;
  let sockets: TLSSocket[];
  let read: string;
  let handshakes: number;
  const ticketKeys = Buffer.alloc(48, 7);
  const listening = async (identity: Identity): Promise<string> => {
    [sockets, read, handshakes] = [[], '', 0];
    server = createServer({ ...identity, ticketKeys }, (socket) => {
      sockets.push(socket);
      socket
        .on('error', () => {})
        .on('data', (piece) => {
          read += piece;
          if (read.includes('"hi"') || read.startsWith('GET')) socket.end(reply(CHAT_REPLY, 'connection: close\r\n'));
        });
    });
    server.on('connection', () => {
      handshakes += 1;
    });
    return `https://localhost:${(await listen(server, 'localhost')).port}`;
  };
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  const isRefused = async (port: number, readBefore: string, handshakesBefore: number) => {
    const came = await replyTo(port, chat());
    expect(came).to.include({ status: 502 });
    expect(JSON.parse(came.body)).to.have.nested.property('error.code', 'tls_failed');
    await pause(30);
    expect(read, 'what the upstream read').to.equal(readBefore);
    expect(handshakes, 'how often it was tried').to.equal(handshakesBefore + 1);
  };

  it('that proves who it is gets the request', async () => {
    const port = await proxies.start(await listening(good));
    expect(await replyTo(port, chat())).to.include({ status: 200, body: CHAT_REPLY });
    expect(read).to.match(/^host: localhost:\d+\r$/m);
  });
  for (const [name, identity] of Object.entries(bad)) {
    it(`gets not one byte, and no second try, where its certificate is ${name}`, async () => {
      await isRefused(await proxies.start(await listening(identity)), '', 0);
    });
    it(`gets not one byte more where its certificate was good once and is now ${name}`, async () => {
      const port = await proxies.start(await listening(good));
      for (let i = 0; i < 2; i++) expect(await replyTo(port, chat())).to.include({ status: 200 });
      server.setSecureContext({ ...identity, ticketKeys });
      await isRefused(port, read, handshakes);
    });
    it(`gets the request where it need not prove who it is: ${name}`, async () => {
      const port = await proxies.start(await listening(identity), { target: { verifyTls: false } });
      expect(await replyTo(port, chat())).to.include({ status: 200, body: CHAT_REPLY });
    });
  }
  it('that resumes a session is not asked again who it is by Node itself, so that the specs above can fail', async () => {
    const url = await listening(good);
    // TLS 1.3 gives its tickets after the handshake; 1.2 within it.
    const agent = new Agent({ ca: trusted.cert, maxVersion: 'TLSv1.2' });
    const statusOf = async () => {
      const [response] = await once(get(url, { agent }), 'response');
      response.resume();
      await once(response, 'end');
      return response.statusCode as number;
    };
    expect(await statusOf()).to.equal(200);
    server.setSecureContext({ ...(bad['for another name'] as Identity), ticketKeys });
    read = '';
    expect(await statusOf()).to.equal(200);
  });
});
