/** The end of a stream whose model has said all, however its connection ends, or where it does not end. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Clock } from '../core/clock.js';
import type { Call } from '../core/exchange.js';
import { type Failure, isUpstreams } from '../core/failure.js';
import { isFinished, type StreamFacts } from '../core/reading.js';

/** How long such a stream is waited for: a count of tokens and the last event may still come. */
const END_MS = 4000;

const END = E.right(O.none);

/** Upstreams may begin one choice after another. */
const askedFor = (call: Call): number => (call._tag === 'Chat' && typeof call.body.n === 'number' ? call.body.n : 1);

interface Batches<A> {
  readonly next: () => Promise<E.Either<Failure, O.Option<A>>>;
  readonly abandon: (failure: Failure) => void;
}

/** `next`, which is told what was seen, and takes any end for a whole one where the model has said all. */
export const ending = <A>(
  { next, abandon }: Batches<A>,
  call: Call,
  { now, within }: Pick<Clock, 'now' | 'within'>,
): ((seen: StreamFacts) => ReturnType<typeof next>) => {
  const choices = askedFor(call);
  /** What a slow reader takes is not waited for. */
  let waitedMs = 0;
  const soon = async (): ReturnType<typeof next> => {
    const askedAt = now();
    const batch = await within(END_MS - waitedMs, next());
    waitedMs += now() - askedAt;
    if (batch !== undefined) return batch;
    abandon({ _tag: 'ClientGone' });
    return END;
  };
  return async (seen) => {
    if (!isFinished(seen)) {
      waitedMs = 0;
      return next();
    }
    const batch = await (choices > 1 && seen.ended.size < choices ? next() : soon());
    return E.isLeft(batch) && isUpstreams(batch.left) ? END : batch;
  };
};
