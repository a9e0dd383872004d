import { expect } from 'chai';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { bytes, type Planned, type Received } from '../../lib/core/exchange.js';
import { chain, type Stage } from '../../lib/core/stage.js';

const received: Received = {
  id: 'r-1',
  receivedAt: 0,
  signal: new AbortController().signal,
  request: { method: 'POST', path: '/v1/chat/completions', headers: {}, body: bytes(Buffer.from('{}')) },
};

describe('core/exchange', () => {
  it('makes a body of bytes that are in memory', () => {
    const content = Buffer.from('{"model":"m"}');
    expect(bytes(content)).to.deep.equal({ _tag: 'Bytes', bytes: content });
  });

  it('does not compile where the call is read of a request that nobody has decoded yet', () => {
    const seen: unknown[] = [];
    const early: Stage<Received, Received> = (value) => {
      // @ts-expect-error: `call` comes with Decoded.
      seen.push(value.call);
      return TE.right(value);
    };
    early(received);
    expect(seen).to.deep.equal([undefined]);
  });

  it('does not compile a chain whose second stage needs more than its first one gives', () => {
    const first: Stage<Received, Received> = TE.right;
    const second: Stage<Planned, Planned> = TE.right;
    // @ts-expect-error: nothing between the two makes a plan.
    expect(chain(first, second)).to.be.a('function');
  });

  it('does not compile a stage that writes to the value it was given', () => {
    const meddling: Stage<Received, Received> = (value) => {
      // @ts-expect-error: an exchange is read-only; a stage answers with a new one.
      value.id = 'r-2';
      return TE.right(value);
    };
    const given = { ...received };
    meddling(given);
    expect(given.id).to.equal('r-2');
  });
});
