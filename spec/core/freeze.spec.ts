import { expect } from 'chai';
import { freeze, isPlain } from '../../lib/core/freeze.js';

describe('core/freeze', () => {
  it('knows plain objects', () => {
    const plain = [{}, { a: 1 }, Object.create(null), JSON.parse('{"__proto__": 1}')];
    const others = [[], null, 'x', 5, () => {}, new Date(), new Map(), Promise.resolve(), Object.create({})];
    expect(plain.map(isPlain)).to.deep.equal(plain.map(() => true));
    expect(others.map(isPlain)).to.deep.equal(others.map(() => false));
  });

  it('freezes plain objects and lists through and through, and nothing else', () => {
    const value = { list: [{ a: 1 }, 'x', null], bytes: Buffer.from('x'), none: Object.create(null) };
    expect(freeze(value)).to.equal(value);
    for (const each of [value, value.list, value.list[0], value.none]) expect(Object.isFrozen(each)).to.equal(true);
    expect(() => value.bytes.fill(0)).not.to.throw();
    for (const same of [5, 'x', null, undefined]) expect(freeze(same)).to.equal(same);
  });
});
