import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import { Count, closed, Duration, optional, section, Text, withDefault } from '../../lib/index.js';

const Options = closed({
  greeting: withDefault(Text, 'Hello', 'What is said.'),
  wait: withDefault(Duration, 2000, 'How long.'),
  most: optional(Count, 'none', 'How many.'),
  inner: section({ name: withDefault(Text, 'Jo', 'Who.'), end: optional(Text, 'none', 'What is said last.') }, 'More.'),
});

const ALL_DEFAULTS = { greeting: 'Hello', wait: 2000, inner: { name: 'Jo' } };

describe('codecs/options', () => {
  it('have their defaults, also within, where nothing is written', () => {
    for (const input of [undefined, null, {}, { greeting: null, inner: null }, { inner: {} }]) {
      expect(Options.decode(input), JSON.stringify(input)).to.deep.equal(E.right(ALL_DEFAULTS));
    }
  });

  it('are as they are written, where they are', () => {
    const read = Options.decode({ greeting: 'Ahoy', wait: '3s', most: '5', inner: { end: 'Bye' } });
    expect(read).to.deep.equal(E.right({ greeting: 'Ahoy', wait: 3000, most: 5, inner: { name: 'Jo', end: 'Bye' } }));
  });

  it('have types that say so', () => {
    const read = Options.decode({});
    if (E.isLeft(read)) throw new Error('they are read');
    const { greeting, wait, most, inner } = read.right;
    expect(greeting.length + wait + inner.name.length + (most ?? 0)).to.equal(2007);
    // @ts-expect-error: it has no default, and so may be missing.
    expect(() => most.toFixed()).to.throw(TypeError);
  });

  it('refuse keys that they do not know', () => {
    const read = Options.decode({ greting: 'Ahoy', inner: { nam: 'x' } });
    expect(E.isLeft(read) && read.left.map(({ message }) => message)).to.deep.equal([
      'unknown key; did you mean greeting? known here: greeting, wait, most, inner',
      'unknown key; did you mean name? known here: name, end',
    ]);
  });

  it('know what they decode to, and write it as it would be read', () => {
    expect(Options.is(ALL_DEFAULTS)).to.equal(true);
    for (const other of [{}, { ...ALL_DEFAULTS, inner: {} }, { ...ALL_DEFAULTS, wait: '2s' }, null]) {
      expect(Options.is(other), JSON.stringify(other)).to.equal(false);
    }
    expect(Options.encode(ALL_DEFAULTS)).to.deep.equal({ greeting: 'Hello', wait: 2, inner: { name: 'Jo' } });
  });
});
