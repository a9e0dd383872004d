import { expect } from 'chai';
import * as fc from 'fast-check';
import { interpolate, literal } from '../../lib/config/environment.js';

const ENV = { HOST: 'a.example', EMPTY: '', TRICKY: `\${HOST} $& $1` };
const filledIn = (text: string): unknown => interpolate({ text }, ENV).value.text;
const missing = (text: string): readonly string[] => interpolate({ text }, ENV).missing.map(({ says }) => says);

describe('config: variables of the environment', () => {
  it('stand anywhere in a text, several too', () => {
    expect(filledIn(`https://\${HOST}/\${HOST}`)).to.equal('https://a.example/a.example');
    expect(filledIn(`\${EMPTY}`)).to.equal('');
  });

  it('have a default, which also stands in for an empty one', () => {
    expect(filledIn(`\${NONE:-b}`)).to.equal('b');
    expect(filledIn(`\${NONE:-}`)).to.equal('');
    expect(filledIn(`\${EMPTY:-b}`)).to.equal('b');
    expect(filledIn(`\${HOST:-b}`)).to.equal('a.example');
  });

  it('are reported with their name where they are not set, even if JavaScript knows something of that name', () => {
    expect(missing(`x\${NONE}`)).to.deep.equal(['the environment variable NONE is not set']);
    expect(missing(`\${constructor}`)).to.deep.equal(['the environment variable constructor is not set']);
    expect(filledIn(`\${constructor:-b}`)).to.equal('b');
  });

  it('are reported where they are not written right', () => {
    for (const text of [`\${`, `\${A`, `\${1A}`, `\${A-b}`, `\${}`, `\${A:-\${HOST}}`]) {
      expect(missing(text)[0], text).to.include(`expected \${NAME}`);
    }
  });

  it('bring their value as it is, whatever it looks like', () => {
    expect(filledIn(`\${TRICKY}`)).to.equal(`\${HOST} $& $1`);
  });

  it('are not meant by a doubled dollar, or by a dollar alone', () => {
    expect(filledIn(`$\${HOST}`)).to.equal(`\${HOST}`);
    expect(filledIn('$HOST $ $$')).to.equal('$HOST $ $$');
  });

  it('are found in lists and maps, and reported with their path', () => {
    const tree = { a: [`\${HOST}`, { b: `\${NONE}` }], n: 1, e: null };
    const { value, missing: told } = interpolate(tree, ENV);
    expect(value).to.deep.equal({ a: ['a.example', { b: `\${NONE}` }], n: 1, e: null });
    expect(told.map(({ path }) => path)).to.deep.equal([['a', '1', 'b']]);
  });

  it('may not be blank where they stand for a key', () => {
    for (const KEY of ['', ' \t']) {
      const { missing: told } = interpolate({ target_proxy: { api_key: `\${KEY}` } }, { KEY });
      expect(told.map(({ says }) => says)).to.deep.equal([
        `the environment variable KEY is empty; write \${KEY:-} if it may be`,
      ]);
    }
  });

  it('can be escaped in any text', () => {
    const piece = fc.constantFrom('$', '{', '}', `\${`, `$\${`, 'HOST', ':-', 'x');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        expect(filledIn(literal(text))).to.equal(text);
      }),
    );
  });
});
