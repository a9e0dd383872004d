/**
 * For clients behind something that cuts silent connections: a stream that takes long is opened early, with comments,
 * and whatever comes of it is told in the stream. The price is that a failure can no longer be told by its status.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../core/attempt.js';
import { type Answered, type Dialect, held, type Planned } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import type { Layer } from '../core/stage.js';
import { within } from './ports.js';
import type { Chunk } from './source.js';
import { asStream, type BodySource, bodySource } from './splice.js';
import { issue } from './tickets.js';

export interface KeepAliveTimes {
  /** Until the stream is opened. */
  readonly openMs: number;
  /** Between two comments. */
  readonly everyMs: number;
}

const TIMES: KeepAliveTimes = { openMs: 20_000, everyMs: 15_000 };

const COMMENT: Chunk = E.right(O.some(Buffer.from(': ka\n\n')));

type Answer = E.Either<Failure, Answered>;

/** Comments until the answer is there, then what it says. */
const commented = (dialect: Dialect, pending: Promise<Answer>, everyMs: number): BodySource => {
  let answered: BodySource | undefined;
  let tried: readonly Attempt[] = [];
  let first = true;
  const next = async (): Promise<Chunk> => {
    if (answered !== undefined) return answered.next();
    const answer = first ? undefined : await within(everyMs, pending);
    first = false;
    if (answer === undefined) return COMMENT;
    if (E.isLeft(answer)) return answer;
    tried = answer.right.attempts;
    answered = bodySource(asStream(dialect, answer.right.reply.body));
    return answered.next();
  };
  return {
    next,
    abandon: (failure) => answered?.abandon(failure),
    attempts: () => [...tried, ...(answered?.attempts() ?? [])],
  };
};

export const keepAlive =
  ({ openMs, everyMs }: KeepAliveTimes = TIMES): Layer<Planned, Answered> =>
  (inner) =>
  (planned) =>
  async () => {
    if (!planned.plan.stream) return inner(planned)();
    const pending = inner(planned)();
    const answer = await within(openMs, pending);
    if (answer !== undefined) return answer;
    const ticket = issue(commented(planned.call.dialect, pending, everyMs));
    const reply = { status: 200, headers: { 'content-type': 'text/event-stream' }, body: held(ticket, O.none) };
    return E.right({ ...planned, reply, attempts: [] });
  };
