/** Where custom stages sit between the rooms. A stage changes what its seat lets it change, and nothing else. */
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
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
import { attemptsOf, type Failure, reasonOf, type Unwanted } from '../core/failure.js';
import { dialectOf } from '../core/route.js';
import type { Layer, Stage } from '../core/stage.js';
import type { CallDeps, SeatName } from './seats/call.js';
import * as merge from './seats/merge.js';
import { type Ran, type Rules, type Run, runner } from './seats/run.js';

export interface SeatDeps extends CallDeps {
  /** Gives up the bytes of a reply that a stage took away. */
  readonly discard: (ticket: Ticket) => void;
  /** The plan for a request that a stage has answered. */
  readonly classify: Stage<Decoded, Planned>;
  /** What a reply means that a stage has changed. */
  readonly read: Stage<Replied, Replied>;
}

/** Each is wrapped around the room that it stands before; `replied` and `answered` around the one that they follow. */
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

/** Stages behind `first`, which look at its reply. */
const behind =
  <A, B extends Replied | Answered>(
    run: Run<B>,
    early: (value: B, reply: Reply) => TE.TaskEither<Failure, B>,
    discard: SeatDeps['discard'],
  ): Layer<A, B> =>
  (first) =>
  (value) =>
  async () => {
    const came = await first(value)();
    if (E.isLeft(came)) return came;
    const running = run(came.right);
    const ran = running instanceof Promise ? await running : running;
    const after = E.isLeft(ran)
      ? ran
      : ran.right._tag === 'Early'
        ? await early(came.right, ran.right.reply)()
        : E.right(ran.right.value);
    const { body } = came.right.reply;
    const isKept = E.isRight(after) && after.right.reply.body === body;
    if (body._tag === 'Held' && !isKept) discard(body.ticket);
    return after;
  };

/** Stages that see a failure, and may have a reply for it. */
const instead =
  (run: Run<Failed>): Layer<Planned, Answered> =>
  (first) =>
  (planned) =>
  async () => {
    const came = await first(planned)();
    // Nobody is left to be told anything else.
    if (E.isRight(came) || planned.signal.aborted || reasonOf(came.left) === 'client_gone') return came;
    const failure = came.left;
    const ran = await run({ ...planned, failure });
    if (E.isLeft(ran)) return E.left(inPlaceOf(failure, ran.left));
    return ran.right._tag === 'Early'
      ? E.right({ ...planned, reply: ran.right.reply, attempts: attemptsOf(failure) })
      : came;
  };

/** The tries were made, whatever a stage says of them. */
const inPlaceOf = (failure: Failure, said: Failure): Failure =>
  failure._tag === 'GaveUp' && said._tag !== 'GaveUp' ? { ...failure, last: said, rejected: true } : said;

/** No two replies are open at a time: of a stream there is only what came of it so far. */
const givenUp = (body: Body): Body => (body._tag === 'Held' ? bytes(body.peek) : body);

/** The judge knows what else is wrong with it. */
const objected = (replied: Replied, unwanted: Unwanted): Tried => ({
  ...replied,
  reply: { ...replied.reply, body: givenUp(replied.reply.body) },
  unwanted,
});

const answeredWith = (planned: Planned, reply: Reply): Answered => ({ ...planned, reply, attempts: [] });

/** A request of which nothing is known but its head. */
const unread = (received: Received): Decoded => {
  const { path, headers } = received.request;
  return { ...received, call: { _tag: 'Other', dialect: dialectOf(path, headers) } };
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
  const { classify, discard, read } = deps;
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
  return {
    received: seat('received', plainly(merge.received), (run) =>
      before(run, (value, reply) => answering(unread(value), reply)),
    ),
    decoded: seat('decoded', plainly(merge.decoded), (run) => before(run, answering)),
    planned: seat('planned', plainly(merge.planned), (run) =>
      before(run, (value, reply) => TE.right(answeredWith(value, reply))),
    ),
    try: seat('try', plainly(merge.trying), (run) =>
      before(run, (value, reply) => read({ ...value, reply, reading: { _tag: 'Unread' } })),
    ),
    replied: seat('replied', { merge: merge.replying, refresh: read, object: objected }, (run) =>
      behind(run, (value, reply) => read({ ...value, reply }), discard),
    ),
    answered: seat('answered', plainly(merge.answered), (run) =>
      behind(run, (value, reply) => TE.right({ ...value, reply }), discard),
    ),
    failed: seat('failed', plainly(merge.failed), instead),
  };
};
