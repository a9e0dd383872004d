import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { Pattern } from '../../lib/codecs/pattern.js';
import { findings } from '../../lib/config/report.js';

const pattern = (source: string): Pattern => {
  const decoded = Pattern.decode(source);
  return E.isRight(decoded) ? decoded.right : expect.fail(`not read: ${source}`);
};

describe('codecs/pattern', () => {
  it('finds the first match from a place on, with its groups', () => {
    const found = pattern('(?P<word>b+)(c)?').find('ab abbd', 2);
    const bb = O.some('bb');
    expect(found).to.deep.equal(O.some({ start: 4, end: 6, groups: [bb, bb, O.none], named: { word: bb } }));
    expect(pattern('b').find('abc', 2)).to.deep.equal(O.none);
    expect(pattern('b').find('b', 5)).to.deep.equal(O.none);
    expect(pattern('(?P<word>b+)(c)?').groups).to.deep.equal(['word', '1', '2']);
  });

  it('counts as JavaScript does', () => {
    expect(pattern('b').find('\u{1F600}b', 0)).to.have.nested.property('value.start', 2);
  });

  it('looks at what stands before the place', () => {
    expect(pattern('^b').find('ab', 1)).to.deep.equal(O.none);
    expect(pattern('\\bb').find('ab', 1)).to.deep.equal(O.none);
    expect(O.isSome(pattern('^b').find('b', 0))).to.equal(true);
  });

  it('is blind to case where it says so, and knows Unicode', () => {
    expect(pattern("(?i)^i'm sorry").test("I'M SORRY, but")).to.equal(true);
    expect(pattern("^I'm").test("i'm")).to.equal(false);
    expect(pattern('\\p{Lu}').test('é')).to.equal(false);
  });

  it('takes no time for a text that would hold up a pattern that backtracks', () => {
    const text = `${'a'.repeat(50_000)}b`;
    const startedAt = performance.now();
    expect(pattern('(a+)+$').test(text)).to.equal(false);
    expect(performance.now() - startedAt).to.be.below(2000);
  });

  const complaint = (source: unknown): string | undefined => {
    const decoded = Pattern.decode(source);
    return E.isLeft(decoded) ? findings(decoded.left)[0]?.says : undefined;
  };

  it('is no look-around and no back-reference, and reports why', () => {
    for (const source of [
      '(?=a)',
      '(?!a)b',
      '(?<=a)b',
      '(?<!a)b',
      '(a)\\1',
      '(?P<n>a)(?P=n)',
      '(?<n>a)\\k<n>',
      '(?>a)',
    ]) {
      expect(complaint(source), source).to.equal(
        "expected a pattern in RE2's syntax; look-ahead, look-behind and back-references are not possible, as they can take for ever",
      );
    }
  });

  it('is nothing broken: the kind of mistake is reported, and never the pattern', () => {
    expect(complaint('secret(')).to.equal("expected a pattern in RE2's syntax; this one has: missing closing )");
    expect(complaint('secret[')).to.equal("expected a pattern in RE2's syntax; this one has: missing closing ]");
    for (const source of ['*a', 'a**', 'a{2000}', '\\q', '[b-a]', '\\p{Klingon}', '(?P<>a)']) {
      expect(complaint(source), source).to.match(/^expected a pattern in RE2's syntax; this one has: [a-z -]+$/);
    }
    for (const other of ['', 5, null]) expect(complaint(other)).to.equal("expected a pattern in RE2's syntax");
  });

  it('is written as it was', () => {
    expect(Pattern.encode(pattern('a+'))).to.equal('a+');
    for (const other of ['a+', null, {}]) expect(Pattern.is(other)).to.equal(false);
    expect(Pattern.is(pattern('a+'))).to.equal(true);
  });
});
