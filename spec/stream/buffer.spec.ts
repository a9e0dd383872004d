import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { bytes, held } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { dialects } from '../../lib/dialects/index.js';
import { wholePart } from '../../lib/dialects/reading.js';
import { clock } from '../../lib/edge/clock.js';
import { buffer } from '../../lib/stream/buffer.js';
import { openai } from '../support/chunks.js';
import { inFakeTime } from '../support/fake-time.js';
import { type Piece, sourceOfPieces } from '../support/sources.js';

const JSON_REPLY = '{"choices":[{"message":{"content":"a"}}]}';
const STREAM = openai.text('a') + openai.finish();
const RESET: Failure = { _tag: 'Broken', code: 'ECONNRESET', unused: false };

const holding = async (prefix: string, ...pieces: readonly Piece[]) => {
  const source = sourceOfPieces(...pieces);
  const body = { ...held(source, O.none), prefix: Buffer.from(prefix) };
  const startedAt = performance.now();
  const outcome = await buffer(clock)(body, 1000, wholePart(dialects.openai))();
  return { outcome, source, tookMs: performance.now() - startedAt };
};

const whole = (text: string) => E.right(bytes(Buffer.from(text)));

describe('a body that is held', () => {
  inFakeTime();
  it('is all that came, up to its end', async () => {
    expect((await holding('{"a"', ':1', '}')).outcome).to.deep.equal(whole('{"a":1}'));
    expect((await holding('', 'x'.repeat(1000))).outcome).to.deep.equal(whole('x'.repeat(1000)));
  });
  it('is passed on where it is longer than the limit, with what was read', async () => {
    const { outcome } = await holding('ab', 'x'.repeat(1000));
    expect(E.isRight(outcome) && outcome.right).to.have.property('_tag', 'Held');
    expect(E.isRight(outcome) && outcome.right._tag === 'Held' && outcome.right.prefix.length).to.equal(1002);
  });
  for (const text of [JSON_REPLY, `${JSON_REPLY}\n`, STREAM]) {
    it(`is whole by what it says, where it breaks behind that: ${text.slice(0, 12)}`, async () => {
      expect((await holding('', text.slice(0, 9), text.slice(9), RESET)).outcome).to.deep.equal(whole(text));
    });
    it(`is broken where what it says was cut: ${text.slice(0, 12)}`, async () => {
      for (let at = 0; at < text.trimEnd().length - 1; at += 1) {
        const { outcome } = await holding('', text.slice(0, at), RESET);
        expect(outcome, text.slice(0, at)).to.deep.equal(E.left(RESET));
      }
    });
    it(`does not go on for ever where it says all and does not end: ${text.slice(0, 12)}`, async () => {
      const silent = await holding('', text, 20_000);
      expect(silent.outcome).to.deep.equal(whole(text));
      expect(silent.tookMs).to.be.within(1000, 5000);
      expect(silent.source.abandoned()).not.to.equal(undefined);
    });
  }
  it('goes on for as long as it may where more is to come', async () => {
    const { outcome } = await holding('', JSON_REPLY.slice(0, 9), 4500, JSON_REPLY.slice(9));
    expect(outcome).to.deep.equal(whole(JSON_REPLY));
  });
  it('is nothing for a client that has gone, or a proxy that stops', async () => {
    for (const failure of [{ _tag: 'ClientGone' }, { _tag: 'ShuttingDown' }] as const) {
      expect((await holding('', JSON_REPLY, failure)).outcome).to.deep.equal(E.left(failure));
    }
  });
});
