/** How a client is told off where Node has given up its connection, or it never ends its request. */
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import sinon from 'sinon';
import { bytes, held } from '../../lib/core/exchange.js';
import { parserFailure, rawReply } from '../../lib/edge/reject-connection.js';
import { ask, chat, replyIn } from '../support/messages.js';
import { eventually, stand } from '../support/proxy.js';

describe('a reply as bytes', () => {
  it('bears its length and ends the connection', () => {
    const headers = { 'content-length': '99', connection: 'keep-alive', 'x-kept': '1' };
    const text = rawReply({ status: 400, reasonPhrase: 'Why', headers, body: bytes(Buffer.from('né')) });
    const came = replyIn(Buffer.from(text).toString('latin1'));
    expect(came).to.include({ status: 400, phrase: 'Why', whole: true });
    expect(came.headers).to.deep.equal({ 'content-length': '3', connection: 'close', 'x-kept': '1' });
  });
  it('says the usual words where there are no others', () => {
    expect(replyIn(rawReply({ status: 404, headers: {}, body: bytes(Buffer.alloc(0)) })).phrase).to.equal('Not Found');
  });
  it('is without what only a response can move', () => {
    const ticket = { next: async () => E.right(O.none), abandon: () => {} };
    const body = { ...held(ticket, O.none), prefix: Buffer.from('x') };
    expect(replyIn(rawReply({ status: 502, headers: {}, body }))).to.include({ body: '', whole: true });
  });
});

describe('what the parser refused', () => {
  for (const [code, status] of [
    ['HPE_HEADER_OVERFLOW', 431],
    ['ERR_HTTP_REQUEST_TIMEOUT', 408],
    ['HPE_INVALID_METHOD', 400],
    [undefined, 400],
  ] as const)
    it(`is ${status}: ${code}`, () => {
      expect(parserFailure(code)).to.include({ _tag: 'ClientError', status });
    });
});

describe('a request that falls silent', () => {
  const { proxy, client } = stand();
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
  });
  afterEach(() => clock.restore());

  it('is 408 after a minute, and its connection is closed', async () => {
    const served = await proxy('http://127.0.0.1:1');
    const one = await client(served.port);
    one.send(chat().slice(0, -5));
    await eventually(() => served.inFlight() === 1);
    await clock.tickAsync(59_000);
    expect(one.text()).to.equal('');
    await clock.tickAsync(2000);
    await one.closed;
    const came = replyIn(one.text());
    expect(came).to.include({ status: 408, whole: true });
    expect(came.headers).to.include({ connection: 'close' });
  });
  it('lives on where it is only slow', async () => {
    const served = await proxy('http://127.0.0.1:1');
    const one = await client(served.port);
    const text = ask('POST', '/v1/chat/completions', { body: '{"a":[]}' });
    one.send(text.slice(0, -8));
    for (const byte of text.slice(-8)) {
      await eventually(() => served.inFlight() === 1);
      await clock.tickAsync(40_000);
      one.send(byte);
      // Its way through two sockets, which the clock does not move.
      await new Promise((resolve) => setImmediate(() => setImmediate(() => setTimeout(resolve, 20))));
    }
    await one.closed;
    expect(replyIn(one.text())).to.include({ status: 400 });
  });
});
