import { expect } from 'chai';
import * as fc from 'fast-check';
import { playedAt, WELL, wish, wishInModel } from '../../lib/demo/model-name.js';

/** What the first attempts are answered with. */
const played = (text: string, attempts: number): readonly string[] =>
  Array.from({ length: attempts }, (_, i) => playedAt(wish(text), i + 1));

describe('demo: a model name', () => {
  it('plays its fault so many times, and then all is well.', () => {
    expect(played('demo:http-429:2:a7', 4)).to.deep.equal(['http-429', 'http-429', WELL, WELL]);
  });

  it('plays each of a sequence so many times, in turn, and then all is well.', () => {
    expect(played('demo:a+b:1:a7', 3)).to.deep.equal(['a', 'b', WELL]);
    expect(played('demo:a+b:2:a7', 5)).to.deep.equal(['a', 'a', 'b', 'b', WELL]);
  });

  it('plays for ever, in turn, with always or without a number.', () => {
    for (const name of ['demo:a+b', 'demo:a+b:always', 'demo:a+b:always:a7', 'demo:a+b:a7']) {
      expect(played(name, 5), name).to.deep.equal(['a', 'b', 'a', 'b', 'a']);
    }
  });

  it('plays nothing zero times.', () => {
    expect(played('demo:a:0:a7', 2)).to.deep.equal([WELL, WELL]);
  });

  it('is counted by its id, which may have colons and need no number before it.', () => {
    expect(wish('demo:a:2:x:y').id).to.equal('x:y');
    expect(wish('demo:a:always:7').id).to.equal('7');
    expect(wish('demo:a:a7').id).to.equal('a7');
  });

  it('is counted by itself where it has no id.', () => {
    expect(wish('demo:a:2').id).to.equal('demo:a:2');
    expect(wish('demo:a').id).to.equal('demo:a');
  });

  it('needs no prefix where it cannot be mistaken, and may have blanks for its signs of plus.', () => {
    expect(wish('a b:1:x')).to.deep.equal(wish('demo:a+b:1:x'));
  });

  it('is an ordinary name where it does not begin with demo and a colon.', () => {
    for (const name of ['', 'seaking-demo', 'gpt-4', 'demo', 'demographics:1', 'x/demo:http-429']) {
      expect(wishInModel(name), name).to.equal(undefined);
    }
    expect(wishInModel('demo:http-429:1:x')?.names).to.deep.equal(['http-429']);
  });

  it('plays every fault of a sequence exactly so many times, whatever its length.', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}(-[a-z0-9]{1,5})?$/);
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 5 }), (sequence, count) => {
        const all = played(`demo:${sequence.join('+')}:${count}:id`, sequence.length * count + 1);
        expect(all).to.deep.equal([...sequence.flatMap((one) => Array(count).fill(one)), WELL]);
      }),
    );
  });
});
