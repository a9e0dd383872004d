import { expect } from 'chai';
import fc from 'fast-check';
import { clean, cutSecrets, reasonPhrase } from '../../lib/core/clean.js';

const KEY = 'Zq7/Kp_vW3x+YtR9mLd2=';
const HOST = 'gateway.upstream.example';
const PROMPT = 'The knight "Ælfric" walks\ninto 50% darkness';
const SECRETS = [KEY, HOST, PROMPT];

const unicodeEscaped = (text: string): string =>
  Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
const percentEscaped = (text: string): string =>
  Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const json = (text: string): string => JSON.stringify(text).slice(1, -1);

const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  raw: (secret) => secret,
  'upper case': (secret) => secret.toUpperCase(),
  base64,
  'base64 of more, shifted by one': (secret) => base64(`x${secret}yz`),
  'base64 of more, shifted by two': (secret) => base64(`xy${secret}z`),
  base64url: (secret) => Buffer.from(`:${secret}`).toString('base64url'),
  'URL-escaped': encodeURIComponent,
  'URL-escaped twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'URL-escaped in every character': percentEscaped,
  'JSON-escaped': json,
  'JSON-escaped twice': (secret) => json(json(secret)),
  'JSON-escaped in every character': unicodeEscaped,
  'HTML-escaped': (secret) => secret.replace(/[^a-z0-9]/gi, (c) => `&#${c.charCodeAt(0)};`),
};

/** All runs of eight characters. */
const eights = (text: string): readonly string[] =>
  Array.from({ length: Math.max(0, text.length - 7) }, (_, at) => text.slice(at, at + 8));

/** No eight characters of a secret, raw or in base64, nor the whole of it in any form. */
const expectClean = (cleaned: string, secrets: readonly string[]): void => {
  const betraying = secrets.flatMap((secret) => [
    ...eights(secret),
    ...eights(base64(secret).slice(0, -4)),
    ...Object.values(FORMS).map((form) => form(secret)),
  ]);
  expect(betraying.filter((part) => cleaned.includes(part))).to.deep.equal([]);
};

const words = fc.array(
  fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      ' ',
      '\n',
      'Invalid key ',
      '{"error":"',
      '"}',
      '<b>',
      '</b>',
      '\\',
      '%',
      '%2',
      '\\u00',
      '&#',
      '[cut]',
      '=',
      ':',
      'https://',
      '@',
      '/',
    ),
  ),
  { maxLength: 12 },
);
const texts = words.map((all) => all.join(''));
const forms = fc.constantFrom(...Object.values(FORMS));

