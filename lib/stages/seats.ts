/** Where custom stages sit between the rooms. A stage changes what its seat lets it change, and nothing else. */
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Seated } from '../core/custom-stage.js';
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
import type { Unwanted } from '../core/failure.js';
import { dialectOf } from '../core/route.js';
import type { Layer, Stage } from '../core/stage.js';
import type { CallDeps, SeatName } from './seats/call.js';
import { before, behind, behindTries, instead } from './seats/layers.js';
import * as merge from './seats/merge.js';
import { rewrite, unchanged } from './seats/rewrite.js';
import { type Rules, type Run, runner } from './seats/run.js';

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
  return runner(deps, taken, seat, { merge: MERGES[seat] as unknown as merge.Merge<A> })(value);
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
  const answered = seat<Answered, Answered, Answered>('answered', { merge: merge.answered }, (run) =>
    before(run, (value, reply) => rewriting({ ...value, reply })),
  )(rewriting);
  const elapsedMs = ({ receivedAt }: Received): number => now() - receivedAt;
  return {
    received: seat('received', { merge: merge.received }, (run) =>
      before(run, (value, reply) => TE.chain((asked: Decoded) => answering(asked, reply))(asFarAsRead(decode, value))),
    ),
    decoded: seat('decoded', { merge: merge.decoded }, (run) => before(run, answering)),
    planned: seat('planned', { merge: merge.planned }, (run) =>
      before(run, (value, reply) => TE.right(answeredWith(value, reply))),
    ),
    try: seat('try', { merge: merge.trying }, (run) =>
      before(run, (value, reply) => read({ ...value, reply, reading: { _tag: 'Unread' } })),
    ),
    replied: seat('replied', { merge: merge.replying, refresh: read, object: objected }, (run) =>
      behind(before<Replied, Replied>(run, (value, reply) => read({ ...value, reply }))(TE.right), discard),
    ),
    answered:
      answered === unchanged
        ? (rest) => rest
        : behind(answered, discard, (value, said) => behindTries(value.attempts, elapsedMs(value), said)),
    failed: seat('failed', { merge: merge.failed }, (run) => instead(elapsedMs, run)),
  };
};
