import { expect } from 'chai';
import * as fc from 'fast-check';
import { requestReader, type WireRequest } from '../../lib/demo/request.js';

/** What is read when the bytes come in these parts. */
const read = (...parts: readonly (string | Buffer)[]) => {
  const requests: WireRequest[] = [];
  let nonsense = 0;
  const take = requestReader(
    (request) => requests.push(request),
    () => {
      nonsense += 1;
    },
  );
  for (const part of parts) take(Buffer.from(part));
  return { requests, nonsense };
};

const WITH_LENGTH = 'POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Two: 1\r\nx-two:  2 \r\nContent-Length: 7\r\n\r\nh\u00e9llo!';
const CHUNKED =
  'POST /chunks HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n' +
  '3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n';
const BARE = 'GET / HTTP/1.1\r\n\r\n';
const ALL = Buffer.from(WITH_LENGTH + CHUNKED + BARE);

const nonsense = (text: string): void => {
  expect(read(text), JSON.stringify(text.slice(0, 100))).to.deep.equal({ requests: [], nonsense: 1 });
};

describe('demo: reading requests', () => {
  it('gives the method, the path with its query, the fields and the body.', () => {
    const { requests } = read(WITH_LENGTH);
    expect(requests).to.have.length(1);
    expect(requests[0]?.method).to.equal('POST');
    expect(requests[0]?.path).to.equal('/a?b=c');
    expect({ ...requests[0]?.headers }).to.deep.equal({ host: 'x', 'x-two': '1, 2', 'content-length': '7' });
    expect(requests[0]?.rawHeaders).to.deep.equal(['Host', 'x', 'X-Two', '1', 'x-two', '2', 'Content-Length', '7']);
    expect(requests[0]?.body.toString()).to.equal('h\u00e9llo!');
  });

  it('takes the chunks, their extensions and the trailers off a body.', () => {
    expect(read(CHUNKED).requests[0]?.body.toString()).to.equal('abc0123456789');
  });

  it('gives the same at whatever byte they are split.', () => {
    const whole = read(ALL);
    expect(whole.requests.map(({ path }) => path)).to.deep.equal(['/a?b=c', '/chunks', '/']);
    for (let at = 0; at <= ALL.length; at++) {
      expect(read(ALL.subarray(0, at), ALL.subarray(at)), `split at ${at}`).to.deep.equal(whole);
    }
    expect(read(...Array.from(ALL, (byte) => Buffer.from([byte])))).to.deep.equal(whole);
  });

  it('gives every body as it was, whatever is in it and however it is chunked.', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 }), (parts) => {
        const body = Buffer.concat(parts);
        const sized = Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
        const chunks = parts.flatMap((part) => [`${part.length.toString(16)}\r\n`, Buffer.from(part), '\r\n']);
        const head = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n';
        const { requests } = read(sized, head, ...chunks, '0\r\n\r\n');
        expect(requests.map((request) => request.body)).to.deep.equal([body, body]);
      }),
    );
  });

  it('keeps a field named __proto__ a field.', () => {
    const [request] = read('GET / HTTP/1.1\r\n__proto__: x\r\n\r\n').requests;
    expect(Object.keys(request?.headers ?? {})).to.deep.equal(['__proto__']);
  });

  it('reports once what is no request, and reads nothing after it.', () => {
    expect(read('hello\r\n', BARE, BARE)).to.deep.equal({ requests: [], nonsense: 1 });
    expect(read(BARE, 'GET nothing\r\n', BARE).requests).to.have.length(1);
  });

  it('knows a TLS handshake by its first byte, and waits for no line end.', () => {
    nonsense('\x16\x03\x01\x02\x00');
    expect(read(BARE, '\x16').requests).to.have.length(1);
    expect(read(BARE, '\x16').nonsense).to.equal(1);
  });

  it('takes no request whose framing can be understood in two ways.', () => {
    nonsense('POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n');
    nonsense('POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx');
    nonsense('POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n');
    nonsense('POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n');
    nonsense('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n');
    nonsense('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n');
    nonsense('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno trailer\r\n');
    nonsense('GET / HTTP/1.1\r\nHost : x\r\n\r\n');
    nonsense('GET / HTTP/1.1\r\nA: x\r\n folded\r\n\r\n');
  });

  it('takes no line that does not end.', () => {
    nonsense('G'.repeat(70_000));
    nonsense(`GET / HTTP/1.1\r\nX: ${'x'.repeat(70_000)}`);
    nonsense(`POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${'1'.repeat(70_000)}`);
  });
});
