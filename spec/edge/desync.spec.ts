/** Where one request ends and the next begins: nothing is read as what it is not, and nothing whole goes unanswered. */
import { expect } from 'chai';
import fc from 'fast-check';
import { CHAT_REPLY } from '../support/answers.js';
import { ask, CHAT, chat, repliesIn, replyIn } from '../support/messages.js';
import { eventually, pause, type RunningApp, stand, type Upstream } from '../support/proxy.js';

describe('a connection that carries more than one request', () => {
  const { proxy, upstream, client } = stand();
  let target: Upstream;
  let served: RunningApp;
  beforeEach(async () => {
    target = await upstream((_seen, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(CHAT_REPLY);
    });
    served = await proxy(target.url, { server: { bodyLimitBytes: 1024 } });
  });

  /** What comes back for these bytes, each piece in a read of its own, until the proxy closes the connection. */
  const exchange = async (...pieces: readonly string[]) => {
    const sender = await client(served.port);
    for (const piece of pieces) {
      sender.send(Buffer.from(piece, 'latin1'));
      await pause(15);
    }
    await sender.closed;
    await eventually(() => served.inFlight() === 0);
    return repliesIn(sender.text());
  };
  const statuses = async (...pieces: readonly string[]) => (await exchange(...pieces)).map(({ status }) => status);
  const sent = () => target.seen.map(({ method, url }) => `${method} ${url}`);

  /** A request that a naive reader finds in the body of another. */
  const SMUGGLED = ask('DELETE', '/v1/files/smuggled');
  const carrier = ask('POST', '/v1/files', { body: SMUGGLED, close: false });
  const [carrierHead] = carrier.split(SMUGGLED) as [string];

  describe('and an Upgrade', () => {
    const upgrade = (to: string, asked: Parameters<typeof ask>[2] = {}, method = 'GET', path = '/v1/files/1') =>
      ask(method, path, { close: false, fields: `connection: Upgrade\r\nupgrade: ${to}\r\n`, ...asked });
    const SETTINGS = 'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAA\r\n';

    for (const to of ['x', 'h2c', 'websocket', 'TLS/1.0, HTTP/1.1']) {
      it(`takes no body behind it for a request: ${to}`, async () => {
        const came = await exchange(upgrade(to) + carrierHead, SMUGGLED);
        expect(came.map(({ status }) => status)).to.deep.equal([200]);
        expect(came[0]?.headers).to.include({ connection: 'close' });
        expect(sent()).to.deep.equal(['GET /v1/files/1']);
      });
    }
    it('is answered and closed also where what comes behind it is a request, or none', async () => {
      for (const behind of [chat(), 'no HTTP\r\n\r\n', '\x81\x85ABCD', ask('CONNECT', 'evil.example:443')]) {
        for (const pieces of [[upgrade('x') + behind], [upgrade('x'), behind]] as const) {
          expect(await statuses(...pieces), behind).to.deep.equal([200]);
        }
      }
      expect(new Set(sent())).to.deep.equal(new Set(['GET /v1/files/1']));
    });
    it('is served with its body, as h2c is asked for by some clients, and nothing behind that is read', async () => {
      const whole = upgrade('h2c', { body: CHAT, fields: SETTINGS }, 'POST', '/v1/chat/completions');
      for (const at of [whole.length, whole.length - 5, whole.indexOf('\r\n\r\n') + 4]) {
        const came = await exchange(whole.slice(0, at), whole.slice(at) + carrierHead, SMUGGLED);
        expect(came.map(({ status }) => status)).to.deep.equal([200]);
        expect(came[0]?.headers).to.include({ connection: 'close' });
      }
      const chunks = `${ask('POST', '/v1/files', { close: false, fields: `${SETTINGS}transfer-encoding: chunked\r\n` })}2\r\nab\r\n0\r\n\r\n`;
      expect(await statuses(chunks + carrierHead, SMUGGLED)).to.deep.equal([200]);
      expect(target.seen.map(({ body }) => body.toString())).to.deep.equal([CHAT, CHAT, CHAT, 'ab']);
    });
    it('is answered in its turn, behind the requests that came before it', async () => {
      const first = chat({ close: false });
      expect(await statuses(first + upgrade('x') + carrierHead, SMUGGLED)).to.deep.equal([200, 200]);
      expect(sent()).to.have.members(['POST /v1/chat/completions', 'GET /v1/files/1']);
    });
    it('ends the connection also where it is refused, or asks for an address of the proxy', async () => {
      for (const [asked, status] of [
        [upgrade('x', {}, 'GET', '/v1/chat/completions'), 405],
        [upgrade('x', { host: 'evil.example' }), 403],
        [upgrade('x', {}, 'GET', '/healthz'), 200],
      ] as const) {
        const [came, ...more] = await exchange(asked + carrierHead, SMUGGLED);
        expect(more).to.deep.equal([]);
        expect(came).to.deep.include({ status });
        expect(came?.headers).to.include({ connection: 'close' });
      }
      expect(sent()).to.deep.equal([]);
    });
    it('is none where only one of its two fields is there: the connection lives on', async () => {
      for (const fields of ['upgrade: x\r\n', 'connection: upgrade\r\n']) {
        expect(await statuses(ask('GET', '/v1/files/1', { close: false, fields }) + chat())).to.deep.equal([200, 200]);
      }
    });
    it('is not read past, however much comes', async () => {
      const sender = await client(served.port);
      sender.send(upgrade('x'));
      for (let i = 0; i < 50; i++) sender.send('y'.repeat(100_000));
      await sender.until('\r\n\r\n');
      await sender.closed;
      expect(replyIn(sender.text())).to.include({ status: 200, whole: true });
    });
  });

  describe('and a tunnel or another protocol', () => {
    it('is closed behind CONNECT, whatever bytes stand behind it', async () => {
      const connect = ask('CONNECT', 'evil.example:443', { close: false });
      const lengthy = ask('CONNECT', 'evil.example:443', { close: false, body: SMUGGLED });
      for (const pieces of [
        [connect + SMUGGLED],
        [connect, SMUGGLED],
        [connect + carrierHead, SMUGGLED],
        [lengthy],
        [lengthy.slice(0, -SMUGGLED.length), SMUGGLED],
      ]) {
        const [came, ...more] = await exchange(...pieces);
        expect(more).to.deep.equal([]);
        expect(came).to.include({ status: 405 });
      }
      expect(sent()).to.deep.equal([]);
    });
    it('is closed behind the preface of HTTP/2, whatever stands behind it', async () => {
      const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
      expect(await statuses(preface + SMUGGLED)).to.deep.equal([400]);
      expect(await statuses(preface, SMUGGLED)).to.deep.equal([400]);
      expect(await statuses(preface + carrierHead, SMUGGLED)).to.deep.equal([400]);
      expect(await statuses(chat({ close: false }) + preface + carrierHead, SMUGGLED)).to.deep.equal([200, 400]);
      expect(sent()).to.deep.equal(['POST /v1/chat/completions']);
    });
    for (const version of ['0.9', '2.0'])
      it(`is closed behind a request of HTTP/${version}, which is no version that is spoken here`, async () => {
        const head = ask('GET', '/v1/files', { close: false }).replace('HTTP/1.1', `HTTP/${version}`);
        expect(await statuses(head + carrierHead, SMUGGLED)).to.deep.equal([400]);
        expect(sent()).to.deep.equal([]);
      });
  });

  describe('and a Transfer-Encoding', () => {
    const coded = (fields: string, version = '1.1') =>
      `POST /v1/files HTTP/${version}\r\nhost: localhost\r\n${fields}\r\n2\r\nab\r\n0\r\n\r\n`;
    for (const [name, asked] of Object.entries({
      'gzip before chunked': coded('transfer-encoding: gzip, chunked\r\n'),
      'chunked twice': coded('transfer-encoding: chunked, chunked\r\n'),
      'two lines': coded('transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n'),
      'two lines, of which one says nothing': coded('transfer-encoding:\r\ntransfer-encoding: chunked\r\n'),
      'identity and chunked in two lines': coded('transfer-encoding: identity\r\ntransfer-encoding: chunked\r\n'),
      'a comma before it': coded('transfer-encoding: ,chunked\r\n'),
      'a comma behind it': coded('transfer-encoding: chunked,\r\n'),
      'quotes around it': coded('transfer-encoding: "chunked"\r\n'),
      'a parameter': coded('transfer-encoding: chunked;q=1\r\n'),
      'another word': coded('transfer-encoding: xchunked\r\n'),
      identity: coded('transfer-encoding: identity\r\n'),
      'nothing in it': coded('transfer-encoding:\r\n'),
      'nothing in it, and a length': coded('transfer-encoding:\r\ncontent-length: 12\r\n'),
      'a length beside it': coded('transfer-encoding: chunked\r\ncontent-length: 12\r\n'),
      'a length before it': coded('content-length: 12\r\ntransfer-encoding: chunked\r\n'),
      'HTTP/1.0': coded('transfer-encoding: chunked\r\n', '1.0'),
      'HTTP/1.0 that is to be kept alive': coded('connection: keep-alive\r\ntransfer-encoding: chunked\r\n', '1.0'),
    }))
      it(`is 400 and over, and nobody else hears of it: ${name}`, async () => {
        expect(await statuses(asked + chat({ close: false }))).to.deep.equal([400]);
        expect(await statuses(asked, chat({ close: false }))).to.deep.equal([400]);
        expect(sent()).to.deep.equal([]);
      });
    it('is taken as chunked, in any letters', async () => {
      for (const coding of ['chunked', 'Chunked', ' chunked ', '\tchunked']) {
        expect(await statuses(coded(`transfer-encoding:${coding}\r\n`) + chat()), coding).to.deep.equal([200, 200]);
      }
      expect(target.seen[0]?.body.toString()).to.equal('ab');
    });
  });

  describe('and a request that is refused', () => {
    const body = 'x'.repeat(900);
    const long = 'x'.repeat(100_000);
    const refused = (asked: Parameters<typeof ask>[2] = {}) => ({ body, close: false, ...asked });
    const origin = 'origin: https://evil.example\r\n';
    const many = Array.from({ length: 101 }, (_, i) => `x-${i}: 1\r\n`).join('');
    const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    const inChunks = (method: string, path: string, text: string) =>
      ask(method, path, { close: false, fields: 'transfer-encoding: chunked\r\n' }) + chunked(text);
    for (const [name, asked, status] of [
      ['405', ask('PUT', '/v1/chat/completions', refused()), 405],
      ['405, with a longer body than one read', ask('PUT', '/v1/chat/completions', refused({ body: long })), 405],
      ['405, in chunks', inChunks('PUT', '/v1/chat/completions', body), 405],
      ['403 for its Host', chat(refused({ host: 'evil.example' })), 403],
      ['403 for its Origin', chat(refused({ fields: origin })), 403],
      ['400 for its Host', chat(refused({ fields: 'host: localhost\r\n' })), 400],
      ['400 for what it says', chat(refused()), 400],
      ['404', ask('POST', '*', refused()), 404],
      ['413', chat(refused({ body: 'x'.repeat(1025) })), 413],
      ['413, with a longer body than one read', chat(refused({ body: long })), 413],
      ['413, in chunks', inChunks('POST', '/v1/chat/completions', 'x'.repeat(2000)), 413],
      ['421', ask('POST', 'http://evil.example/v1/chat/completions', refused()), 421],
      ['431', chat(refused({ fields: many })), 431],
      ['an address of the proxy itself', ask('GET', '/healthz', refused()), 200],
    ] as const) {
      it(`answers the good one behind it too: ${name}`, async () => {
        const came = await exchange(asked + chat());
        expect(came.map((one) => one.status)).to.deep.equal([status, 200]);
        expect(sent()).to.deep.equal(['POST /v1/chat/completions']);
      });
      it(`answers both where they come byte by byte: ${name}`, async () => {
        const sender = await client(served.port);
        const text = Buffer.from(asked.length > 5000 ? `${asked.slice(0, 3000)}` : asked, 'latin1');
        for (let at = 0; at < text.length; at += 700) {
          sender.send(text.subarray(at, at + 700));
          await pause(3);
        }
        sender.send(asked.slice(text.length) + chat());
        await eventually(() => repliesIn(sender.text()).length === 2);
        expect(repliesIn(sender.text()).map((one) => one.status)).to.deep.equal([status, 200]);
      });
    }
    it('is answered at once where its client waits for leave to send the body, and then closed', async () => {
      const fields = 'expect: 100-continue\r\ncontent-length: 900\r\n';
      const came = await exchange(ask('PUT', '/v1/chat/completions', { close: false, fields }));
      expect(came.map(({ status }) => status)).to.deep.equal([405]);
      expect(came[0]?.headers).to.include({ connection: 'close' });
    });
    it('is answered at once where it has more to send than is worth reading, and then closed', async () => {
      const fields = 'content-length: 100000000\r\n';
      const came = await exchange(ask('PUT', '/v1/chat/completions', { close: false, fields }));
      expect(came.map(({ status }) => status)).to.deep.equal([405]);
      expect(came[0]?.headers).to.include({ connection: 'close' });
    });
  });

  it('gets no answer that nobody asked for, where more comes behind a request that ends it', async () => {
    for (const behind of [chat(), 'no HTTP', SMUGGLED]) {
      expect(await statuses(chat() + behind)).to.deep.equal([200]);
      expect(await statuses(ask('GET', '/healthz') + behind)).to.deep.equal([200]);
    }
  });

  it('gets the answers to ten requests, good and bad, in their order, and none is lost', async () => {
    const asked = [
      [chat({ close: false }), 200],
      [ask('PUT', '/v1/chat/completions', { body: CHAT, close: false }), 405],
      [ask('GET', '/healthz', { close: false }), 200],
      [chat({ host: 'evil.example', close: false }), 403],
      [chat({ close: false }), 200],
      [ask('POST', '*', { body: CHAT, close: false }), 404],
      [chat({ body: 'no JSON', close: false }), 400],
      [chat({ body: 'x'.repeat(2000), close: false }), 413],
      [ask('GET', '/v1/files', { close: false }), 200],
      [chat(), 200],
    ] as const;
    expect(await statuses(asked.map(([text]) => text).join(''))).to.deep.equal(asked.map(([, status]) => status));
  });

  describe('whatever it carries, cut wherever', () => {
    const fields = (more: string) => ({ close: false, fields: more });
    const chunked = (body: string) => `${body.length.toString(16)};x=y\r\n${body}\r\n0\r\n\r\n`;
    const upgrade = 'connection: upgrade\r\nupgrade: x\r\n';
    /** What is sent, the status of its answer, and whether the connection ends behind it. */
    const kinds = [
      [chat({ close: false }), 200, false],
      [carrier, 200, false],
      [ask('POST', '/v1/files', fields('transfer-encoding: chunked\r\n')) + chunked(SMUGGLED), 200, false],
      [ask('GET', '/healthz', { close: false, body: SMUGGLED }), 200, false],
      [ask('PUT', '/v1/models', { close: false, body: SMUGGLED }), 405, false],
      [chat({ close: false, body: SMUGGLED, host: 'evil.example' }), 403, false],
      [ask('POST', '*', fields('transfer-encoding: chunked\r\n')) + chunked(SMUGGLED), 404, false],
      [chat({ close: false, body: SMUGGLED.repeat(20) }), 413, false],
      [ask('GET', '/v1/files', fields(upgrade)), 200, true],
      [ask('POST', '/v1/files', { ...fields(upgrade), body: SMUGGLED }), 200, true],
      [ask('PUT', '/v1/models', { ...fields(upgrade), body: SMUGGLED }), 405, true],
      [ask('POST', '/v1/files', fields('transfer-encoding: x, chunked\r\n')) + chunked(SMUGGLED), 400, true],
      [ask('CONNECT', 'a.example:1', { close: false, body: SMUGGLED }), 405, true],
      ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, true],
      [ask('GET', '/v1/files', { body: SMUGGLED }), 200, true],
      [carrier.replace('HTTP/1.1', 'HTTP/1.0'), 200, true],
    ] as const;
    it('answers what comes before its end, in order, and takes no body for a request', async () => {
      const runs = Number(process.env.DESYNC_RUNS ?? 40);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom(...kinds), { maxLength: 5 }),
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
          async (some, cuts) => {
            const all = [...some, [chat(), 200, true] as const];
            const text = all.map(([asked]) => asked).join('');
            const at = [0, ...cuts.map((cut) => Math.floor(cut * text.length)).sort((a, b) => a - b), text.length];
            const sender = await client(served.port);
            for (const [i, start] of at.slice(0, -1).entries()) {
              sender.send(Buffer.from(text.slice(start, at[i + 1]), 'latin1'));
              await pause(1);
            }
            await sender.closed;
            sender.socket.destroy();
            const last = all.findIndex(([, , ends]) => ends);
            const expected = all.slice(0, last + 1).map(([, status]) => status);
            expect(repliesIn(sender.text()).map(({ status }) => status)).to.deep.equal(expected);
            expect(sent().filter((one) => /smuggled/.test(one))).to.deep.equal([]);
          },
        ),
        { numRuns: runs },
      );
    }).timeout(600_000);
  });
});
