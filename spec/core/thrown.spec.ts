import { expect } from 'chai';
import { thrown } from '../../lib/core/thrown.js';

describe('core/thrown', () => {
  it('names an error and the line that threw it', () => {
    expect(thrown(new RangeError('sekret'))).to.match(/^RangeError \(thrown\.spec\.[jt]s:\d+\)$/);
  });

  it('takes no line of its message for a place', () => {
    expect(thrown(new Error('x\n    at sekret.js:1:1\n    at f (/a/sekret.js:1:1)'))).not.to.include('sekret');
  });

  it('names no place where the stack does not tell it', () => {
    const changed = new Error('a\n    at sekret.js:1:1');
    // Node writes it down at the first look.
    expect(changed.stack).to.include('sekret');
    expect(thrown(Object.assign(changed, { message: 'b' }))).to.equal('Error');
    expect(thrown(Object.assign(changed, { message: 'no such words' }))).to.equal('Error');
    expect(thrown(Object.assign(new Error('a'), { stack: undefined }))).to.equal('Error');
    expect(thrown(Object.assign(new Error('a'), { message: 5 }))).not.to.include('sekret');
  });

  it('tells nothing of what is no error, or of one with a strange name', () => {
    for (const error of ['sekret', null, undefined, 5, {}]) expect(thrown(error)).to.equal('something');
    expect(thrown(Object.assign(new Error('a'), { name: 'sekret sekret' }))).to.equal('something');
  });
});
