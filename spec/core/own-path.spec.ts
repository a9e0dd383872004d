import { expect } from 'chai';
import fc from 'fast-check';
import { ownPlace } from '../../lib/core/own-path.js';

describe('core/own-path', () => {
  const spelled = (name: string): readonly string[] => [
    `/${name}`,
    `/${name}/`,
    `/${name}?a=1`,
    `/${name}/below/it?x`,
    `/${name.toUpperCase()}`,
    `/%${name.charCodeAt(0).toString(16)}${name.slice(1)}`,
    `/%25${name.charCodeAt(0).toString(16)}${name.slice(1)}`,
    `/%2f${name}`,
    `/%2F%2f${name}%2fbelow`,
    `/./${name}`,
    `/x/../${name}`,
    `/x/%2e%2E/${name}`,
    `/../${name}`,
    `/\\${name}`,
    `/x\\..\\${name}`,
    `/;a=b/${name};c=d/x`,
    `/${name}%00`,
    `/${name}%20/x`,
    `/${name}%3fa`,
    `/${name}#a`,
    `/${name}%09`,
    `//${name}`,
  ];
  for (const name of [
    'favicon.ico',
    'robots.txt',
    'metrics',
    'admin',
    '.well-known',
    'apple-touch-icon-120x120.png',
    'sitemap.xml',
    'index.html',
    'manifest.json',
    'service-worker.js',
  ])
    it(`keeps /${name} and all below it, in whatever way it is spelled`, () => {
      for (const path of spelled(name).filter((path) => !path.startsWith('//')))
        expect(ownPlace(path), path).to.equal('nothing');
    });

  it('has its page at / in whatever way that is spelled', () => {
    for (const path of [
      '/',
      '/?a=1',
      '/.',
      '/./',
      '/..',
      '/x/..',
      '/%2f',
      '/%2e',
      '/\\',
      '/;a',
      '/#a',
      '/%23',
      '/%3fa',
      '/%00',
    ])
      expect(ownPlace(path), path).to.equal('page');
  });

  it('leaves everything else to the target', () => {
    for (const path of [
      '/v1/models',
      '/v1/chat/completions',
      '/v1/admin',
      '/v1/metrics',
      '/admins',
      '/administration',
      '/well-known',
      '/apple-touch-icon',
      '/x/admin',
      '/x%2fadmin',
      '/metrics.json',
      '/robots',
      '/v1beta/models/g:generateContent?key=/admin',
      '/v1/files/a%2e%2fb',
      '/%zz',
      '/?'.replace('?', 'x?/admin'),
    ])
      expect(ownPlace(path), path).to.equal(undefined);
  });

  it('keeps what is its own in either way to go up from an empty part', () => {
    for (const path of ['/admin/x%2f%2f../../v1', '/x%2f/../admin', '/x%2f%2f../../admin']) {
      expect(ownPlace(path), path).to.equal('nothing');
    }
  });

  it('is its own wherever it is so for what a URL makes of it', () => {
    const piece = fc.constantFrom('/', '.', '..', 'admin', 'v1', '%2e', '/..', 'x', '?', '#');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const path = `/x/${pieces.join('')}`;
        const made = new URL(`http://a${path}`);
        const place = ownPlace(`${made.pathname}${made.search}`);
        if (place !== undefined) expect(ownPlace(path)).not.to.equal(undefined);
      }),
    );
  });
});
