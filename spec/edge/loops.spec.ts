/** A proxy whose upstream is, in the end, that proxy. */
import { connect, createServer } from 'node:net';
import { expect } from 'chai';
import { loopMark } from '../../lib/edge/loop-mark.js';
import { CHAT_REPLY } from '../support/answers.js';
import { listen } from '../support/listen.js';
import { chat, replyIn } from '../support/messages.js';
import { stand } from '../support/proxy.js';
import { attempt } from '../support/values.js';

/** Retries of the user's own and of the defaults, without waits. */
const retry = { maxRetries: 5, baseMs: 1, retryCodes: new Set([508]) };

describe('a request that comes back to the proxy that sent it', () => {
  const { proxy, upstream, client } = stand();
  const forwards: { close: () => unknown }[] = [];
  afterEach(() => {
    for (const forward of forwards.splice(0)) forward.close();
  });

  /** A port that leads to wherever it is told later. */
  const forward = async () => {
    let to = 0;
    const server = createServer((socket) => {
      const other = connect(to, '127.0.0.1');
      for (const each of [socket, other]) each.on('error', () => {});
      socket.pipe(other).pipe(socket);
    });
    forwards.push(server);
    return {
      url: (await listen(server)).url,
      leadsTo: (port: number) => {
        to = port;
      },
    };
  };
  const ask = async (port: number, options = {}) => {
    const one = await client(port);
    one.send(chat({ fields: 'connection: close\r\n', ...options }));
    await one.closed;
    return replyIn(one.text());
  };
  const counted = (served: { events: readonly { _tag: string }[] }): number =>
    served.events.filter(({ _tag }) => _tag === 'RequestStarted').length;

  it('is answered 508 once, and not tried again, though the user tries such a status again', async () => {
    const port = await forward();
    const served = await proxy(port.url, { retry });
    port.leadsTo(served.port);
    const came = await ask(served.port);
    expect(came.status).to.equal(508);
    expect(came.headers).to.include({ 'x-should-retry': 'false', 'x-seaking-attempts': '1' });
    expect(JSON.parse(came.body).error.message).to.match(/has come back to the proxy.*target_proxy\.url/);
    expect(counted(served)).to.equal(2);
  });

  it('is so through a second proxy, which tries nothing again either', async () => {
    const port = await forward();
    const second = await proxy(port.url, { retry });
    const first = await proxy(`http://127.0.0.1:${second.port}`, { retry });
    port.leadsTo(first.port);
    expect((await ask(first.port)).status).to.equal(508);
    expect([counted(first), counted(second)]).to.deep.equal([2, 1]);
  });

  it('is so where those that go round are others than the one that was asked', async () => {
    const port = await forward();
    const third = await proxy(port.url, { retry });
    const second = await proxy(`http://127.0.0.1:${third.port}`, { retry });
    const first = await proxy(`http://127.0.0.1:${second.port}`, { retry });
    port.leadsTo(second.port);
    expect((await ask(first.port)).status).to.equal(508);
    expect([first, second, third].map(counted)).to.deep.equal([1, 2, 1]);
  });

  it('is none where two proxies stand in a row, whatever id the client has sent', async () => {
    const { url, seen } = await upstream((_seen, response) => response.end(CHAT_REPLY));
    const second = await proxy(url);
    const first = await proxy(`http://127.0.0.1:${second.port}`);
    const id = '0123456789abcdef0123456789abcdef';
    const came = await ask(first.port, { fields: `connection: close\r\nx-correlation-id: ${id}\r\n` });
    expect(came.status).to.equal(200);
    expect(seen[0]?.headers['x-correlation-id']).to.match(new RegExp(`^${id}, [0-9a-f]{32}, [0-9a-f]{32}$`));
  });

  it('tells an upstream nothing but an id that is another each time', async () => {
    const { url, seen } = await upstream((_seen, response) => response.end(CHAT_REPLY));
    const served = await proxy(url);
    for (let i = 0; i < 3; i += 1) expect((await ask(served.port)).status).to.equal(200);
    const ids = seen.map(({ headers }) => String(headers['x-correlation-id']));
    for (const id of ids) expect(id).to.match(/^[0-9a-f]{32}$/);
    expect(new Set(ids.flatMap((id) => [id.slice(0, 16), id.slice(16)]))).to.have.property('size', 6);
    expect(JSON.stringify(seen.map(({ headers }) => headers))).to.not.match(/seaking|proxy/i);
  });
});

describe('the mark of a loop', () => {
  const [own, other] = [loopMark(), loopMark()];
  const sent = (mark: typeof own, from = attempt('http://127.0.0.1:1')) => mark.on(from);

  it('is known by the process that made it alone', () => {
    const { headers } = sent(own).outgoing;
    expect(own.isOn(headers)).to.equal(true);
    expect(other.isOn(headers)).to.equal(false);
  });

  it('is found among others, on lines of their own or in one', () => {
    const { headers } = sent(other, sent(own, sent(other))).outgoing;
    expect(headers['x-correlation-id']).to.have.length(3);
    expect(own.isOn(headers)).to.equal(true);
    const line = [headers['x-correlation-id']].flat().join(', ');
    expect(own.isOn({ 'x-correlation-id': line })).to.equal(true);
  });

  it('is not what is nearly one', () => {
    const id = String(sent(own).outgoing.headers['x-correlation-id']);
    for (const wrong of ['', id.slice(1), `${id}0`, id.toUpperCase().replace(/^\d+$/, 'X'), '0'.repeat(32), `a${id}`]) {
      expect(own.isOn({ 'x-correlation-id': wrong }), wrong).to.equal(false);
    }
    expect(own.isOn({})).to.equal(false);
  });
});
