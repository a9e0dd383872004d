import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { parse } from '../../lib/dialects/json.js';
import { leastCpuMs } from '../support/cost.js';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('JSON from outside', () => {
  it('is parsed as JSON.parse would', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(parse(bytes(text))).to.deep.equal(E.right(JSON.parse(text)));
        expect(parse(text)).to.deep.equal(E.right(JSON.parse(text)));
      }),
    );
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (array) => {
        expect(parse(Buffer.from(array))._tag).to.be.oneOf(['Left', 'Right']);
      }),
    );
  });

  it('counts only the brackets outside strings', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 5 }), (text, depth) => {
        const string = JSON.stringify(`[{"\\${text}[{`);
        const json = `${'['.repeat(depth)}${string}${']'.repeat(depth)}`;
        expect(E.isRight(parse(bytes(json), depth))).to.equal(true);
        expect(parse(bytes(json), depth - 1)).to.deep.equal(E.left('too deep'));
      }),
    );
  });

  it('counts depth, not brackets', () => {
    expect(E.isRight(parse('[[],[],{"a":{},"b":[]},[]]', 3))).to.equal(true);
    expect(parse('[[],[],{"a":[[]]}]', 3)).to.deep.equal(E.left('too deep'));
  });

  for (const [title, text] of [
    ['nothing', ''],
    ['a cut object', '{"a":"b'],
    ['a cut escape', '{"a":"b\\'],
    ['a raw NUL in a string', '{"a":"\0"}'],
    ['words', 'Internal Server Error'],
  ] as const) {
    it(`refuses ${title}`, () => {
      expect(parse(bytes(text))).to.deep.equal(E.left('not json'));
    });
  }

  it('takes a BOM, lone surrogates and an escaped NUL', () => {
    expect(parse(bytes('\uFEFF{"a":"\\ud800","b":"\\u0000"}'))).to.deep.equal(E.right({ a: '\ud800', b: '\0' }));
  });

  it('leaves prototypes alone', () => {
    const value = parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    expect(E.isRight(value) && Object.hasOwn(value.right as object, '__proto__')).to.equal(true);
    expect(Object.getOwnPropertyNames(Object.prototype)).to.not.include('polluted');
  });

  it('refuses 8 MB of brackets at once', () => {
    const deep = Buffer.alloc(8_000_000, '[');
    expect(leastCpuMs(() => expect(parse(deep)).to.deep.equal(E.left('too deep')))).to.be.below(50);
  });

  for (const [title, part] of [
    ['empty arrays', '[],'],
    ['short keys', '"k":1,'],
    ['short strings', '"a",'],
    ['JSON in a string', JSON.stringify('{"a":"b"}').slice(1, -1)],
    ['backslashes in a string', '\\\\'],
  ] as const) {
    it(`is looked through in little time beside the parsing: 4 MB of ${title}`, () => {
      const [open, end] = part.startsWith('\\') || part.startsWith('{') ? ['["', '"'] : ['[', '0'];
      // One that is too deep at its end is read to there, and not parsed.
      const body = bytes(`${open}${part.repeat(4_000_000 / part.length)}${end},${'['.repeat(300)}`);
      expect(leastCpuMs(() => expect(parse(body)).to.deep.equal(E.left('too deep')))).to.be.below(100);
    });
  }

  it('refuses more arrays and objects than any reply has, before it makes them', () => {
    const many = bytes(`[${'{},'.repeat(10_000_000)}0]`);
    expect(leastCpuMs(() => expect(parse(many)).to.deep.equal(E.left('too many parts')))).to.be.below(100);
    expect(E.isRight(parse(bytes(`[${'{},'.repeat(1_400_000)}0]`)))).to.equal(true);
  });

  it('counts brackets behind strings of any length and with any escapes', () => {
    const piece = fc.constantFrom('\\\\', '\\"', 'a', '[', '{'.repeat(70), 'b'.repeat(63), 'c'.repeat(64), '\\n');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const string = `"${pieces.join('')}"`;
        expect(E.isRight(parse(`[${string},[]]`, 2))).to.equal(true);
        expect(parse(`[${string},[[]]]`, 2)).to.deep.equal(E.left('too deep'));
        expect(E.isLeft(parse(`[${string.slice(0, -1)}`, 1))).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  it('does not read the inside of a big string byte by byte', () => {
    const image = `["${'A'.repeat(30_000_000)}",[[`;
    const body = bytes(image);
    expect(leastCpuMs(() => expect(parse(body, 2)).to.deep.equal(E.left('too deep')))).to.be.below(50);
  });
});
