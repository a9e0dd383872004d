import { expect } from 'chai';
import fc from 'fast-check';
import { join, splitQuery } from '../../lib/core/route.js';
import { tidyPath } from '../../lib/dialects/route.js';

/** As a request goes: its path is made tidy, then put behind the base. */
const joined = (base: string, path: string): string => join(base, tidyPath(path));

const word = fc.stringMatching(/^[a-z0-9._~-]{1,8}$/);
const version = fc.constantFrom('v1', 'v2', 'v4', 'v1beta', 'v1alpha');
const endpoint = fc.constantFrom('/chat/completions', '/messages', '/models', '/embeddings');

/** Whatever stands in front of a path in the wild: doubled slashes, backslashes, dots, colons, at signs. */
const piece = fc.oneof(word, version, fc.constantFrom('', '\\', '..', '.', ':80', '@evil.example', 'evil.example:80'));
const anyPath = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('/')}`),
  fc.tuple(version, endpoint).map(([itsVersion, itsEnd]) => `/${itsVersion}${itsEnd}`),
);
const query = fc.oneof(
  fc.constant(''),
  fc.stringMatching(/^[a-z0-9=&/?%.:\\-]{0,20}$/).map((text) => `?${text}`),
);
/** The path of a base as the config gives it: without a slash at its end. */
const base = fc
  .tuple(fc.array(word, { maxLength: 2 }), fc.option(version))
  .map(([words, itsVersion]) =>
    [...words, ...(itsVersion === null ? [] : [itsVersion])].map((part) => `/${part}`).join(''),
  );

describe('core/route', () => {
  describe('joining', () => {
    const table: readonly (readonly [title: string, base: string, path: string, expected: string])[] = [
      [
        'puts the path behind a base without a version',
        '/openai',
        '/v1/chat/completions',
        '/openai/v1/chat/completions',
      ],
      ['keeps the path where there is no base', '', '/v1/chat/completions', '/v1/chat/completions'],
      ['keeps a path without a version behind a base', '/v1', '/chat/completions', '/v1/chat/completions'],
      ['lets /v1 give way to the same version', '/v1', '/v1/chat/completions', '/v1/chat/completions'],
      ['lets /v1 give way to another version', '/v2', '/v1/models', '/v2/models'],
      ['lets /v1 give way to a version with letters', '/v1beta', '/v1/models', '/v1beta/models'],
      ['lets /v1 give way behind a long base', '/api/paas/v4', '/v1/chat/completions', '/api/paas/v4/chat/completions'],
      ['lets a bare /v1 give way', '/api/paas/v4', '/v1', '/api/paas/v4'],
      ['lets /v1 give way and keeps the query', '/v4', '/v1/models?limit=3', '/v4/models?limit=3'],
      ['replaces the version of the base by any other', '/v1', '/v1beta/models', '/v1beta/models'],
      ['replaces the version of a long base by any other', '/api/v1', '/v1beta/models/x:y', '/api/v1beta/models/x:y'],
      ['keeps any other version where the base has none', '/google', '/v1beta/models', '/google/v1beta/models'],
      [
        "lets /v1 give way to where Google serves OpenAI's format",
        '/v1beta/openai',
        '/v1/chat/completions',
        '/v1beta/openai/chat/completions',
      ],
      ['lets /v1 give way to a version with /openai behind it', '/v1/openai', '/v1/models', '/v1/openai/models'],
      ['replaces a version with /openai behind it', '/v1beta/openai', '/v1beta/models/g:x', '/v1beta/models/g:x'],
      ['takes the same version and /openai once', '/v1beta/openai', '/v1beta/openai/models', '/v1beta/openai/models'],
      ['keeps the path behind /openai without a version', '/openai', '/v1/models', '/openai/v1/models'],
      [
        'does not take a version in the middle of the base for its end',
        '/v1/azure',
        '/v1/models',
        '/v1/azure/v1/models',
      ],
      ['does not take a word for a version', '/vision', '/v1/models', '/vision/v1/models'],
      ['does not take what only begins like /v1 for it', '/v4', '/v1x-ray/models', '/v4/v1x-ray/models'],
      ['takes a doubled suffix once', '', '/v1/chat/completions/chat/completions', '/v1/chat/completions'],
      ['takes a suffix of messages once', '', '/v1/messages/messages', '/v1/messages'],
      ['takes the last of two suffixes', '', '/v1/chat/completions/models', '/v1/models'],
      ['takes the models behind messages', '', '/v1/messages/models', '/v1/models'],
      ['takes a suffix that came three times once', '', `/v1${'/chat/completions'.repeat(3)}`, '/v1/chat/completions'],
      ['takes a doubled suffix once behind a base', '/v1', '/v1/chat/completions/models', '/v1/models'],
      ['takes a doubled suffix once before a query', '', '/chat/completions/models?a=1', '/models?a=1'],
      ['keeps what stands behind a suffix and is none', '', '/v1/messages/count_tokens', '/v1/messages/count_tokens'],
      [
        'keeps a suffix that something stands between',
        '',
        '/v1/chat/completions/7/messages',
        '/v1/chat/completions/7/messages',
      ],
      ['collapses slashes', '/v1', '//v1///models', '/v1/models'],
      ['collapses slashes between doubled suffixes', '', '/v1/chat/completions//models', '/v1/models'],
      ['does not collapse slashes in a query', '', '/v1/models?next=//evil', '/v1/models?next=//evil'],
      ['takes //evil for a path', '/v1', '//evil.example/models', '/v1/evil.example/models'],
      ['takes //evil for a path without a base too', '', '//evil.example/models', '/evil.example/models'],
      ['takes /\\evil for a path', '/v1', '/\\evil.example/models', '/v1/\\evil.example/models'],
    ];
    for (const [title, itsBase, path, expected] of table) {
      it(`${title}: ${path} behind ${itsBase || 'nothing'}`, () => {
        expect(joined(itsBase, path)).to.equal(expected);
      });
    }

    it('never yields // before the query, so that what follows cannot be taken for a host', () => {
      fc.assert(
        fc.property(base, anyPath, query, (itsBase, path, itsQuery) => {
          const [pathname] = splitQuery(joined(itsBase, path + itsQuery));
          expect(pathname).not.to.include('//');
          expect(pathname === '' || pathname.startsWith('/')).to.equal(true);
        }),
      );
    });

    it('never lets the client choose the host', () => {
      fc.assert(
        fc.property(base, anyPath, query, (itsBase, path, itsQuery) => {
          const url = `https://target.example${joined(itsBase, path + itsQuery)}`;
          expect(new URL(url).host).to.equal('target.example');
        }),
      );
    });

    it('leaves the query as it came', () => {
      fc.assert(
        fc.property(base, anyPath, query, (itsBase, path, itsQuery) => {
          expect(splitQuery(joined(itsBase, path + itsQuery))[1]).to.equal(itsQuery);
        }),
      );
    });

    it('leaves every segment of a base without a version in its place', () => {
      fc.assert(
        fc.property(fc.array(fc.stringMatching(/^[a-u]{1,8}$/), { minLength: 1 }), anyPath, (words, path) => {
          const itsBase = `/${words.join('/')}`;
          expect(joined(itsBase, path)).to.equal(itsBase + tidyPath(path));
        }),
      );
    });
  });

  describe('splitQuery', () => {
    it('cuts at the first question mark, and nothing is lost', () => {
      expect(splitQuery('/a?b?c')).to.deep.equal(['/a', '?b?c']);
      expect(splitQuery('/a?')).to.deep.equal(['/a', '?']);
      expect(splitQuery('/a')).to.deep.equal(['/a', '']);
    });
  });
});
