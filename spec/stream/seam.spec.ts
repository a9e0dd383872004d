import { expect } from 'chai';
import fc from 'fast-check';
import { seam } from '../../lib/stream/seam.js';

const before = 'Every wave that breaks before the shore is sent again, and none twice.';

describe('bodies/overlap', () => {
  it('joins a continuation that repeats nothing as it is', () => {
    expect(seam(before, ' So it is.', false)).to.deep.equal({ _tag: 'Joined', text: ' So it is.' });
  });
  it('leaves out what is repeated of the end, twenty characters or more', () => {
    expect(seam(before, 'sent again, and none twice. So it is.', false)).to.deep.equal({
      _tag: 'Joined',
      text: ' So it is.',
    });
  });
  it('takes a shorter repetition for chance', () => {
    expect(seam('and none twice', 'twice bitten', true)).to.deep.equal({ _tag: 'Joined', text: 'twice bitten' });
    const nineteen = before.slice(-19);
    expect(seam(before, `${nineteen}!`, true)).to.deep.equal({ _tag: 'Joined', text: `${nineteen}!` });
    const twenty = before.slice(-20);
    expect(seam(before, `${twenty}!`, true)).to.deep.equal({ _tag: 'Joined', text: '!' });
  });
  it('waits while what came may still be a repetition, and no longer', () => {
    expect(seam(before, 'the shore', false)).to.deep.equal({ _tag: 'Undecided' });
    expect(seam(before, 'the shop', false)).to.deep.equal({ _tag: 'Joined', text: 'the shop' });
    expect(seam(before, 'the shore', true)).to.deep.equal({ _tag: 'Joined', text: 'the shore' });
  });
  it('holds back no more than 2,000 characters', () => {
    const long = 'ab'.repeat(3000);
    expect(seam(long, 'ab'.repeat(999), false)).to.deep.equal({ _tag: 'Undecided' });
    expect(seam(long, 'ab'.repeat(1000), false)._tag).to.equal('Joined');
  });
  it('tells a reply that begins anew, when it differs later or is too long to be held', () => {
    expect(seam(before, 'Every wave that breaks on the shore', false)).to.deep.equal({ _tag: 'BegunAnew' });
    const long = Array.from({ length: 3000 }, (_, i) => `${i} `).join('');
    expect(seam(long, long.slice(0, 30), false)).to.deep.equal({ _tag: 'BegunAnew' });
    expect(seam(long, long.slice(0, 15), false)).to.deep.equal({ _tag: 'Undecided' });
  });
  it('goes on from the whole reply where the model said all of it again', () => {
    expect(seam(before, `${before} So it is.`, false)).to.deep.equal({ _tag: 'Joined', text: ' So it is.' });
  });
  it('does not double white space and halves of characters that the request had not', () => {
    expect(seam('One. \n', ' \nTwo', true)).to.deep.equal({ _tag: 'Joined', text: 'Two' });
    expect(seam('One.\n', '\n\nTwo', true)).to.deep.equal({ _tag: 'Joined', text: '\nTwo' });
    expect(seam('wave \ud83c', '🌊!', true)).to.deep.equal({ _tag: 'Joined', text: '\udf0a!' });
  });
  it('is exact for any reply, cut anywhere, whose end is repeated by so much or not at all', () => {
    const words = fc.array(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 30, maxLength: 60 });
    fc.assert(
      fc.property(words, fc.nat(), fc.integer({ min: 20, max: 200 }), (some, at, repeated) => {
        const reply = some.map((word, i) => `${i}:${word}`).join(' ');
        const cut = 40 + (at % (reply.length - 40));
        const [had, rest] = [reply.slice(0, cut), reply.slice(cut)];
        const again = had.slice(-Math.min(repeated, had.length - 1)) + rest;
        const found = seam(had, again, true);
        expect(found._tag === 'Joined' ? found.text : found._tag).to.equal(rest);
      }),
    );
  });
});
