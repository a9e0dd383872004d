import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { bytes, type Head, type Reply } from '../../lib/core/exchange.js';
import type { Headers } from '../../lib/core/headers.js';
import { forPage, isWelcome, preflight } from '../../lib/core/origin.js';

const CORS = ['https://chat.example'];
const head = (headers: Headers, method = 'POST'): Head => ({ method, path: '/v1/models', headers });
const reply = (headers: Headers): Reply => ({ status: 200, headers, body: bytes(Buffer.from('x')) });
const told = (headers: Headers, cors = CORS, origin = 'https://chat.example') =>
  ({ ...forPage({ cors }, head({ origin }), reply(headers)).headers }) as Headers;

describe('core/origin', () => {
  it('shows caches that a reply depends on the origin, beside what it depends on already', () => {
    for (const [vary, expected] of [
      [undefined, 'Origin'],
      ['accept-encoding', 'accept-encoding, Origin'],
      [['a', 'b'], 'a, b, Origin'],
      ['x-origin', 'x-origin, Origin'],
      ['Origin', 'Origin'],
      ['a,origin , b', 'a,origin , b'],
      ['*', '*'],
    ] as const) {
      expect(told(vary === undefined ? {} : { vary })).to.include({ vary: expected });
      expect(told(vary === undefined ? {} : { vary }, CORS, 'http://localhost')).to.include({ vary: expected });
    }
  });

  it('leaves a reply as it is where there is no page to allow for', () => {
    const plain = reply({ vary: 'a' });
    expect(forPage({ cors: [] }, head({}), plain)).to.equal(plain);
  });

  it('takes from an upstream what it lets pages read', () => {
    const theirs = {
      'access-control-allow-origin': '*',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x',
    };
    expect(told({ ...theirs, a: 'b' }, [])).to.deep.equal({ a: 'b' });
    expect(told(theirs)).to.deep.equal({
      'access-control-allow-origin': 'https://chat.example',
      'access-control-expose-headers': '*',
      vary: 'Origin',
    });
  });

  it('answers a preflight, and nothing that only looks like one', () => {
    const asked = { origin: 'https://chat.example', 'access-control-request-method': 'POST' };
    expect(O.isSome(preflight(head(asked, 'OPTIONS')))).to.equal(true);
    expect(preflight(head(asked, 'POST'))).to.deep.equal(O.none);
    expect(preflight(head({ origin: asked.origin }, 'OPTIONS'))).to.deep.equal(O.none);
    expect(preflight(head({ 'access-control-request-method': 'POST' }, 'OPTIONS'))).to.deep.equal(O.none);
  });

  it('takes an allowed name for near, and an address only where it is called itself', () => {
    const rules = { allowedHosts: ['my-box', '192.0.2.1'], cors: [] };
    const comes = (origin: string, authority = 'localhost') => isWelcome(rules, head({ origin }), authority);
    expect(comes('http://my-box:8000')).to.equal(true);
    expect(comes('http://192.0.2.1')).to.equal(false);
    expect(comes('http://192.0.2.1', '192.0.2.1:8484')).to.equal(true);
    expect(comes('http://', '')).to.equal(false);
    expect(comes('')).to.equal(false);
  });

  it('takes every way to write this machine for it, and nothing that resembles one', () => {
    const comes = (origin: string) => isWelcome({ allowedHosts: [], cors: [] }, head({ origin }), 'x.localhost');
    for (const host of [
      'localhost',
      'a.localhost:1',
      '127.0.0.1',
      '127.1.2.3',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
    ])
      expect(comes(`http://${host}`), host).to.equal(true);
    for (const host of [
      '128.0.0.1',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '[::2]',
      '[::ffff:8000:1]',
      '0.0.0.0',
    ])
      expect(comes(`http://${host}`), host).to.equal(false);
  });
});
