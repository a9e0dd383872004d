import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { closed, filled, optional, section, withDefault } from '../../lib/codecs/closed.js';
import { Duration } from '../../lib/codecs/leaf.js';
import { findings } from '../../lib/config/report.js';

const INNER = { wait: withDefault(Duration, 1000, 'A wait.') };
const FIELDS = {
  wait: withDefault(Duration, 2000, 'A wait.'),
  name: optional(t.string, 'none', 'A name.'),
  inner: section(INNER, 'More.'),
};
const Section = closed(FIELDS);
const told = (input: unknown) => {
  const result = Section.decode(input);
  return E.isLeft(result) ? findings(result.left) : [];
};

describe('config: closed sections', () => {
  it('hold what was written, decoded', () => {
    const result = Section.decode({ wait: 3, inner: { wait: '4s' } });
    expect(result).to.deep.equal(E.right({ wait: 3000, inner: { wait: 4000 } }));
  });

  it('take a key without a value for one that was not written, and nothing for an empty section', () => {
    expect(Section.decode({ wait: null, name: 'a' })).to.deep.equal(E.right({ name: 'a' }));
    expect(Section.decode(null)).to.deep.equal(E.right({}));
    expect(Section.decode(undefined)).to.deep.equal(E.right({}));
  });

  it('tell an unknown key, the likely one and all known ones, at the key', () => {
    expect(told({ wiat: 3 })).to.deep.equal([
      { path: ['wiat'], at: 'key', says: 'unknown key; did you mean wait? known here: wait, name, inner' },
    ]);
    expect(told({ colour: 3 })[0]?.says).to.equal('unknown key; known here: wait, name, inner');
  });

  it('know no key that only JavaScript knows', () => {
    expect(told(JSON.parse('{"__proto__": 1, "constructor": 1}')).map(({ path }) => path[0])).to.deep.equal([
      '__proto__',
      'constructor',
    ]);
  });

  it('tell everything at once, with paths', () => {
    const all = told({ wait: -1, name: 5, inner: { wait: 'x', wat: 1 }, more: 1 });
    expect(all.map(({ path }) => path.join('.'))).to.deep.equal(['wait', 'name', 'inner.wait', 'inner.wat', 'more']);
  });

  it('are maps', () => {
    for (const input of [[], 'wait: 1', 5, true]) {
      expect(told(input)).to.deep.equal([{ path: [], at: 'value', says: 'expected a map of keys' }]);
    }
  });

  it('take codecs of another copy of io-ts, which are only alike', () => {
    const { name, is, validate, encode, decode } = t.string;
    const Foreign = {
      ...t.string,
      name,
      is,
      validate,
      encode,
      decode,
      pipe: t.string.pipe,
      asDecoder: t.string.asDecoder,
    };
    const Alike = closed({ key: optional(Foreign as typeof t.string, 'none', '') });
    expect(Alike.decode({ key: 'a' })).to.deep.equal(E.right({ key: 'a' }));
    expect(E.isLeft(Alike.decode({ key: 5 }))).to.equal(true);
  });

  it('write what was written, in the order of their keys', () => {
    const written = { inner: { wait: 4000 }, wait: 1500 };
    expect(JSON.stringify(Section.encode(written))).to.equal('{"wait":"1500ms","inner":{"wait":4}}');
  });

  it('know what they decode to', () => {
    expect(Section.is({ wait: 2_000_000_000, inner: {} })).to.equal(true);
    for (const other of [{ colour: 1 }, { wait: '3s' }, { inner: { wait: -1 } }, [], null]) {
      expect(Section.is(other), JSON.stringify(other)).to.equal(false);
    }
  });

  it('are filled with their defaults, where there are any', () => {
    expect(filled(FIELDS)).to.deep.equal({ wait: 2000 });
    expect(filled(FIELDS, { wait: 5, name: 'a' })).to.deep.equal({ wait: 5, name: 'a' });
  });
});
