import { expect } from 'chai';
import * as fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import type { Headers } from '../../lib/core/headers.js';
import { replyFields } from '../../lib/dialects/reply-fields.js';
import { leastCpuMs } from '../support/cost.js';
import { target } from '../support/values.js';

const KEY = 'sk-proj-4f9a8b7c6d5e4f3a2b1c';
const upstream = {
  ...target('https://api.upstream.example:8443/v1'),
  apiKey: O.some(KEY),
  headers: { 'X-Org-Key': 'Bearer org-key-778899', accept: 'application/json', 'x-title': 'SillyTavern' },
};

const got = (headers: Headers) => ({ ...replyFields(headers, upstream) });

const GOOD = {
  'content-type': 'application/json',
  'x-request-id': 'req_1',
  'x-ratelimit-remaining-requests': '12',
  'retry-after': '3',
  'openai-processing-ms': '120',
  link: ['<a>', '<b>'],
  'x-app': 'SillyTavern',
};

describe('header fields of an upstream’s reply', () => {
  it('reach the client as they came', () => {
    expect(got(GOOD)).to.deep.equal(GOOD);
    expect(got(Object.assign(Object.create(null), { ['__proto__']: 'x' }))).to.have.own.property('__proto__', 'x');
  });
  for (const name of [
    'set-cookie',
    'server',
    'alt-svc',
    'strict-transport-security',
    'report-to',
    'reporting-endpoints',
    'nel',
    'clear-site-data',
    'content-security-policy',
    'access-control-allow-origin',
    'access-control-allow-credentials',
  ]) {
    it(`are left out where they are of its own address: ${name}`, () => {
      expect(got({ ...GOOD, [name]: 'x' })).to.deep.equal(GOOD);
      expect(got({ ...GOOD, [name]: ['x', 'y'] })).to.deep.equal(GOOD);
    });
  }
  const secrets: Record<string, string> = {
    'its key': KEY,
    'its key in a sentence, in capitals': `used ${KEY.toUpperCase()} for it`,
    'eight characters of its key': KEY.slice(9, 17),
    'its key in base64': Buffer.from(`user:${KEY}`).toString('base64'),
    'a key in a field of the config': 'org-key-778899',
    'its host': 'https://api.upstream.example/v1/files/1',
    'its host with its port': 'api.upstream.example:8443',
    'its host in capitals': 'via API.UPSTREAM.EXAMPLE',
    'its host below another name': 'eu.api.upstream.example',
  };
  for (const [what, value] of Object.entries(secrets)) {
    it(`are left out where they tell ${what}`, () => {
      expect(got({ ...GOOD, 'x-debug': value })).to.deep.equal(GOOD);
      expect(got({ ...GOOD, 'x-debug': ['1', value] })).to.deep.equal(GOOD);
    });
  }
  it('are not taken for a host that is only like its own', () => {
    const like = { 'x-a': 'my-api.upstream.examples', 'x-b': 'upstream.example' };
    expect(got(like)).to.deep.equal(like);
  });
  it('hold no eight characters of its key, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.stringMatching(/^x-[a-z]{1,8}$/),
          fc.oneof(fc.string(), fc.constantFrom(...Object.values(secrets))),
        ),
        fc.nat(KEY.length - 8),
        (headers, at) => {
          const text = Object.values(got(headers)).flat().join('\n').toLowerCase();
          expect(text).not.to.include(KEY.slice(at, at + 8));
        },
      ),
    );
  });
  it('are no more than a client reads: the longest are left out', () => {
    const long = { ...GOOD, 'x-long': 'a'.repeat(9000), 'x-longer': ['b'.repeat(5000), 'b'.repeat(5000)] };
    expect(got(long)).to.deep.equal({ ...GOOD, 'x-long': 'a'.repeat(9000) });
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`x-${i}`, 'a'.repeat(50)]));
    const size = Object.entries(got({ ...GOOD, ...many }))
      .flat(2)
      .join('').length;
    expect(size).to.be.within(8000, 12_288);
  });
  it('cost next to nothing', () => {
    const costMs = leastCpuMs(() => {
      for (let i = 0; i < 1000; i++) got(GOOD);
    });
    expect(costMs / 1000).to.be.below(0.2);
  });
});