describe('cleaner', () => {
  for (const [title, form] of Object.entries(FORMS)) {
    it(`cuts a key, a host and a prompt out, ${title}`, () => {
      for (const secret of SECRETS) {
        const cleaned = clean(`Refused: ${form(secret)} was sent`, SECRETS);
        expectClean(cleaned, SECRETS);
        expect(cleaned).to.match(/^Refused: .*was sent$/);
      }
    });
  }

  it('leaves no eight characters of a secret, wherever and in whatever form it stands', () => {
    fc.assert(
      fc.property(texts, texts, fc.constantFrom(...SECRETS), forms, (before, after, secret, form) => {
        expectClean(clean(`${before}${form(secret)}${after}`, SECRETS), SECRETS);
      }),
      { numRuns: 1500 },
    );
  });

  it('leaves no eight characters of a part of a secret', () => {
    fc.assert(
      fc.property(texts, texts, fc.nat(KEY.length), fc.nat(KEY.length), (before, after, from, to) => {
        expectClean(clean(`${before}${KEY.slice(from, to)}${after}`, SECRETS), SECRETS);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves no eight characters of any key', () => {
    const keys = fc.string({ minLength: 8, maxLength: 100 });
    fc.assert(
      fc.property(texts, keys, texts, (before, key, after) => {
        const cleaned = clean(`${before}${key}${after}`, [key]);
        for (const eight of eights(key)) expect(cleaned).to.not.include(eight);
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves nothing of a key that the input’s bound cuts in two', () => {
    for (let length = 8150; length < 8200; length += 1) {
      const text = `${' '.repeat(length)}${KEY}`;
      expect(KEY).to.not.include(clean(text, [KEY]).replace('[cut]', '') || 'nothing');
      expectClean(clean(`${' '.repeat(length - 5)}see: ${KEY} ${KEY}`, [KEY]), [KEY]);
    }
  });

  it('says nothing where what it cuts out would spell another secret', () => {
    expect(clean('x abcdefgh y', ['abcdefgh', 'x [cut] y'])).to.equal('');
  });

  it('finds a short secret as a whole, and leaves what is too short to differ from words', () => {
    expect(clean('user pass1 is a', ['pass1', 'a', ''])).to.equal('user [cut] is a');
  });

  it('cuts a long prompt where it is quoted at length, and not for a few words that any text has', () => {
    const prompt = Array.from({ length: 200 }, (_, i) => `sentence ${i * 7919} of the story.`).join(' ');
    expect(clean(`Too long: ${prompt.slice(1000, 1200)}`, [], [prompt])).to.not.match(/\d{4}/);
    expect(clean('One sentence of the story was too long', [], [prompt])).to.equal(
      'One sentence of the story was too long',
    );
  });

  for (const [title, text, expected] of [
    ['a masked key', 'Incorrect API key provided: sk-ab***yz. Bye', 'Incorrect API key provided: [cut] Bye'],
    ['a key by its prefix', 'key sk-live_1 or AIzaSyD4 or gsk_abcdef', 'key [cut] or [cut] or [cut]'],
    ['a key by its looks', 'got 0123456789abcdef0123 here', 'got [cut] here'],
    [
      'a bearer token',
      'Authorization was Bearer abc, not Basic QWxhZGRpbg==',
      'Authorization was Bearer [cut], not Basic [cut]',
    ],
    ['a key that is given', 'api_key=abc password: "hunter2"', 'api_key=[cut] password: "[cut]"'],
    ['a URL', 'see https://a.example/b?key=c. Or ftp://x', 'see [cut] Or [cut]'],
    ['a host', 'at 10.0.0.3:8080, api.foo.com, db:5432 or www.x', 'at [cut], [cut], db:5432 or [cut]'],
    ['a host with a path', 'at foo.bar/baz and foo.bar:80', 'at [cut] and [cut]'],
    ['an e-mail address', 'write to bob.b@corp.example, please, or a@b', 'write to [cut], please, or [cut]'],
    ['a path', 'File "/app/main.py", line 3, ~/x, ../y, src/a.ts:3:1', 'File "[cut]", line 3, [cut], [cut], [cut]'],
    ['a path of Windows', 'in C:\\Users\\bob or \\\\share\\x or a\\path', 'in [cut] or [cut] or [cut]'],
    ['markup', '<h1 class="x">Bad</h1>&lt;b&gt;gateway&lt;/b&gt; <img src=x', 'Bad gateway img src=x'],
    ['control characters', 'a\u0000b\u001b[31mc\r\nd\u202ee\ud800f', 'a b [31mc d e f'],
    ['escapes', 'say \\"hi\\"\\n\\tto \\u0041 \\x41 &amp;&apos; &nope; 50%20off', 'say "hi" to A A &\' &nope; 50 off'],
  ] as const) {
    it(`cuts ${title}`, () => {
      expect(clean(text, [])).to.equal(expected);
    });
  }

  for (const text of [
    'The model `gpt-4o-mini-2024-07-18` does not exist',
    'claude-3-5-sonnet-20241022, claude-3-5-sonnet@20240620, meta-llama/llama-3.1-405b-instruct',
    'messages.1.content.0.text: Field required; max_tokens: 5000 > 4096 and < 9000',
    'You need an Authorization header using Bearer auth, and/or a bearer token.',
    'Your credit balance is too low to access the Anthropic API.',
    'モデルが見つかりません。 😀',
  ]) {
    it(`leaves what is of use: ${text.slice(0, 30)}`, () => {
      expect(clean(text, SECRETS)).to.equal(text);
    });
  }

  it('leaves no escapes, in however many layers they come', () => {
    for (const layers of [1, 3, 5, 9, 30]) {
      const text = `a${'%25'.repeat(layers)}41 ${'\\\\'.repeat(layers)}u0041`;
      expect(clean(text, [])).to.not.match(/%[0-9a-f]{2}|\\/i);
    }
  });

  it('gives one line of at most 300 characters, and no half of a pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1000 }), (text) => {
        const cleaned = clean(text, SECRETS);
        expect(cleaned.length).to.be.at.most(300);
        expect(cleaned).to.not.match(/[\p{Cc}\p{Cs}]/u);
      }),
    );
    expect(clean(`x${'😀'.repeat(200)}`, [])).to.equal(`x${'😀'.repeat(149)}`);
    expect(clean('word '.repeat(100), [])).to.have.length(299);
    expect(clean(`  ${'word '.repeat(100)}`, [])).to.have.length(299);
  });

  it('takes linear time for hostile text', () => {
    const before = process.cpuUsage();
    const hostile = [
      'a',
      'a.',
      '<title',
      'bearer  :',
      '\\',
      '%25',
      'a@',
      'a/',
      '1.1.',
      ' ',
      '&#37;',
      'A1',
      'key:',
      'é',
    ];
    for (const text of hostile) clean(text.repeat(300_000), SECRETS);
    expect(process.cpuUsage(before).user / 1000).to.be.below(2000);
  });
});

describe('a text without secrets alone', () => {
  const SECRET = 'sk-stage-0123456789';

  it('is as it was, in full, where there is none in it', () => {
    const text = `  See https://a.example/b?c=%20d \\n and\n${'so on, '.repeat(100)}  `;
    for (const secrets of [[], [SECRET], ['']]) expect(cutSecrets(text, secrets)).to.equal(text);
  });

  it('has all else in it where there is one', () => {
    const long = 'so on, '.repeat(100);
    expect(cutSecrets(`No key ${SECRET}, at https://a.example; ${long}`, [SECRET])).to.equal(
      `No key [cut], at https://a.example; ${long}`,
    );
    expect(cutSecrets(`No key ${SECRET.slice(0, 12)}…`, [SECRET])).not.to.include(SECRET.slice(0, 8));
  });

  it('has none in it that is escaped', () => {
    const escaped = [...SECRET].map((char) => `%${char.charCodeAt(0).toString(16)}`).join('');
    expect(cutSecrets(`No key ${escaped} here`, [SECRET])).to.equal('No key [cut] here');
  });
});

describe('reason phrase', () => {
  it('is our sentence, as it is', () => {
    const sentence = 'Upstream is rate limited (429), 4 attempts in 9 s. Try again in 30 s.';
    expect(reasonPhrase(sentence)).to.equal(sentence);
  });

  it('is at most 200 printable ASCII characters, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        expect(reasonPhrase(text)).to.match(/^([!-~]([ -~]{0,198}[!-~])?)?$/);
      }),
    );
    expect(reasonPhrase(` ${'x'.repeat(300)}`)).to.have.length(200);
  });

  it('has a space for what a status line cannot hold', () => {
    expect(reasonPhrase('\r\nSet-Cookie:\u0000 x\u2026 é\n')).to.equal('Set-Cookie: x');
  });
});
