import { expect } from 'chai';
import fc from 'fast-check';
import { atEnd, combine, noFacts, type StreamFacts, soFar } from '../../lib/core/reading.js';

/** The signs that are true or not. */
type Flag = Exclude<keyof StreamFacts, 'begun' | 'said' | 'ended'>;

const facts = (...names: readonly Flag[]): StreamFacts => ({
  ...noFacts,
  ...Object.fromEntries(names.map((name) => [name, true])),
});

const choices = fc.array(fc.nat(3)).map((some) => new Set(some));

const anySigns = fc.record({
  begun: choices,
  said: choices,
  ended: choices,
  content: fc.boolean(),
  thinking: fc.boolean(),
  cut: fc.boolean(),
  filtered: fc.boolean(),
  stopped: fc.boolean(),
  finished: fc.boolean(),
  done: fc.boolean(),
});

describe('reading', () => {
  describe('at the end', () => {
    for (const [seen, tag] of [
      [[], 'Empty'],
      [['done'], 'Empty'],
      [['finished'], 'Empty'],
      [['finished', 'cut'], 'Empty'],
      [['content', 'done'], 'Content'],
      [['content', 'finished'], 'Content'],
      [['content', 'finished', 'cut'], 'Content'],
      [['content', 'finished', 'filtered'], 'Content'],
      [['content', 'thinking', 'done'], 'Content'],
      [['content'], 'BrokenOff'],
      [['content', 'thinking'], 'BrokenOff'],
      [['thinking'], 'BrokenOff'],
      [['finished', 'filtered'], 'Filtered'],
      [['thinking', 'finished', 'filtered'], 'Filtered'],
    ] as const) {
      it(`of ${seen.join(' and ') || 'nothing'} is ${tag}`, () => {
        expect(atEnd(facts(...seen))._tag).to.equal(tag);
      });
    }

    it('is none before as many choices have ended as have begun', () => {
      const said = { ...facts('content', 'finished'), begun: new Set([0, 1]) };
      expect(atEnd({ ...said, ended: new Set([0]) })._tag).to.equal('BrokenOff');
      expect(atEnd({ ...said, ended: new Set([0]), done: true })._tag).to.equal('Content');
      expect(atEnd({ ...said, ended: new Set([0, 1]) })._tag).to.equal('Content');
      expect(atEnd({ ...said, begun: new Set([0]), ended: new Set([1]) })._tag, 'another index').to.equal('Content');
    });

    it('distinguishes thinking that the token limit cut from thinking that came to nothing', () => {
      expect(atEnd(facts('thinking', 'finished', 'cut'))).to.deep.equal({ _tag: 'ThinkingOnly', cut: true });
      expect(atEnd(facts('thinking', 'done'))).to.deep.equal({ _tag: 'ThinkingOnly', cut: false });
    });
  });

  describe('so far', () => {
    for (const [seen, tag] of [
      [[], 'Undecided'],
      [['finished'], 'Undecided'],
      [['finished', 'filtered'], 'Undecided'],
      [['thinking'], 'ThinkingOnly'],
      [['content'], 'Content'],
      [['content', 'thinking'], 'Content'],
    ] as const) {
      it(`of ${seen.join(' and ') || 'nothing'} is ${tag}`, () => {
        expect(soFar(facts(...seen))._tag).to.equal(tag);
      });
    }

    it('is what it is at the end, once nothing follows', () => {
      fc.assert(
        fc.property(anySigns, (seen) => {
          const done = { ...seen, done: true };
          expect(soFar(done)).to.deep.equal(atEnd(done));
        }),
      );
    });
  });

  it('combines signs as a monoid: in any grouping, and with nothing to the same', () => {
    fc.assert(
      fc.property(anySigns, anySigns, anySigns, (a, b, c) => {
        expect(combine(combine(a, b), c)).to.deep.equal(combine(a, combine(b, c)));
        expect(combine(noFacts, a)).to.deep.equal(a);
        expect(combine(a, noFacts)).to.deep.equal(a);
      }),
    );
  });

  it('opens a choice anew that says something behind its end, and no other', () => {
    const says = (choice: number): StreamFacts => ({
      ...facts('content'),
      begun: new Set([choice]),
      said: new Set([choice]),
    });
    const ends = (choice: number): StreamFacts => ({ ...facts('stopped', 'finished'), ended: new Set([choice]) });
    const all = (...seen: readonly StreamFacts[]): StreamFacts => seen.reduce(combine, noFacts);
    expect(atEnd(all(says(0), ends(0)))._tag).to.equal('Content');
    expect(atEnd(all(ends(0), says(0)))._tag, 'text behind the end').to.equal('BrokenOff');
    expect(all(ends(0), says(0)).stopped).to.equal(false);
    expect(atEnd(all(ends(0), says(0), ends(0)))._tag, 'ended again').to.equal('Content');
    expect(atEnd(all(says(0), says(1), ends(0), ends(1), says(1)))._tag, 'one of two').to.equal('BrokenOff');
    expect([...all(says(0), says(1), ends(0), ends(1), says(1)).ended]).to.deep.equal([0]);
    expect(atEnd(all(says(0), says(1), ends(0), says(1), ends(1)))._tag).to.equal('Content');
    const thinks: StreamFacts = { ...facts('thinking'), begun: new Set([0]) };
    expect(atEnd(all(says(0), ends(0), thinks))._tag, 'a thought is no text').to.equal('Content');
    expect(atEnd(all(says(0), ends(0), noFacts))._tag, 'nor is a count of tokens').to.equal('Content');
  });

  it('never takes back that there is content', () => {
    fc.assert(
      fc.property(anySigns, anySigns, (a, b) => {
        fc.pre(a.content);
        expect(soFar({ ...combine(a, b), done: false })._tag).to.equal('Content');
      }),
    );
  });
});
