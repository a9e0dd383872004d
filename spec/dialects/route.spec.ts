import { expect } from 'chai';
import fc from 'fast-check';
import type { Operation } from '../../lib/core/dialect.js';
import type { Headers } from '../../lib/core/headers.js';
import { allDialects } from '../../lib/dialects/index.js';
import { routed, tidyPath } from '../../lib/dialects/route.js';

const nameOf = (path: string, headers: Headers): string => routed(path, headers).dialect.name;

describe('dialects/route', () => {
  describe('a tidy path', () => {
    const segment = fc.stringMatching(/^[a-z0-9._~-]{0,8}$/);
    const ending = fc.constantFrom('/models', '/embeddings', ...allDialects.map(({ chatPath }) => chatPath));

    it('stays as it is', () => {
      fc.assert(
        fc.property(
          fc.array(segment),
          fc.array(ending, { maxLength: 4 }),
          fc.constantFrom('', '?a=/'),
          (path, ends, query) => {
            const once = tidyPath(`/${path.join('/')}${ends.join('')}${query}`);
            expect(tidyPath(once)).to.equal(once);
          },
        ),
      );
    });
  });

  describe('the operation', () => {
    const routes: readonly (readonly [path: string, route: Operation])[] = [
      ['/v1/chat/completions', 'chat'],
      ['/chat/completions', 'chat'],
      ['/chat/completions/', 'chat'],
      ['/api/paas/v4/chat/completions?a=1', 'chat'],
      ['/v1beta/openai/chat/completions', 'chat'],
      ['/v1/messages', 'chat'],
      ['/messages', 'chat'],
      ['/v1/messages/?beta=true', 'chat'],
      ['/v1/models', 'models'],
      ['/models/', 'models'],
      ['/v2/models?limit=1', 'models'],
      ['/v1/completions', 'other'],
      ['/v1/messages/count_tokens', 'other'],
      ['/v1/threads/7/messages', 'other'],
      ['/v1/models/gpt-5', 'other'],
      ['/v1beta/openai/models', 'models'],
      ['/v1/openai/models?limit=1', 'models'],
      ['/v1beta/models', 'other'],
      ['/v1beta/openai/files', 'other'],
      ['/v1/chat/completions/7', 'other'],
      ['/?/chat/completions', 'other'],
      ['/', 'other'],
    ];
    for (const [path, route] of routes) {
      it(`takes ${path} for ${route}`, () => {
        expect(routed(path, {}).operation).to.equal(route);
      });
    }
  });

  describe('the dialect', () => {
    it("is Anthropic's on its own route and below it, and wherever a client names its version of that API", () => {
      expect(nameOf('/v1/messages', {})).to.equal('anthropic');
      expect(nameOf('/v1/messages/count_tokens?beta=true', {})).to.equal('anthropic');
      expect(nameOf('/v1/models', { 'anthropic-version': '2023-06-01' })).to.equal('anthropic');
    });

    it("is OpenAI's everywhere else", () => {
      expect(nameOf('/v1/models', {})).to.equal('openai');
      expect(nameOf('/v1/chat/completions', { 'x-api-key': 'k' })).to.equal('openai');
      expect(nameOf('/v1/chat/completions', { 'anthropic-version': '2023-06-01' })).to.equal('openai');
      expect(nameOf('/v1/threads/7/messages', {})).to.equal('openai');
      expect(nameOf('/v1/files?path=/messages/', {})).to.equal('openai');
    });
  });
});
