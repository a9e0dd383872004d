/** How the stages of a seat stand around a room: before it, behind it, or in the place of its failure. */
import * as E from 'fp-ts/lib/Either.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Attempt } from '../../core/attempt.js';
import type { Failed } from '../../core/custom-stage.js';
import type { Answered, Planned, Replied, Reply, Ticket } from '../../core/exchange.js';
import { attemptsOf, type Failure, lastOf, reasonOf } from '../../core/failure.js';
import type { Layer, Stage } from '../../core/stage.js';
import type { Ran, Run } from './run.js';

/** Stages before `rest`, which is left out where one of them answers. */
export const before =
  <A, B>(run: Run<A>, early: (value: A, reply: Reply) => TE.TaskEither<Failure, B>): Layer<A, B> =>
  (rest) =>
  (value) =>
  () => {
    const go = (ran: Ran<A>): Promise<E.Either<Failure, B>> => {
      if (E.isLeft(ran)) return Promise.resolve(ran);
      return ran.right._tag === 'Early' ? early(value, ran.right.reply)() : rest(ran.right.value)();
    };
    const ran = run(value);
    return ran instanceof Promise ? ran.then(go) : go(ran);
  };

/** What is made of a reply once it is there. Who takes it away gives up what was not read of it. */
export const behind =
  <A, B extends Replied | Answered>(
    then: Stage<B, B>,
    discard: (ticket: Ticket) => void,
    failed: (value: B, said: Failure) => Failure = (_, said) => said,
  ): Layer<A, B> =>
  (first) =>
  (value) =>
  async () => {
    const came = await first(value)();
    if (E.isLeft(came)) return came;
    const { body } = came.right.reply;
    const after = await then(came.right)();
    if (body._tag === 'Held' && !(E.isRight(after) && has(after.right, body.ticket))) discard(body.ticket);
    return E.isLeft(after) ? E.left(failed(came.right, after.left)) : after;
  };

const has = ({ reply: { body } }: Replied | Answered, ticket: Ticket): boolean =>
  body._tag === 'Held' && body.ticket === ticket;

/** The tries were made, whatever a stage says behind them. */
export const behindTries = (attempts: readonly Attempt[], elapsedMs: number, said: Failure): Failure => ({
  _tag: 'GaveUp',
  last: lastOf(said),
  rejected: true,
  attempts,
  elapsedMs,
});

/** Stages that see a failure, and may have a reply for it. */
export const instead =
  (elapsedMs: (planned: Planned) => number, run: Run<Failed>): Layer<Planned, Answered> =>
  (first) =>
  (planned) =>
  async () => {
    const came = await first(planned)();
    // Nobody is left to be told anything else.
    if (E.isRight(came) || planned.signal.aborted || reasonOf(came.left) === 'client_gone') return came;
    const failure = came.left;
    const attempts = attemptsOf(failure);
    const ran = await run({ ...planned, failure });
    if (E.isLeft(ran)) return E.left(behindTries(attempts, elapsedMs(planned), ran.left));
    return ran.right._tag === 'Early' ? E.right({ ...planned, reply: ran.right.reply, attempts }) : came;
  };
