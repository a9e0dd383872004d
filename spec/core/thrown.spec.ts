import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { causeIn, thrown, words } from '../../lib/core/thrown.js';

describe('core/thrown', () => {
  it('names an error and the line that threw it', () => {
    expect(thrown(new RangeError('sekret'))).to.match(/^RangeError \(thrown\.spec\.[jt]s:\d+\)$/);
  });

  it('takes no line of its message for a place', () => {
    expect(thrown(new Error('x\n    at sekret.js:1:1\n    at f (/a/sekret.js:1:1)'))).not.to.include('sekret');
  });

  it('names no place where the stack does not show it', () => {
    const changed = new Error('a\n    at sekret.js:1:1');
    // Node writes it down at the first look.
    expect(changed.stack).to.include('sekret');
    expect(thrown(Object.assign(changed, { message: 'b' }))).to.equal('Error');
    expect(thrown(Object.assign(changed, { message: 'no such words' }))).to.equal('Error');
    expect(thrown(Object.assign(new Error('a'), { stack: undefined }))).to.equal('Error');
    expect(thrown(Object.assign(new Error('a'), { message: 5 }))).not.to.include('sekret');
  });

  it('shows nothing of what is no error, or of one with a strange name', () => {
    for (const error of ['sekret', null, undefined, 5, {}]) expect(thrown(error)).to.equal('something');
    expect(thrown(Object.assign(new Error('a'), { name: 'sekret sekret' }))).to.equal('something');
  });

  it('knows for the log the name, the message, the line, and the innermost calls', () => {
    const { says, at, stack } = causeIn(new TypeError("Cannot read properties of undefined (reading 'foo')"));
    expect(says).to.equal("TypeError: Cannot read properties of undefined (reading 'foo')");
    expect(at).to.match(/^thrown\.spec\.[jt]s:\d+$/);
    expect(stack).to.have.length.within(1, 10);
    for (const line of stack) expect(line).to.match(/^at .*:\d+:\d+\)?$/);
    expect(causeIn(new Error('')).says).to.equal('Error');
    expect(causeIn(Object.assign(new Error('a'), { name: 'b c' })).says).to.equal('Error: a');
    expect(causeIn(Object.assign(new Error('a'), { stack: undefined }))).to.deep.equal({
      says: 'Error: a',
      at: '',
      stack: [],
    });
  });

  it('leaves out for the log too what an error of others quotes, which may be of a prompt or of a reply', () => {
    const caught = (act: () => unknown): unknown => {
      try {
        return act();
      } catch (error) {
        return error;
      }
    };
    for (const text of ['sekret', '{"sekret": sekret}', `{"a": ${'sekret '.repeat(20)}}`]) {
      expect(causeIn(caught(() => JSON.parse(text))).says, text)
        .to.match(/^SyntaxError: /)
        .and.not.include('sekret');
    }
    expect(causeIn(caught(() => Buffer.from(5 as unknown as string))).says).to.match(/^TypeError: The first argument/);
    expect(causeIn(caught(() => Buffer.alloc('sekret' as unknown as number))).says)
      .to.match(/^TypeError: /)
      .and.not.include('sekret');
    expect(causeIn(new Error('my "own" words')).says).to.equal('Error: my "own" words');
  });

  it('knows nothing of what is no error', () => {
    for (const error of ['sekret', null, undefined, 5, {}]) {
      expect(causeIn(error)).to.deep.equal({ says: 'something that is no error', at: '', stack: [] });
    }
  });

  it('has the words of a plain error, and where they were said', () => {
    const said = words(new Error('Less\nis more.'));
    expect(O.isSome(said) && said.value.message).to.equal('Less\nis more.');
    expect(O.isSome(said) && said.value.place).to.match(/^ \(thrown\.spec\.[jt]s:\d+\)$/);
    const nowhere = words(Object.assign(new Error('a'), { stack: undefined }));
    expect(nowhere).to.deep.equal(O.some({ message: 'a', place: '' }));
  });

  it('has no words of errors that others may have made', () => {
    class Own extends Error {}
    const coded = Object.assign(new Error('sekret'), { code: 'ENOENT' });
    const renamed = Object.assign(new Error('sekret'), { name: 'Own' });
    const wordless = [new Error(), new Error(' \n')];
    for (const error of [new RangeError('sekret'), new Own('sekret'), coded, renamed, ...wordless, 'sekret', null]) {
      expect(words(error)).to.deep.equal(O.none);
    }
  });
});
