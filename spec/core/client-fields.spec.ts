import { expect } from 'chai';
import { withoutClient } from '../../lib/core/client-fields.js';
import { fromRaw } from '../../lib/core/headers.js';

const kept = (names: readonly string[]): readonly string[] =>
  Object.keys(withoutClient(fromRaw(names.flatMap((name) => [name, 'x']))));

describe('core/client-fields', () => {
  for (const name of [
    ...['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Anything', 'X-Forwarded', 'Forwarded'],
    ...[
      'X-Real-IP',
      'CF-Connecting-IP',
      'CF-Connecting-IPv6',
      'CF-Ray',
      'CF-Visitor',
      'CF-IPCountry',
      'True-Client-IP',
    ],
    ...['Via', 'CDN-Loop', 'Fastly-Client-IP', 'Fly-Client-IP', 'X-Client-IP', 'X-Cluster-Client-IP', 'X-Original-URL'],
    ...['X_Forwarded_For', 'X.Real.IP', 'true_client_ip'],
  ])
    it(`keeps ${name} from the upstream`, () => {
      expect(kept([name, 'x-title'])).to.deep.equal(['x-title']);
    });

  it('keeps what only looks like one, and what programs send', () => {
    const names = [
      'x-forward',
      'cf-aig-authorization',
      'cf-access-client-id',
      'x-real-ip-count',
      'viable',
      'http-referer',
    ];
    const programs = ['cookie', 'referer', 'sec-fetch-mode', 'authorization', '__proto__', 'user-agent'];
    expect(kept([...names, ...programs])).to.deep.equal([...names, ...programs]);
  });

  for (const mark of ['sec-fetch-site', 'origin'])
    it(`keeps the page and its cookies from the upstream where a browser asks, as ${mark} shows`, () => {
      const names = ['cookie', 'referer', 'origin', 'sec-fetch-site', 'sec-fetch-mode', 'sec-ch-ua', 'sec-gpc'];
      expect(kept([...names.filter((name) => name !== mark), mark, 'authorization'])).to.deep.equal(['authorization']);
    });

  it('does so too where a browser says no more than its name, as it does to an address of the LAN', () => {
    const page = {
      cookie: 'a=1',
      referer: 'http://192.168.1.2:8000/',
      'user-agent': 'Mozilla/5.0 (X11) Firefox/140.0',
    };
    expect(Object.keys(withoutClient(page))).to.deep.equal(['user-agent']);
  });

  it('changes no value', () => {
    expect({ ...withoutClient({ a: ['1', '2'], via: 'x' }) }).to.deep.equal({ a: ['1', '2'] });
  });
});
