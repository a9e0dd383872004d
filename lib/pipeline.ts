/**
 * The whole life of a request, in order. Each room is a function of its value; every effect is an argument that the
 * edge gives. A failure is a value on the left, and encode alone turns it into a reply.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Seated } from './core/custom-stage.js';
import { storyOf } from './core/event.js';
import type { Answered, Decoded, Planned, Received } from './core/exchange.js';
import { type Failure, stageFault } from './core/failure.js';
import type { ModelsStore } from './core/models-store.js';
import type { Pipeline } from './core/pipeline.js';
import type { Settings } from './core/settings.js';
import { chain, guard, type Layer, type Stage } from './core/stage.js';
import { admit } from './stages/admit.js';
import { classify } from './stages/classify.js';
import { decode, inFormOf } from './stages/decode.js';
import { encodeFailure, encodeReply, promptsIn, tellFailure } from './stages/encode.js';
import { type ForwardDeps, forward, readAgain } from './stages/forward.js';
import { judge } from './stages/judge.js';
import { models } from './stages/models.js';
import { recover } from './stages/recover.js';
import { type RetryDeps, retrySchedule, scheduleOf } from './stages/retry-schedule.js';
import { type SeatDeps, seats } from './stages/seats.js';

/** The effects, all of them, as the edge gives them to the rooms. Minor versions may add some. */
export interface Edge extends ForwardDeps, Omit<RetryDeps, 'judge' | 'maxTries'>, Pick<SeatDeps, 'discard'> {
  /** Sends comments while a stream is waited for, if the user wants that. */
  readonly keepAlive: Layer<Planned, Answered>;
  /** Lists of models that were good. */
  readonly store: ModelsStore;
}

/** The proxy's own rooms, each of them a function of what it needs that gives one of its value. Frozen. */
export const rooms = Object.freeze({
  admit,
  decode,
  classify,
  forward,
  judge,
  retrySchedule,
  models,
  recover,
  encodeReply,
  encodeFailure,
});

/** The types of the rooms, which what stands in for one must have: `const mine: Rooms['forward'] = …`. */
export type Rooms = typeof rooms;

/** The two steps that are no stages, made safe: what one of them throws is a failure that the client is told. */
const admitting =
  (admit: Pipeline['admit']): Pipeline['admit'] =>
  (head) => {
    try {
      return admit(head);
    } catch {
      return stageFault('admit');
    }
  };

type Fail = ReturnType<typeof encodeFailure>;

const failing =
  (own: Fail, fail: Fail): Fail =>
  (id, head, failure) => {
    try {
      return fail(id, head, failure);
    } catch {
      return own(id, head, { _tag: 'StageFault', stage: 'encodeFailure', why: '' });
    }
  };

/**
 * Puts rooms together, in the one order that there is: `pipeline({ ...rooms, forward: mine })`, for the `build` of
 * `seaking-proxy/cli`'s `main`. Stages are seated between them.
 */
export const pipeline =
  (room: Rooms) =>
  (settings: Settings, edge: Edge, stages: readonly Seated[] = []): Pipeline => {
    const { target, retry, server, streaming } = settings;
    const fail = failing(encodeFailure({ target }), room.encodeFailure({ target }));
    const told = tellFailure({ target });
    const succeed = room.encodeReply({ target });
    const plan = guard('classify', room.classify({ target, schedule: scheduleOf(retry) }));
    // First, and never repeated: a request that cannot be read is the client's own mistake.
    const decode = guard('decode', room.decode);
    const seat = seats({ ...edge, decode, classify: plan, read: readAgain(edge) }, stages);

    const forwarded = seat.try(seat.replied(guard('forward', room.forward(edge))));
    // Tries are around forward alone: only what the upstream did can be mended by asking it again.
    const tried = guard(
      'retry-schedule',
      room.retrySchedule({ ...edge, judge: room.judge(retry), maxTries: 1 + retry.maxRetries })(forwarded),
    );
    // Around those, for when they are used up: a list of models that was kept stands in for one that could not be had,
    const lasting = guard('models', room.models({ ...edge, settings: settings.models })(tried));
    // and more of them are made when a stream breaks whose beginning the client has.
    const recovered = room.recover({ ...streaming, ...edge })(lasting);
    const answered = seat.failed(seat.answered(recovered));
    // Outermost: a comment that keeps a connection alive says nothing of how the wait ends.
    const sent = seat.planned(edge.keepAlive(answered));
    // Once a request, not once a try: a retry is the same request again.
    const respond = seat.decoded(chain(plan, sent));
    const encode = guard('encode', (done: Answered) => TE.right({ done, reply: succeed(done) }));

    return {
      admit: admitting(room.admit(server)),
      handle: (received) => async () => {
        const asked = await decode(received)();
        const read: Stage<Received, Decoded> = (given) =>
          given === received ? TE.fromEither(asked) : TE.map(inFormOf(asked))(decode(given));
        // Whatever is wrong with the rooms, or with how they are put together, a request has an outcome.
        const came = await guard('a room', chain(seat.received(chain(read, respond)), encode))(received)();
        const prompts = (): readonly string[] => (E.isRight(asked) ? promptsIn(asked.right.call) : []);
        const tellCut = (failure: Failure) => told({ ...received.request, prompts: prompts() }, failure);
        if (E.isRight(came)) {
          const { reply, done } = came.right;
          return { reply, story: storyOf(received, asked, E.right(done)), tellCut };
        }
        const reply = fail(received.id, { ...received.request, prompts: prompts() }, came.left);
        const story = { ...storyOf(received, asked, came), ...tellCut(came.left) };
        return { reply, story, tellCut };
      },
      refuse: fail,
      tellRefused: told,
    };
  };
