import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import type { Head } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { admit } from '../../lib/stages/admit.js';

const letIn = admit({ allowedHosts: ['localhost', 'my-box'], cors: ['https://chat.example'] });

const head = (changes: Partial<Head> = {}): Head => ({
  method: 'POST',
  path: '/v1/chat/completions',
  headers: { host: 'localhost:8484' },
  ...changes,
});

const refusal = (changes: Partial<Head>): Failure => {
  const admitted = letIn(head(changes));
  return E.isLeft(admitted) ? admitted.left : expect.fail('it was let in');
};

const admitted = (changes: Partial<Head>): Head => {
  const result = letIn(head(changes));
  return E.isRight(result) ? result.right : expect.fail(JSON.stringify(result.left));
};

const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'v']));

describe('stages/admit', () => {
  it('lets a request in as it came, with its path made tidy', () => {
    expect(letIn(head())).to.deep.equal(E.right(head()));
    const doubled = head({ path: '//v1/chat/completions//models?a=//b', method: 'GET' });
    expect(letIn(doubled)).to.deep.equal(E.right({ ...doubled, path: '/v1/models?a=//b' }));
  });

  describe('the host', () => {
    for (const host of ['localhost', '127.0.0.1:8484', '[::1]:8484', 'tavern.localhost']) {
      it(`may be ${host}`, () => {
        expect(admitted({ headers: { host } }).headers).to.deep.equal({ host });
      });
    }

    it('may not be a name that nobody allowed, which a page on the web could have pointed here', () => {
      expect(refusal({ headers: { host: 'evil.example' } })).to.deep.equal({ _tag: 'HostNotAllowed' });
    });

    for (const [title, headers] of [
      ['missing', {}],
      ['given twice', { host: ['localhost', 'localhost'] }],
      ['empty', { host: '' }],
      ['no authority', { host: 'user@localhost' }],
    ] as const) {
      it(`may not be ${title} (RFC 9112 §3.2)`, () => {
        expect(refusal({ headers })).to.include({ _tag: 'ClientError', status: 400 });
      });
    }
  });

  describe('the absolute form', () => {
    for (const [path, expected] of [
      ['http://localhost:8484/v1/models', '/v1/models'],
      ['HTTP://LOCALHOST/v1/models?a=1', '/v1/models?a=1'],
      ['https://127.0.0.1//v1//models', '/v1/models'],
      ['http://localhost', '/'],
      ['http://localhost?a=1', '/?a=1'],
      ['http://localhost//evil.example/x', '/evil.example/x'],
    ] as const) {
      it(`is taken where its host is ours: ${path}`, () => {
        expect(admitted({ method: 'GET', path }).path).to.equal(expected);
      });
    }

    it('wins over the Host field, whatever that says', () => {
      const path = 'http://localhost/v1/models';
      for (const headers of [{ host: 'evil.example' }, { host: 'localhost' }]) {
        expect(admitted({ method: 'GET', path, headers }).path).to.equal('/v1/models');
      }
    });

    it('needs exactly one Host field all the same (RFC 9112 §3.2)', () => {
      for (const headers of [{}, { host: ['localhost', 'localhost'] }, { host: '' }, { host: 'a b' }]) {
        const refused = refusal({ method: 'GET', path: 'http://localhost/v1/models', headers });
        expect(refused).to.include({ _tag: 'ClientError', status: 400 });
      }
    });

    for (const path of [
      'http://evil.example/v1/models',
      'http://localhost@evil.example/v1/models',
      'http://user:pass@localhost/v1/models',
      'http:///v1/models',
      'http://localhost\\evil.example/',
    ]) {
      it(`is misdirected (421) where its host is not ours: ${path}`, () => {
        expect(refusal({ method: 'GET', path })).to.include({ _tag: 'ClientError', status: 421 });
      });
    }

    it('of another scheme, and the asterisk form, are nothing here', () => {
      for (const path of ['ftp://localhost/v1/models', '*', 'localhost:443', '']) {
        expect(refusal({ method: 'OPTIONS', path }), path).to.include({ _tag: 'ClientError', status: 404 });
      }
    });
  });

  it('takes //host and /\\host for paths, so that the client never chooses where a request goes', () => {
    expect(admitted({ method: 'GET', path: '//evil.example/v1/models' }).path).to.equal('/evil.example/v1/models');
    expect(admitted({ method: 'GET', path: '/\\evil.example/x' }).path).to.equal('/\\evil.example/x');
  });

  it('never lets in a path that could be taken for a host', () => {
    const piece = fc.constantFrom(
      '/',
      '//',
      '\\',
      'http:',
      'https://',
      'evil.example',
      '@',
      ':80',
      'localhost',
      '?',
      'v1',
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const result = letIn(head({ method: 'GET', path: pieces.join('') }));
        if (E.isLeft(result)) return;
        expect(result.right.path).to.match(/^\/(?!\/)/);
      }),
    );
  });

  describe('the origin', () => {
    for (const origin of [
      'http://localhost:8000',
      'https://127.0.0.1',
      'http://tavern.localhost',
      'http://My-Box:8000',
      'https://chat.example',
      'HTTPS://Chat.Example',
    ]) {
      it(`may be ${origin}`, () => {
        const headers = { host: 'localhost', origin };
        expect(admitted({ headers }).headers).to.deep.equal(headers);
      });
    }

    for (const origin of ['https://evil.example', 'null', 'file://', '', ['http://localhost', 'http://evil.example']]) {
      it(`may not be ${JSON.stringify(origin)}`, () => {
        expect(refusal({ headers: { host: 'localhost', origin } })).to.deep.equal({ _tag: 'OriginNotAllowed' });
      });
    }
  });

  it('takes 100 header fields and no more, each of several of one name counted', () => {
    expect(admitted({ headers: { host: 'localhost', ...fields(99) } }).path).to.equal('/v1/chat/completions');
    const tooMany = { host: 'localhost', ...fields(98), cookie: ['a', 'b'] };
    expect(refusal({ headers: tooMany })).to.include({ _tag: 'ClientError', status: 431 });
  });

  describe('the method', () => {
    for (const [path, methods, allow] of [
      ['/v1/chat/completions', ['POST'], 'POST'],
      ['/v1/messages', ['POST'], 'POST'],
      ['/v1/models', ['GET', 'HEAD'], 'GET, HEAD'],
      [
        '/v1/embeddings',
        ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      ],
    ] as const) {
      it(`of ${path} is one of ${allow}, and a refusal (405) names them`, () => {
        for (const method of methods) expect(admitted({ method, path }).method).to.equal(method);
        const other = ['POST', 'GET', 'HEAD', 'PUT', 'TRACE', 'PROPFIND', 'get', ''];
        for (const method of other.filter((one) => !methods.some((its) => its === one))) {
          expect(refusal({ method, path }), method).to.deep.equal({
            _tag: 'ClientError',
            status: 405,
            says: `This address takes only ${allow}.`,
            allow,
          });
        }
      });
    }

    it('is judged by the tidy path', () => {
      expect(refusal({ method: 'POST', path: '/v1/chat/completions/models' })).to.include({ status: 405 });
    });
  });
});
