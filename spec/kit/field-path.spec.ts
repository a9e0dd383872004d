import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import { FieldPath, valueAt, without, withValue } from '../../lib/kit/field-path.js';

const told = (input: unknown): unknown => {
  const path = FieldPath.decode(input);
  return E.isRight(path) ? path.right : path.left[0]?.message;
};

describe('kit: paths of fields', () => {
  it('are keys and indexes', () => {
    expect(told('max_tokens')).to.deep.equal(['max_tokens']);
    expect(told('a.b[0].c')).to.deep.equal(['a', 'b', 0, 'c']);
    expect(told('a[0][12]')).to.deep.equal(['a', 0, 12]);
    expect(told('x-y.z $')).to.deep.equal(['x-y', 'z $']);
  });

  it('that cannot be read are reported with the place', () => {
    const wrong = {
      '': 1,
      '.a': 1,
      'a.': 2,
      'a..b': 2,
      'a[': 2,
      'a[x]': 2,
      'a[0]b': 5,
      '[0]': 1,
      'a]': 2,
      'a[99999]': 2,
    };
    for (const [path, place] of Object.entries(wrong)) {
      expect(told(path), path).to.equal(`expected a path such as max_tokens or a.b[0].c; wrong at character ${place}`);
    }
    expect(E.isLeft(FieldPath.decode(5))).to.equal(true);
  });

  it('never reach behind the values of JavaScript', () => {
    for (const path of ['__proto__', 'a.__proto__.b', 'constructor', 'a.prototype']) {
      expect(told(path), path).to.equal('expected a path without __proto__, constructor and prototype');
    }
    expect(valueAt({}, ['toString'])).to.equal(undefined);
    expect(withValue({}, ['toString', 'a'], 1)).to.deep.equal({ toString: { a: 1 } });
  });

  it('are known, and written as they were read', () => {
    expect(FieldPath.is(['a', 0])).to.equal(true);
    for (const other of [[], [0], ['a', 0.5], ['a', '__proto__'], 'a']) expect(FieldPath.is(other)).to.equal(false);
    expect(FieldPath.encode(['a', 'b', 0, 'c'])).to.equal('a.b[0].c');
  });

  it('find what stands there', () => {
    const body = { a: { b: [{ c: 5 }] } };
    expect(valueAt(body, ['a', 'b', 0, 'c'])).to.equal(5);
    for (const path of [
      ['a', 'x'],
      ['a', 'b', 1],
      ['a', 0],
      ['a', 'b', 0, 'c', 'd'],
      ['a', 'b', 'length'],
    ]) {
      expect(valueAt(body, path)).to.equal(undefined);
    }
  });

  it('take a value, and leave the body as it was', () => {
    const body = Object.freeze({ a: Object.freeze({ b: Object.freeze([1, 2]) }), z: 0 });
    expect(withValue(body, ['a', 'b', 1], 5)).to.deep.equal({ a: { b: [1, 5] }, z: 0 });
    expect(withValue(body, ['a', 'c', 'd'], 5)).to.deep.equal({ a: { b: [1, 2], c: { d: 5 } }, z: 0 });
  });

  it('make the maps and lists that are missing on the way', () => {
    expect(withValue({}, ['a', 'b', 0, 'c'], 5)).to.deep.equal({ a: { b: [{ c: 5 }] } });
    expect(withValue({ a: 'x' }, ['a', 'b'], 5)).to.deep.equal({ a: { b: 5 } });
    expect(withValue({ a: [1] }, ['a', 7], 5)).to.deep.equal({ a: [1, 5] });
  });

  it('take a value away', () => {
    const body = { a: { b: [1, 2] }, z: 0 };
    expect(without(body, ['z'])).to.deep.equal({ a: { b: [1, 2] } });
    expect(without(body, ['a', 'b', 0])).to.deep.equal({ a: { b: [2] }, z: 0 });
    for (const path of [['x'], ['a', 'x'], ['a', 'b', 5], ['z', 'x']]) expect(without(body, path)).to.deep.equal(body);
  });
});
