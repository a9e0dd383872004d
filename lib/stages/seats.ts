/** Where custom stages sit between the rooms. A stage changes what its seat lets it change, and nothing else. */
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Attempt } from '../core/attempt.js';
import type { Failed, Seated } from '../core/custom-stage.js';
import {
  type Answered,
  type Body,
  bytes,
  type Decoded,
  type Planned,
  type Received,
  type Replied,
  type Reply,
  type Ticket,
  type Tried,
  type Try,
} from '../core/exchange.js';
import { attemptsOf, type Failure, lastOf, reasonOf, type Unwanted } from '../core/failure.js';
import { dialectOf } from '../core/route.js';
import type { Layer, Stage } from '../core/stage.js';
import type { CallDeps, SeatName } from './seats/call.js';
import * as merge from './seats/merge.js';
import { rewrite, unchanged } from './seats/rewrite.js';
import { type Ran, type Rules, type Run, runner } from './seats/run.js';

export interface SeatDeps extends CallDeps {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Gives up the bytes of a reply that a stage took away. */
  readonly discard: (ticket: Ticket) => void;
  /** What is asked for by a request that a stage has answered. */
  readonly decode: Stage<Received, Decoded>;
  /** The plan for it. */
  readonly classify: Stage<Decoded, Planned>;
  /** What a reply means that a stage has changed. */
  readonly read: Stage<Replied, Replied>;
}

/**
 * Each is wrapped around the room that it stands before; `replied` and `answered` around the one that they follow. Behind
 * those at `answered` come `json` and `text`.
 */
export interface SeatLayers {
  readonly received: Layer<Received, Answered>;
  readonly decoded: Layer<Decoded, Answered>;
  readonly planned: Layer<Planned, Answered>;
  readonly try: Layer<Try, Tried>;
  readonly replied: Layer<Try, Tried>;
  readonly answered: Layer<Planned, Answered>;
  readonly failed: Layer<Planned, Answered>;
}

/** Stages before `rest`, which is left out where one of them answers. */
const before =
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
const behind =
  <A, B extends Replied | Answered>(
    then: Stage<B, B>,
    discard: SeatDeps['discard'],
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
const behindTries = (attempts: readonly Attempt[], elapsedMs: number, said: Failure): Failure => ({
  _tag: 'GaveUp',
  last: lastOf(said),
  rejected: true,
  attempts,
  elapsedMs,
});

/** Stages that see a failure, and may have a reply for it. */
const instead =
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

/** No two replies are open at a time: of a stream there is only what came of it so far. */
const givenUp = (body: Body): Body => (body._tag === 'Held' ? bytes(body.peek) : body);

/** The judge knows what else is wrong with it. */
const objected = (replied: Replied, unwanted: Unwanted): Tried => ({
  ...replied,
  reply: { ...replied.reply, body: givenUp(replied.reply.body) },
  unwanted,
});

const answeredWith = (planned: Planned, reply: Reply): Answered => ({ ...planned, reply, attempts: [] });

/** What a client has asked for, whose request is answered before it is read; maybe nothing is known but its head. */
const asFarAsRead = (decode: SeatDeps['decode'], received: Received): TE.TaskEither<never, Decoded> => {
  const { path, headers } = received.request;
  const unread: Decoded = { ...received, call: { _tag: 'Other', dialect: dialectOf(path, headers) } };
  return TE.orElse(() => TE.right<never, Decoded>(unread))(decode(received));
};

const plainly = <A>(merged: merge.Merge<A>): Rules<A> => ({ merge: merged });

const MERGES = {
  received: merge.received,
  decoded: merge.decoded,
  planned: merge.planned,
  try: merge.trying,
  replied: merge.replying,
  answered: merge.answered,
  failed: merge.failed,
} as const;

/** One seat alone, for the tests of stages: what its stages make of a value. */
export const runSeat = <A extends Received>(
  deps: CallDeps,
  stages: readonly Seated[],
  seat: SeatName,
  value: A,
): ReturnType<Run<A>> => {
  const taken = stages.filter((stage) => stage.seats[seat] !== undefined);
  // Each seat's rule is for the value that is seen there, which is what a caller gives.
  return runner(deps, taken, seat, plainly(MERGES[seat] as unknown as merge.Merge<A>))(value);
};

/** The layers for these stages. A seat without a stage costs nothing. */
export const seats = (deps: SeatDeps, stages: readonly Seated[]): SeatLayers => {
  const { classify, decode, discard, now, read } = deps;
  const seat = <A extends Received, X, Y>(
    name: SeatName,
    rules: Rules<A>,
    layer: (run: Run<A>) => Layer<X, Y>,
  ): Layer<X, Y> => {
    const taken = stages.filter((stage) => stage.seats[name] !== undefined);
    return taken.length === 0 ? (rest) => rest : layer(runner(deps, taken, name, rules));
  };
  const answering = (decoded: Decoded, reply: Reply) =>
    TE.map((planned: Planned) => answeredWith(planned, reply))(classify(decoded));
  const rewriting = rewrite(stages);
  const answered = seat<Answered, Answered, Answered>('answered', plainly(merge.answered), (run) =>
    before(run, (value, reply) => rewriting({ ...value, reply })),
  )(rewriting);
  const elapsedMs = ({ receivedAt }: Received): number => now() - receivedAt;
  return {
    received: seat('received', plainly(merge.received), (run) =>
      before(run, (value, reply) => TE.chain((asked: Decoded) => answering(asked, reply))(asFarAsRead(decode, value))),
    ),
    decoded: seat('decoded', plainly(merge.decoded), (run) => before(run, answering)),
    planned: seat('planned', plainly(merge.planned), (run) =>
      before(run, (value, reply) => TE.right(answeredWith(value, reply))),
    ),
    try: seat('try', plainly(merge.trying), (run) =>
      before(run, (value, reply) => read({ ...value, reply, reading: { _tag: 'Unread' } })),
    ),
    replied: seat('replied', { merge: merge.replying, refresh: read, object: objected }, (run) =>
      behind(before<Replied, Replied>(run, (value, reply) => read({ ...value, reply }))(TE.right), discard),
    ),
    answered:
      answered === unchanged
        ? (rest) => rest
        : behind(answered, discard, (value, said) => behindTries(value.attempts, elapsedMs(value), said)),
    failed: seat('failed', plainly(merge.failed), (run) => instead(elapsedMs, run)),
  };
};
