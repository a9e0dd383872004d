import { expect } from 'chai';
import { clientAddress } from '../../lib/edge/client-address.js';
import { chat, replyTo } from '../support/messages.js';
import { eventually, stand } from '../support/proxy.js';

const TRUSTED = ['10.0.0.0/8', '127.0.0.1', 'fd00::/8', '::1'];

const client = (remote: string, forwarded?: string | readonly string[], trusted = TRUSTED): string =>
  clientAddress(trusted)(remote, forwarded === undefined ? {} : { 'x-forwarded-for': forwarded });

describe('the address of a client', () => {
  it('is that of its connection where no proxy is trusted, or the connection is none of theirs', () => {
    expect(client('127.0.0.1', '203.0.113.7', [])).to.equal('127.0.0.1');
    expect(client('192.0.2.1', '203.0.113.7')).to.equal('192.0.2.1');
    expect(client('::ffff:192.0.2.1', '203.0.113.7')).to.equal('::ffff:192.0.2.1');
  });
  it('is the nearest that is no trusted proxy: what stands before it anybody may have written', () => {
    expect(client('127.0.0.1', '203.0.113.7')).to.equal('203.0.113.7');
    expect(client('127.0.0.1', '1.1.1.1, 203.0.113.7, 10.1.1.1')).to.equal('203.0.113.7');
    expect(client('127.0.0.1', ['1.1.1.1', '203.0.113.7', '10.1.1.1,10.2.2.2'])).to.equal('203.0.113.7');
    expect(client('fd00::5', '2001:db8::1, fd00::6')).to.equal('2001:db8::1');
    expect(client('::ffff:10.0.0.1', '203.0.113.7')).to.equal('203.0.113.7');
  });
  it('is the farthest where all are trusted', () => {
    expect(client('127.0.0.1', '10.0.0.9, 10.0.0.1')).to.equal('10.0.0.9');
    expect(client('127.0.0.1')).to.equal('127.0.0.1');
  });
  it('may come with a port, or in brackets', () => {
    expect(client('127.0.0.1', '203.0.113.7:5678')).to.equal('203.0.113.7');
    expect(client('127.0.0.1', '[2001:db8::1]:5678')).to.equal('2001:db8::1');
    expect(client('127.0.0.1', '[2001:db8::1]')).to.equal('2001:db8::1');
  });
  it('is never what is no address: then it is the proxy that wrote that', () => {
    for (const text of [
      'unknown',
      '',
      ',',
      'evil\u001b[31m',
      '1.2.3',
      '_hidden',
      '203.0.113.7, unknown',
      'a'.repeat(9000),
    ])
      expect(client('127.0.0.1', text), text.slice(0, 20)).to.equal('127.0.0.1');
    expect(client('127.0.0.1', 'unknown, 10.0.0.1')).to.equal('10.0.0.1');
  });
  it('costs no more for a longer list', () => {
    expect(client('127.0.0.1', `203.0.113.7${',10.0.0.1'.repeat(3000)}`)).to.equal('10.0.0.1');
  });

  describe('that a proxy forwards', () => {
    const { proxy, upstream } = stand();
    for (const [trustedProxies, told] of [
      [['127.0.0.0/8'], '203.0.113.7'],
      [['10.0.0.0/8'], '127.0.0.1'],
      [[], '127.0.0.1'],
    ] as const) {
      it(`is told in the log where the proxy is trusted, and upstream never: ${trustedProxies}`, async () => {
        const { url, seen } = await upstream((_seen, response) => response.end('{}'));
        const served = await proxy(url, { server: { trustedProxies }, retry: { maxRetries: 0 } });
        const fields = [
          'X-Forwarded-For: 203.0.113.7',
          'X-Forwarded-Proto: https',
          'X-Forwarded-Host: home.example',
          'X_Forwarded_For: 203.0.113.7',
          'Forwarded: for=203.0.113.7',
          'X-Real-IP: 203.0.113.7',
          'CF-Connecting-IP: 203.0.113.7',
          'CF-IPCountry: XX',
          'True-Client-IP: 203.0.113.7',
          'Via: 1.1 home.example',
        ];
        await replyTo(served.port, chat({ fields: `${fields.join('\r\n')}\r\nx-title: mine\r\n` }));
        await eventually(() => served.events.at(-1)?._tag === 'RequestFinished');
        expect(served.events.at(-1)).to.have.nested.property('client.value', told);
        const sent = JSON.stringify(seen[0]?.headers);
        expect(sent)
          .to.include('"x-title":"mine"')
          .and.not.match(/203\.0\.113\.7|home\.example|https|XX/);
      });
    }
  });
});
