import { expect } from 'chai';
import * as fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { DEMO, HttpUrl } from '../../lib/config/http-url.js';

const decoded = (input: unknown): string => E.getOrElse(() => 'refused')(HttpUrl.decode(input));
const says = (input: unknown): string => {
  const result = HttpUrl.decode(input);
  return E.isLeft(result)
    ? String(result.left[0]?.message ?? `expected ${result.left[0]?.context.at(-1)?.type.name}`)
    : '';
};

describe('config: the target URL', () => {
  it('takes http and https, hosts with an underscore, IP addresses and ports', () => {
    for (const url of [
      'https://api.example.com',
      'http://my_box.local:8080/v1',
      'http://127.0.0.1:5000/api',
      'http://[::1]:5000/api/paas/v4',
      'https://gateway.example.com/ai/@cf/v1',
    ]) {
      expect(decoded(url)).to.equal(url);
    }
  });

  it('takes the word demo', () => {
    expect(decoded('demo')).to.equal(DEMO);
    expect(HttpUrl.is('demo')).to.equal(true);
  });

  it('has one spelling for what means the same', () => {
    expect(decoded('HTTPS://API.Example.com:443//v1//')).to.equal('https://api.example.com/v1');
  });

  it('cuts off the end of an endpoint, also a doubled one', () => {
    const cases = {
      'https://a.example/v1/chat/completions': 'https://a.example/v1',
      'https://a.example/v1/completions/': 'https://a.example/v1',
      'https://a.example/v1/messages': 'https://a.example/v1',
      'https://a.example/v1/models': 'https://a.example/v1',
      'https://a.example/chat/completions/models': 'https://a.example',
      'https://a.example/my-models': 'https://a.example/my-models',
      'https://a.example/models/x': 'https://a.example/models/x',
    };
    for (const [url, base] of Object.entries(cases)) expect(decoded(url), url).to.equal(base);
  });

  it('reads what it made as the same', () => {
    const part = fc.constantFrom('/', '/v1', '/chat/completions', '/models', '/x', '/messages', '/..');
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const once = decoded(`https://a.example${parts.join('')}`);
        expect(decoded(once)).to.equal(once);
        expect(HttpUrl.is(once)).to.equal(true);
        expect(HttpUrl.encode(once)).to.equal(once);
        expect(once).not.to.match(/\/$/);
      }),
    );
  });

  it('refuses a key in the URL, and names the key where it belongs', () => {
    for (const url of ['https://user:pass@a.example', 'https://sk-1@a.example/v1', 'https://@a.example']) {
      expect(says(url), url).to.include('api_key');
    }
  });

  it('refuses hosts with a NUL, a space or other letters than ASCII, and those that cannot exist', () => {
    for (const host of [
      'a\u0000b',
      'a b',
      'bücher.de',
      'b%C3%BCcher.de',
      'a\\b',
      '',
      'a:99999',
      '[::g]',
      '[1]',
      '1.2.3.256',
    ]) {
      expect(says(`http://${host}/v1`), host).to.match(/^expected a URL/);
    }
  });

  it('refuses a path with a backslash, a space or other letters than ASCII', () => {
    for (const path of ['a\\b', 'a b', 'ä', 'a\n']) expect(says(`http://a.example/${path}`), path).to.include('ASCII');
  });

  it('refuses what is no base to put a path behind', () => {
    for (const url of ['https://a.example/v1?key=1', 'https://a.example/#x'])
      expect(says(url), url).to.include('? or #');
    for (const url of ['localhost:5000', 'ftp://a.example', '', 'Demo', '//a.example']) {
      expect(says(url), url).to.include('https://api.example.com/v1, or the word demo');
    }
    expect(says(5)).to.include('or the word demo');
  });

  it('never repeats what it was given', () => {
    for (const url of [
      'https://u:sekret@a.example',
      'https://a.example/sekret?sekret',
      'sekret',
      'http://sekret sekret/',
    ]) {
      expect(says(url))
        .to.match(/^expected/)
        .and.not.include('sekret');
    }
    expect(HttpUrl.is('sekret')).to.equal(false);
    expect(HttpUrl.is(5)).to.equal(false);
  });
});
