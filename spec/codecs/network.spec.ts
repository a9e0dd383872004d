import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';
import { IpRange, Origin } from '../../lib/codecs/network.js';

const decoded = <A>(codec: t.Decoder<unknown, A>, input: unknown): A | 'refused' =>
  E.getOrElseW(() => 'refused' as const)(codec.decode(input));

describe('config: what is said of the network', () => {
  describe('an origin', () => {
    for (const [written, origin] of [
      ['https://chat.example', 'https://chat.example'],
      ['https://Chat.Example/', 'https://chat.example'],
      [' http://192.168.1.5:8000 ', 'http://192.168.1.5:8000'],
      ['https://a.example:443', 'https://a.example'],
      ['http://a.example:80/', 'http://a.example'],
      ['http://a.example:443', 'http://a.example:443'],
      ['https://bücher.example', 'https://xn--bcher-kva.example'],
      ['http://[FD00::0:1]:8000', 'http://[fd00::1]:8000'],
      ['Tauri://localhost', 'tauri://localhost'],
      ['chrome-extension://abcdef', 'chrome-extension://abcdef'],
      ['capacitor://localhost:8000/', 'capacitor://localhost:8000'],
    ] as const) {
      it(`is read as a browser writes it: ${written}`, () => {
        expect(decoded(Origin, written)).to.equal(origin);
        expect(decoded(Origin, origin)).to.equal(origin);
      });
    }
    for (const none of [
      '',
      '*',
      'null',
      'chat.example',
      'https://',
      'https://a.example/chat',
      'https://a.example//',
      'https://a.example?x',
      'https://a.example/?',
      'https://a.example#x',
      'https://a.example/#',
      'https://user@a.example',
      'https://@a.example',
      'https://*.example',
      'https://a b',
      'http:a.example',
      'https://a.example:99999',
      'file:///x',
      'tauri://a/b',
      5,
      null,
      ['https://a.example'],
    ])
      it(`is not ${JSON.stringify(none)}`, () => {
        expect(decoded(Origin, none)).to.equal('refused');
      });
  });

  describe('an address or a range', () => {
    for (const range of [
      '10.0.0.1',
      '0.0.0.0/0',
      '10.0.0.0/8',
      '255.255.255.255/32',
      '::1',
      'fd00::/8',
      '::/0',
      '::ffff:10.0.0.1',
      'FE80::1/128',
    ])
      it(`is ${range}`, () => {
        expect(decoded(IpRange, range)).to.equal(range);
      });
    for (const none of [
      '',
      '10.0.0',
      '10.0.0.256',
      '010.0.0.1',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0.0/-1',
      '::1/129',
      ':::',
      '1:2',
      '[::1]',
      'fe80::1%eth0',
      'localhost',
      '/8',
      '12',
      10,
      null,
    ])
      it(`is not ${JSON.stringify(none)}`, () => {
        expect(decoded(IpRange, none)).to.equal('refused');
      });
  });
});
