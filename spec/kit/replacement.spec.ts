import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import { Pattern } from '../../lib/codecs/pattern.js';
import { replacer } from '../../lib/kit/replacement.js';

/** How many characters a pattern is shown until a text is replaced. */
const shownOf = (source: string, text: string, within: number): number => {
  const pattern = Pattern.decode(source);
  if (E.isLeft(pattern)) return expect.fail(source);
  let shown = 0;
  const { push, end } = replacer({
    find: (all, from) => {
      shown += all.length;
      return pattern.right.find(all, from);
    },
    within,
    replacement: () => '',
  });
  push(text);
  end();
  return shown;
};

describe('kit/replacement', () => {
  for (const [source, word] of [
    ['\\w+ ?OOC', `${'a'.repeat(700)}OOC)`],
    ['a.*b', `${'a'.repeat(150)}b`],
    ['\\(.*\\)', '('],
    ['zzz', 'a'],
  ] as const) {
    it(`takes work in proportion to the length of a text that comes at once: ${source}`, () => {
      const text = word.repeat(20_000 / word.length);
      for (const within of [1, 100]) {
        const once = shownOf(source, text, within);
        expect(shownOf(source, text.repeat(4), within)).to.be.below(5 * once);
        // A place costs as much as a match may have, whatever the text.
        expect(once / text.length).to.be.below(20 * (within + 10));
      }
    });
  }
});
