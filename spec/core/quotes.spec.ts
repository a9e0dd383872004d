import { expect } from 'chai';
import fc from 'fast-check';
import { clean, withoutSecrets } from '../../lib/core/clean.js';
import { lettersIn } from '../../lib/core/letters.js';
import { markQuotes } from '../../lib/core/quotes.js';
import { leastCpuMs } from '../support/cost.js';

const letters = (text: string): string => String.fromCharCode(...lettersIn(text, 0, text.length));

const marked = (text: string, prompts: readonly string[]): string => {
  const marks = new Uint8Array(text.length);
  markQuotes(text, prompts, marks);
  return [...text].map((char, at) => (marks[at] === 1 ? '_' : char)).join('');
};

const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const FORMS: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  'upper case': (text) => text.toUpperCase(),
  'JSON-escaped': json,
  'JSON-escaped twice': (text) => json(json(text)),
  'URL-escaped': encodeURIComponent,
  'URL-escaped twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'HTML-escaped': (text) => text.replace(/[^a-z0-9]/gi, (c) => `&#${c.charCodeAt(0)};`),
  'laid out otherwise': (text) => text.replace(/\s+/g, '\n   '),
};

const vocabulary = fc.constantFrom(
  ...['The', 'knight', 'walks', 'into', '50%', 'darkness,', '"quietly"', 'and', 'does', 'not', '\n', 'speak.', 'I'],
  ...['of', '*waves*', 'C:\\new\\table', '<b>bold</b>', '&amp;', 'don’t', '—', '城堡', '%20', '\\u0041lfred', '🐉'],
  ...Array.from({ length: 40 }, (_, i) => `word${i * 7919}`),
);
const prompts = fc.array(vocabulary, { minLength: 120, maxLength: 200 }).map((words) => words.join(' '));

describe('a quote of a prompt', () => {
  for (const [title, form] of Object.entries(FORMS)) {
    it(`is cut out of an upstream’s text, ${title}, wherever in the prompt it is from`, () => {
      fc.assert(
        fc.property(prompts, fc.nat(400), fc.integer({ min: 150, max: 300 }), (prompt, from, length) => {
          // No half of a surrogate pair, which cannot be URL-escaped.
          const quote = prompt.slice(from, from + length).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
          const left = letters(withoutSecrets(`Bad: ${form(quote)}`, [], [prompt]));
          const said = letters(quote);
          for (let at = 0; at + 28 <= said.length; at += 1) expect(left).to.not.include(said.slice(at, at + 28));
        }),
        { numRuns: 60 },
      );
    });
  }

  it('is cut to its ends', () => {
    const prompt = `${'Once upon a time. '.repeat(3)}The quick brown fox jumps over the lazy dog, twice. Then all sleep.`;
    expect(marked('See: uick brown fox jumps over the lazy d? No.', [prompt])).to.equal(
      'See: ____ _____ ___ _____ ____ ___ ____ _? No.',
    );
    expect(marked('THE LAZY DOG, twice. then all', [prompt])).to.equal('___ ____ ___, _____. ____ ___');
  });

  it('is not what a few words have in common', () => {
    const prompt = 'Please write the next reply in this fictional chat between Alice and Bob. '.repeat(20);
    for (const text of ['Please write a shorter one', 'Your next reply is too long', 'fictional chat']) {
      expect(marked(text, [prompt])).to.equal(text);
    }
  });

  it('is found in the last of many prompts, and across the pieces that a long one is read in', () => {
    const filler = Array.from({ length: 40_000 }, (_, i) => `w${i * 7919} `).join('');
    for (let at = 131_000; at < 131_100; at += 7) {
      const prompt = `${filler.slice(0, at)}The quick brown fox jumps over the lazy dog.${filler.slice(at)}`;
      expect(marked('quick brown fox jumps over the lazy', ['short', 'another', prompt]), `${at}`).to.equal(
        '_____ _____ ___ _____ ____ ___ ____',
      );
    }
  });

  it('is nothing in a text or of a prompt without letters', () => {
    expect(marked('?!', ['The quick brown fox'])).to.equal('?!');
    expect(marked('The quick brown fox', ['', '?! … ', '—'.repeat(100)])).to.equal('The quick brown fox');
  });

  it('is cut where its own words repeat themselves', () => {
    expect(marked('a'.repeat(100), ['a'.repeat(5000)])).to.equal('_'.repeat(100));
    expect(marked('tick tock '.repeat(10), ['tick tock '.repeat(500)])).to.not.match(/[a-z]/);
  });
});

