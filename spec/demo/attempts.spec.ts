import { expect } from 'chai';
import { recorder } from '../../lib/demo/attempts.js';

const attempt = (id: string, connection = 1, body = '') => ({
  id,
  connection,
  played: 'good-plain',
  at: 1,
  method: 'POST',
  path: '/',
  headers: {},
  rawHeaders: [],
  body: Buffer.from(body),
});

const ids = (attempts: readonly { readonly id: string }[]) => attempts.map(({ id }) => id);

describe('demo: the record of attempts', () => {
  it('gives those of an id, or all, oldest first.', () => {
    const record = recorder({ attempts: 10, bodyBytes: 100 });
    for (const id of ['a', 'b', 'a']) record.record(attempt(id));
    expect(ids(record.attempts('a'))).to.deep.equal(['a', 'a']);
    expect(ids(record.attempts())).to.deep.equal(['a', 'b', 'a']);
    expect(record.attempts('c')).to.deep.equal([]);
    expect(record.total()).to.equal(3);
  });

  it('records for every attempt on a connection how that ended, and for no other.', () => {
    const record = recorder({ attempts: 10, bodyBytes: 100 });
    for (const connection of [1, 2, 1]) record.record(attempt('a', connection));
    record.close(1, 5, 'client-reset');
    expect(record.attempts('a').map(({ closed }) => closed)).to.deep.equal([
      { at: 5, how: 'client-reset' },
      null,
      { at: 5, how: 'client-reset' },
    ]);
  });

  it('forgets the oldest when there are too many.', () => {
    const record = recorder({ attempts: 2, bodyBytes: 100 });
    for (const id of ['a', 'b', 'c']) record.record(attempt(id));
    expect(ids(record.attempts())).to.deep.equal(['b', 'c']);
    expect(record.total()).to.equal(3);
  });

  it('forgets the oldest when their bodies are too long, together.', () => {
    const record = recorder({ attempts: 10, bodyBytes: 10 });
    for (const id of ['a', 'b', 'c']) record.record(attempt(id, 1, '12345'));
    expect(ids(record.attempts())).to.deep.equal(['b', 'c']);
    record.record(attempt('d', 1, 'longer than it may be'));
    expect(record.attempts()).to.deep.equal([]);
    record.record(attempt('e', 1, '1234567890'));
    expect(ids(record.attempts())).to.deep.equal(['e']);
  });
});
