/** What the proxy relies on in whatever moves its bytes. Each adapter of the port is held to it. */
import { performance } from 'node:perf_hooks';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { bytes, type Reply } from '../../lib/core/exchange.js';
import { type Failure, shuttingDown } from '../../lib/core/failure.js';
import type { Warn } from '../../lib/core/warning.js';
import { clock } from '../../lib/edge/clock.js';
import type { Transport } from '../../lib/edge/transport.js';
import { buffer } from '../../lib/stream/buffer.js';
import { eventually, pause, SOON_MS } from '../support/proxy.js';
import { closedPort, type Peer, type RawServer, rawServer, reply } from '../support/raw.js';
import { attempt, type TryChanges, timeouts } from '../support/values.js';

const REQUEST_END = /\r\n\r\n.*$/s;

type Outcome = E.Either<Failure, Reply>;

export const transportContract = (create: (warn: Warn) => Transport): void => {
  let transport: Transport;
  let warnings: string[] = [];
  let server: RawServer | undefined;
  beforeEach(() => {
    warnings = [];
    transport = create((_, warning) => warnings.push(warning));
  });
  afterEach(async () => {
    transport.close();
    await server?.close();
    server = undefined;
  });

  const upstream = async (onConnection: (peer: Peer, index: number) => unknown): Promise<RawServer> => {
    server = await rawServer(onConnection);
    return server;
  };
  /** Does so for each request in turn, on whatever connection it comes. */
  const answering = (how: (peer: Peer, index: number) => unknown): Promise<RawServer> =>
    upstream((peer, index) => {
      peer.socket.on('data', (piece) => {
        if (piece.includes('{}')) how(peer, index);
      });
    });
  const send = (url: string, changes?: TryChanges): Promise<Outcome> => transport.send(attempt(url, changes))();
  const whole = async (outcome: Outcome): Promise<E.Either<unknown, string>> => {
    if (E.isLeft(outcome)) return outcome;
    const { body } = outcome.right;
    const read = body._tag === 'Held' ? await buffer(clock)(body, 1e9, () => O.none)() : E.right(body);
    return E.map((held: Reply['body']) => (held._tag === 'Bytes' ? held.bytes.toString('latin1') : 'too long'))(read);
  };
  const failureOf = (outcome: E.Either<unknown, unknown>) => (E.isLeft(outcome) ? outcome.left : 'no failure');
  const replyOf = (outcome: Outcome): Reply => {
    if (E.isRight(outcome)) return outcome.right;
    throw new Error(`no reply, but ${outcome.left._tag}`);
  };

  describe('what goes out', () => {
    const sent = async (changes: TryChanges): Promise<string> => {
      const { url, peers } = await upstream(async (peer) => {
        await peer.until(REQUEST_END);
        await pause(20);
        peer.send(reply('ok'));
      });
      await whole(await send(url, changes));
      return (peers[0] as Peer).text();
    };
    const fields = (text: string, name: string) =>
      [...text.matchAll(new RegExp(`^${name}: ?(.*)\\r$`, 'gim'))].map(([, field]) => field);

    it('is the path as it is, slashes, escapes and query untouched', async () => {
      const path = "/a%2Fb/x'{}|^/c?u=http://h//x&v=%20?&w=[1]";
      expect(await sent({ request: { method: 'GET', path, body: bytes(Buffer.alloc(0)) } })).to.contain(
        `GET ${path} HTTP/1.1\r\n`,
      );
    });
    it('is the body, byte for byte', async () => {
      const body = Buffer.from([0, 255, 13, 10, 0x7b, 0xc3, 0x28]);
      const text = await sent({ request: { body: bytes(body) } });
      expect(text.slice(text.indexOf('\r\n\r\n') + 4)).to.equal(body.toString('latin1'));
    });
    it('names the host of the target, not the one that the client named', async () => {
      const text = await sent({});
      expect(fields(text, 'host')).to.deep.equal([`127.0.0.1:${server?.port}`]);
    });
    for (const method of ['DELETE', 'OPTIONS', 'POST', 'PUT', 'GET']) {
      it(`is framed once, by the length of the body: ${method}`, async () => {
        const headers = { 'content-length': '010', 'transfer-encoding': ',chunked' };
        const text = await sent({ request: { method, headers, body: bytes(Buffer.from('GET /evil HTTP/1.1')) } });
        expect(fields(text, 'content-length')).to.deep.equal(['18']);
        expect(fields(text, 'transfer-encoding')).to.deep.equal([]);
        expect(text.endsWith('\r\n\r\nGET /evil HTTP/1.1')).to.equal(true);
      });
    }
    it('has no field of the hop before, nor one that Connection names', async () => {
      const headers = {
        connection: 'x-foo, close',
        'x-foo': '1',
        te: 'trailers',
        upgrade: 'h2c',
        expect: '100-continue',
        'keep-alive': '1',
        kept: '1',
      };
      const text = await sent({ request: { headers } });
      for (const name of ['x-foo', 'te', 'upgrade', 'expect', 'keep-alive'])
        expect(fields(text, name), name).to.deep.equal([]);
      expect(fields(text, 'kept')).to.deep.equal(['1']);
    });
    it('is nothing where a field cannot be sent, and that is told', async () => {
      const { url, peers } = await upstream(() => {});
      const outcome = await send(url, { request: { headers: { 'x-bad': 'a\nb' } } });
      expect(failureOf(outcome)).to.deep.equal({ _tag: 'StageFault', stage: 'forward', why: '' });
      expect(peers.map((peer) => peer.text()).join('')).to.equal('');
    });
    it('keeps fields that come more than once apart', async () => {
      expect(fields(await sent({ request: { headers: { 'x-many': ['1', '2'] } } }), 'x-many')).to.deep.equal([
        '1',
        '2',
      ]);
    });
  });

  describe('what comes back', () => {
    it('is status, fields and body, without those of the hop', async () => {
      const { url } = await upstream((peer) =>
        peer.send(reply('héé', 'connection: x-hop\r\nx-hop: 1\r\nset-cookie: a\r\nset-cookie: b\r\n', '418 Odd')),
      );
      const outcome = await send(url);
      const { status, headers } = replyOf(outcome);
      expect({ status, headers: { ...headers } }).to.deep.equal({ status: 418, headers: { 'set-cookie': ['a', 'b'] } });
      expect(await whole(outcome)).to.deep.equal(E.right(Buffer.from('héé').toString('latin1')));
    });
    it('is whole where it is chunked, or ends with the connection', async () => {
      const { url } = await upstream((peer, index) =>
        index === 0
          ? peer.end(
              'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
            )
          : peer.end('HTTP/1.1 200 OK\r\n\r\nabcde'),
      );
      expect(await whole(await send(url))).to.deep.equal(E.right('abcde'));
      expect(await whole(await send(url))).to.deep.equal(E.right('abcde'));
    });
    it('comes after interim replies', async () => {
      const { url } = await upstream((peer) =>
        peer.send('HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(50) + reply('ok')),
      );
      expect(await whole(await send(url))).to.deep.equal(E.right('ok'));
    });
    it('is decoded where it is read for its meaning, and then bears no coding', async () => {
      const zipped = gzipSync('plain');
      const { url } = await upstream((peer) => {
        peer.send(
          `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`,
        );
        peer.send(zipped);
      });
      const inspected = await send(url);
      expect(replyOf(inspected).headers).not.to.have.property('content-encoding');
      expect(await whole(inspected)).to.deep.equal(E.right('plain'));
      const passed = await send(url, { plan: { inspected: false } });
      expect(replyOf(passed).headers).to.include({ 'content-encoding': 'gzip' });
      expect(await whole(passed)).to.deep.equal(E.right(zipped.toString('latin1')));
    });
    it('is a text as it is where its coding is none', async () => {
      const { url } = await upstream((peer) => peer.send(reply('{"a":1}', 'content-encoding: none\r\n')));
      const outcome = await send(url);
      expect(replyOf(outcome).headers).not.to.have.property('content-encoding');
      expect(await whole(outcome)).to.deep.equal(E.right('{"a":1}'));
    });
    it('is malformed with a coding that is not known, and with one that is cut', async () => {
      const cut = gzipSync('x'.repeat(1000)).subarray(0, 15);
      const { url } = await upstream((peer, index) => {
        peer.send(
          `HTTP/1.1 200 OK\r\ncontent-encoding: ${index === 0 ? 'x-rot13' : 'gzip'}\r\ncontent-length: ${cut.length}\r\n\r\n`,
        );
        peer.send(cut);
      });
      expect(failureOf(await whole(await send(url)))).to.include({ _tag: 'Malformed' });
      expect(failureOf(await whole(await send(url)))).to.include({ _tag: 'Malformed' });
    });
    it('is malformed where it unpacks to far more than any text does', async () => {
      const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));
      const { url } = await upstream((peer) => {
        peer.send(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
        peer.send(bomb);
      });
      expect(failureOf(await whole(await send(url)))).to.include({ _tag: 'Malformed' });
    });
    it('has no body to decode after HEAD', async () => {
      const { url } = await upstream((peer) =>
        peer.send('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\n'),
      );
      const outcome = await send(url, { request: { method: 'HEAD', body: bytes(Buffer.alloc(0)) } });
      expect(await whole(outcome)).to.deep.equal(E.right(''));
    });
    it('has a head of up to 64 KiB', async () => {
      const { url } = await upstream((peer, index) =>
        peer.send(reply('ok', `x-long: ${'a'.repeat((index === 0 ? 63 : 65) * 1024)}\r\n`)),
      );
      const outcome = await send(url);
      expect(replyOf(outcome).headers['x-long']).to.have.length(63 * 1024);
      expect(await whole(outcome)).to.deep.equal(E.right('ok'));
      expect(failureOf(await send(url, { request: { headers: { connection: 'close' } } }))).to.include({
        _tag: 'Malformed',
      });
    });
    it('survives bytes behind its end', async () => {
      const { url } = await upstream((peer) => peer.send(`${reply('ok')}GARBAGE GARBAGE\r\n\r\n`));
      for (let i = 0; i < 3; i++) expect(await whole(await send(url))).to.deep.equal(E.right('ok'));
    });
    it('comes on a kept connection, also where the next request follows at once', async () => {
      const { url, peers } = await answering((peer) => peer.send(reply('asked')));
      expect(await whole(await send(url))).to.deep.equal(E.right('asked'));
      await pause(150);
      expect(await whole(await send(url))).to.deep.equal(E.right('asked'));
      expect(peers).to.have.length(1);
      for (let i = 0; i < 3; i++) expect(await whole(await send(url))).to.deep.equal(E.right('asked'));
      expect(peers.length).to.be.within(2, 4);
      expect(warnings).to.deep.equal([]);
    });
  });

  describe('bytes behind a reply, for which nobody asked', () => {
    const unasked: Record<string, (peer: Peer) => unknown> = {
      'in the same segment, a whole reply': (peer) => peer.send(reply('asked') + reply('unasked')),
      'in the same segment, no reply': (peer) => peer.send(`${reply('asked')}surplus`),
      'in the same segment, behind a last chunk': (peer) =>
        peer.send(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nasked\r\n0\r\n\r\n${reply('unasked')}`),
      'a moment later': async (peer) => {
        peer.send(reply('asked'));
        await pause(2);
        peer.send(reply('unasked'));
      },
      'much later': async (peer) => {
        peer.send(reply('asked'));
        await pause(120);
        peer.send('x');
      },
    };
    for (const [name, how] of Object.entries(unasked)) {
      it(`are the reply to no other request, and no connection of that target is kept from then on: ${name}`, async () => {
        const { url, peers } = await answering((peer, index) => (index === 0 ? how(peer) : peer.send(reply('asked'))));
        expect(await whole(await send(url))).to.deep.equal(E.right('asked'));
        await eventually(() => warnings.length > 0);
        await peers[0]?.closed;
        for (let i = 0; i < 3; i++) {
          expect(await whole(await send(url))).to.deep.equal(E.right('asked'));
          await pause(100);
        }
        expect(peers).to.have.length(4);
        for (const { text } of peers.slice(1)) expect(text()).to.match(/^connection: close\r$/im);
        expect(warnings).to.deep.equal(['surplus_bytes']);
      });
    }
    it('end the connections that lie idle, and those in use once their reply is whole', async () => {
      let release = () => {};
      const { url, peers } = await answering(async (peer, index) => {
        if (index === 1) await new Promise<void>((resolve) => (release = resolve));
        peer.send(reply('asked'));
      });
      const [first, second] = [send(url), send(url)];
      await whole(await first);
      await whole(await send(url));
      await eventually(() => peers.length === 3);
      await pause(100);
      peers[0]?.send('surplus');
      await peers[2]?.closed;
      expect(warnings).to.deep.equal(['surplus_bytes']);
      release();
      expect(await whole(await second)).to.deep.equal(E.right('asked'));
      await peers[1]?.closed;
    });
    it('touch no other target', async () => {
      const { url } = await answering((peer) => peer.send(`${reply('asked')}surplus`));
      const other = await rawServer(async (peer) => {
        for (let seen = 0; ; ) {
          await eventually(() => peer.text().split('POST').length - 1 > seen, 2000);
          seen += 1;
          peer.send(reply('asked'));
        }
      });
      await whole(await send(url));
      await eventually(() => warnings.length > 0);
      await whole(await send(other.url));
      await pause(100);
      await whole(await send(other.url));
      expect(other.peers).to.have.length(1);
      await other.close();
    });
    it('are not what we cut ourselves', async () => {
      const { url } = await answering((peer) => peer.send('HTTP/1.1 101 No\r\nupgrade: x\r\n\r\nmore'));
      expect(failureOf(await send(url))).to.have.property('_tag');
      const strange = await rawServer((peer) =>
        peer.send('HTTP/1.1 200 OK\r\ncontent-encoding: gzip, gzip, gzip, gzip, gzip\r\ncontent-length: 2\r\n\r\nok'),
      );
      expect(failureOf(await send(strange.url))).to.have.property('_tag', 'Malformed');
      await pause(20);
      await strange.close();
      expect(warnings).to.deep.equal([]);
    });
    it('do no harm where an upstream resets a connection that it was to keep', async () => {
      const { url } = await answering(async (peer) => {
        peer.send(reply('asked'));
        await pause(10);
        peer.reset();
      });
      expect(await whole(await send(url))).to.deep.equal(E.right('asked'));
      await pause(100);
      expect(await whole(await send(url))).to.deep.equal(E.right('asked'));
      expect(warnings).to.deep.equal([]);
    });
  });

  describe('what breaks', () => {
    const breaks: Record<string, (peer: Peer) => void> = {
      'a reset before the head': (peer) => peer.reset(),
      'an end before the head': (peer) => peer.end(),
      'a protocol that nobody asked for': (peer) =>
        peer.send('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      'an end within a chunk': (peer) => peer.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\nabc'),
      'an end short of the length': (peer) => peer.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'),
      'a reset after the head': (peer) => {
        peer.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc');
        setTimeout(peer.reset, 20);
      },
    };
    for (const [name, how] of Object.entries(breaks)) {
      it(`is told at once: ${name}`, async () => {
        let brokenAt = 0;
        const { url } = await upstream(async (peer) => {
          await peer.until(REQUEST_END);
          how(peer);
          brokenAt = performance.now();
        });
        expect(failureOf(await whole(await send(url)))).to.include({ _tag: 'Broken', unused: false });
        expect(performance.now() - brokenAt).to.be.below(SOON_MS);
      });
    }
    for (const [name, answer] of Object.entries({
      'no HTTP': 'SSH-2.0-x\r\n\r\n',
      'a bad size of a chunk': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc',
      'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      'NUL in a field': 'HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n',
    })) {
      it(`is malformed: ${name}`, async () => {
        const { url } = await upstream((peer) => peer.end(answer));
        expect(failureOf(await whole(await send(url)))).to.include({ _tag: 'Malformed' });
      });
    }
    it('breaks behind all that came before it, though nobody has read that yet', async () => {
      for (const answer of [
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n',
        'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc',
      ]) {
        const { url, close } = await rawServer((peer) => peer.end(answer));
        const { body } = replyOf(await send(url));
        await pause(30);
        if (body._tag !== 'Held') throw new Error('held');
        const source = body.source;
        expect(await source.next()).to.deep.equal(E.right(O.some(Buffer.from('abc'))));
        expect(await source.next()).to.have.property('_tag', 'Left');
        await close();
      }
    });
    it('is unreachable where nothing listens', async () => {
      expect(failureOf(await send(`http://127.0.0.1:${await closedPort()}`))).to.deep.equal({
        _tag: 'Unreachable',
        code: 'ECONNREFUSED',
      });
    });
    // No route leads there, so the system says no at once, before anything could be sent.
    for (const host of ['255.255.255.255', '[::ffff:255.255.255.255]']) {
      it(`is unreachable where the system has no way to it: ${host}`, async () => {
        const failure = failureOf(await send(`http://${host}:81`)) as { _tag: string; code: string };
        expect(failure._tag).to.equal('Unreachable');
        expect(failure.code).to.match(/^(ENETUNREACH|EACCES|EHOSTUNREACH|EADDRNOTAVAIL)$/);
      });
    }
    it('is unreachable where the name does not exist', async () => {
      const failure = failureOf(await send('http://no-such-host.invalid')) as { _tag: string; code: string };
      expect(failure._tag).to.equal('Unreachable');
      expect(failure.code).to.match(/^(ENOTFOUND|EAI_AGAIN)$/);
    });
    it('is unused where a kept connection dies before it is used again', async () => {
      const { url } = await upstream(async (peer) => {
        await peer.until(/\{\}$/);
        peer.send(reply('ok'));
        const first = peer.bytes().length;
        for (;;) {
          await new Promise((resolve) => peer.socket.once('data', resolve));
          if (peer.bytes().length > first) return peer.reset();
        }
      });
      expect(await whole(await send(url))).to.deep.equal(E.right('ok'));
      await pause(100);
      expect(failureOf(await send(url))).to.include({ _tag: 'Broken', unused: true });
    });
    it('is not sent where the upstream speaks no TLS', async () => {
      const { port, peers } = await upstream((peer) => peer.send(reply('plain')));
      const failure = failureOf(await send(`https://127.0.0.1:${port}`));
      expect(failure).to.include({ _tag: 'TlsFailed' });
      expect(peers.map((peer) => peer.text()).join()).not.to.contain('POST');
    });
  });

  describe('what takes too long', () => {
    const limited = (changes: Partial<typeof timeouts>): TryChanges => ({
      target: { timeouts: { ...timeouts, ...changes } },
    });
    const cases: Record<string, readonly [Partial<typeof timeouts>, (peer: Peer) => void, TryChanges['plan'], object]> =
      {
        'the head of a stream': [
          { headersMs: 100, headersWholeMs: 1500 },
          () => {},
          { stream: true },
          { phase: 'headers', sent: true },
        ],
        'the head of a whole reply': [
          { headersMs: 1500, headersWholeMs: 100 },
          () => {},
          {},
          { phase: 'headers_whole', sent: true },
        ],
        'a head that dribbles': [
          { headersWholeMs: 100 },
          (peer) => {
            const timer = setInterval(() => peer.send('H'), 20);
            void peer.closed.then(() => clearInterval(timer));
          },
          {},
          {},
        ],
        'silence in the body': [
          { idleMs: 100 },
          (peer) => peer.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'),
          {},
          { phase: 'idle', sent: true },
        ],
        'the whole, though it never falls silent': [
          { totalMs: 150, idleMs: 100 },
          (peer) => {
            peer.send('HTTP/1.1 200 OK\r\n\r\n');
            const timer = setInterval(() => peer.send('x'), 20);
            void peer.closed.then(() => clearInterval(timer));
          },
          {},
          { phase: 'total', sent: true },
        ],
      };
    for (const [name, [limits, how, plan, facts]] of Object.entries(cases)) {
      it(`is cut, and the connection with it: ${name}`, async () => {
        const { url, peers } = await upstream(async (peer) => {
          await peer.until(REQUEST_END);
          how(peer);
        });
        const startedAt = performance.now();
        const failure = failureOf(await whole(await send(url, { ...limited(limits), plan: plan ?? {} })));
        if (name !== 'a head that dribbles') expect(failure).to.include({ _tag: 'TimedOut', ...facts });
        else expect(failure).to.have.property('_tag').that.is.oneOf(['TimedOut', 'Malformed']);
        expect(performance.now() - startedAt).to.be.below(SOON_MS);
        await peers[0]?.closed;
      });
    }
    it('is cut where the connection never stands, and nothing was sent', async () => {
      const { port } = await upstream(() => {});
      const failure = failureOf(await send(`https://127.0.0.1:${port}`, limited({ connectMs: 100 })));
      expect(failure).to.deep.equal({ _tag: 'TimedOut', phase: 'connect', limitMs: 100, sent: false });
    });
    it('never begins while the reader is the slow one', async () => {
      const { url } = await upstream((peer) => peer.send(reply('x'.repeat(300_000))));
      const { body } = replyOf(await send(url, limited({ idleMs: 60 })));
      if (body._tag !== 'Held') throw new Error('held');
      const source = body.source;
      let length = 0;
      for (;;) {
        const chunk = await source.next();
        if (E.isLeft(chunk) || O.isNone(chunk.right)) {
          expect(chunk).to.deep.equal(E.right(O.none));
          break;
        }
        length += chunk.right.value.length;
        await pause(100);
      }
      expect(length).to.equal(300_000);
    });
  });

  describe('a client that leaves', () => {
    const phases: Record<string, readonly [scheme: string, (peer: Peer) => void]> = {
      'while connecting': ['https', () => {}],
      'while waiting for the head': ['http', () => {}],
      'while reading the body': ['http', (peer) => peer.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc')],
    };
    for (const [name, [scheme, how]] of Object.entries(phases)) {
      it(`ends the exchange at the upstream at once: ${name}`, async () => {
        const { port, peers } = await upstream(how);
        const controller = new AbortController();
        const pending = send(`${scheme}://127.0.0.1:${port}`, { signal: controller.signal }).then(whole);
        await eventually(() => (peers[0]?.bytes().length ?? 0) > 0);
        await pause(20);
        const leftAt = performance.now();
        controller.abort();
        expect(failureOf(await pending)).to.deep.equal({ _tag: 'ClientGone' });
        expect(((await peers[0]?.closed) ?? Infinity) - leftAt).to.be.below(SOON_MS);
      });
    }
    it('is told apart from the proxy that shuts down', async () => {
      const { url, peers } = await upstream(() => {});
      const controller = new AbortController();
      const pending = send(url, { signal: controller.signal });
      await eventually(() => peers[0]?.text().includes('{}') === true);
      controller.abort(shuttingDown);
      expect(failureOf(await pending)).to.deep.equal(shuttingDown);
      expect(failureOf(await send(url, { signal: controller.signal }))).to.deep.equal(shuttingDown);
    });
    it('is told at once, before a connection was even asked for', async () => {
      const { url, peers } = await upstream(() => {});
      const controller = new AbortController();
      const pending = send(url, { signal: controller.signal });
      controller.abort();
      expect(failureOf(await pending)).to.deep.equal({ _tag: 'ClientGone' });
      controller.abort();
      expect(failureOf(await send(url, { signal: controller.signal }))).to.deep.equal({ _tag: 'ClientGone' });
      await pause(50);
      expect(peers.filter((peer) => peer.text() !== '')).to.deep.equal([]);
    });
  });

  describe('a reply that nobody reads', () => {
    it('lets its connection go when it is abandoned', async () => {
      const { url, peers } = await upstream((peer) => peer.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'));
      const { body } = replyOf(await send(url));
      if (body._tag !== 'Held') throw new Error('held');
      const abandonedAt = performance.now();
      body.source.abandon({ _tag: 'ClientGone' });
      expect(((await peers[0]?.closed) ?? Infinity) - abandonedAt).to.be.below(SOON_MS);
    });
  });
};