describe('the letters of a text', () => {
  for (const [text, expected] of [
    ['A b-C, 1!', 'abc1'],
    ['été\u00a0城堡 🐉\u200b.', 'été城堡'],
    ['a\\nb \\"c\\" \\\\d \\u0041\\u00e9 \\x42 \\uzz \\', 'abcaébzz'],
    ['%41%2542 %e9 5% %zz %25', 'ab5zz'],
    ['&amp;&lt;b&#99;&#x64;&amp;#101; &nope; R&D; & &amp', 'bcdenoperdamp'],
    ['&#z9; &#5a; &#x; &abcdefgh', 'z95axabcdefgh'],
    ['<b class="x">c</b> a<3 <x <y> < z', 'ca3xz'],
    [`<a ${'b'.repeat(300)}>`, `a${'b'.repeat(300)}`],
  ] as const) {
    it(`are those that no escape changes: ${text.slice(0, 40)}`, () => {
      expect(letters(text)).to.equal(expected);
    });
  }

  it('are the same in every spelling', () => {
    const plainText = fc.string({ unit: fc.constantFrom(...'abcXYZ019 ,.!?()éß城'), maxLength: 40 });
    fc.assert(
      fc.property(plainText, (text) => {
        for (const form of [json, FORMS['laid out otherwise']]) {
          expect(letters(form?.(text) ?? '')).to.equal(letters(text));
        }
        const ascii = text.replace(/[^ -~]/g, '');
        expect(letters(encodeURIComponent(encodeURIComponent(ascii)))).to.equal(letters(ascii));
      }),
    );
  });
});

describe('the time to clean a text', () => {
  const HOSTILE: Readonly<Record<string, string>> = {
    prose: 'The quick brown fox jumps over the lazy dog, and says nothing. ',
    'one letter': 'a',
    escapes: '{\\"a\\": \\"b\\nc\\", %41 &amp; }',
    backslashes: '\\',
    'percent signs': '%25',
    ampersands: '&amp;',
    brackets: '<a ',
    'lone brackets': '<',
  };
  /** What it takes to look at each letter once. */
  const readingMs = (texts: readonly string[]): number =>
    leastCpuMs(() => {
      let sum = 0;
      for (const each of texts) for (let at = 0; at < each.length; at += 1) sum += each.charCodeAt(at);
      expect(sum).to.be.above(0);
    });
  const flat = (text: string): string => JSON.parse(JSON.stringify(text));
  const text = `Invalid: ${(HOSTILE.prose as string).repeat(20)}`;

  for (const [title, part] of Object.entries(HOSTILE)) {
    it(`is that of reading a prompt of 8 MB once: ${title}`, () => {
      const prompt = flat(part.repeat(8_000_000 / part.length));
      clean(text, [], [prompt.slice(0, 100_000)]);
      const cleaningMs = leastCpuMs(() => clean(text, ['sk-0123456789'], [prompt]));
      expect(cleaningMs / readingMs([prompt])).to.be.below(40);
    });
  }

  it('is no other for many short prompts', () => {
    const prompts = Array.from({ length: 32_000 }, (_, i) =>
      flat(`${i * 7919} ${(HOSTILE.prose as string).repeat(3)}`),
    );
    const cleaningMs = leastCpuMs(() => clean(text, ['sk-0123456789'], prompts));
    expect(cleaningMs / readingMs(prompts)).to.be.below(40);
  });

  it('is short where text and prompt are the same letter', () => {
    const prompt = flat('a'.repeat(2_000_000));
    expect(leastCpuMs(() => clean('a'.repeat(8192), ['aaaaaaaaaaaaaaaa'], [prompt]))).to.be.below(300);
  });
});
