/**
 * The whole life of a request, in order. Each room is a function of its value; every effect is an argument that the
 * edge gives. A failure is a value on the left, and encode alone turns it into a reply.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { promptsOf } from './bodies/request.js';
import { storyOf } from './core/event.js';
import type { Answered, Decoded, Planned, Reply } from './core/exchange.js';
import type { Failure } from './core/failure.js';
import type { ModelsStore } from './core/models-store.js';
import type { Rooms } from './core/rooms.js';
import type { Settings } from './core/settings.js';
import { chain, guard, type Layer, type Stage } from './core/stage.js';
import { admit } from './stages/admit.js';
import { classify } from './stages/classify.js';
import { decode } from './stages/decode.js';
import { encodeFailure, encodeReply } from './stages/encode.js';
import { type ForwardDeps, forward } from './stages/forward.js';
import { judge } from './stages/judge.js';
import { models } from './stages/models.js';
import { recover } from './stages/recover.js';
import { type RetryDeps, retrySchedule, scheduleOf } from './stages/retry-schedule.js';

/** The effects, all of them. */
export interface Edge extends ForwardDeps, Omit<RetryDeps, 'judge'> {
  /** Sends comments while a stream is waited for, if the user wants that. */
  readonly keepAlive: Layer<Planned, Answered>;
  readonly store: ModelsStore;
}

interface Encoded {
  readonly answered: Answered;
  readonly reply: Reply;
}

export const pipeline = (settings: Settings, edge: Edge): Rooms => {
  const { target, retry, server, streaming } = settings;
  const fail = encodeFailure({ target });
  const succeed = encodeReply({ target });

  // First, and never repeated: a request that cannot be read is the client's own mistake.
  const read = guard('decode', decode);
  // Once a request, not once a try: a retry is the same request again.
  const plan = guard('classify', classify({ target, schedule: scheduleOf(retry) }));
  // Tries are around forward alone: only what the upstream did can be mended by asking it again.
  const tried = guard(
    'retry-schedule',
    retrySchedule({ ...edge, judge: judge(retry) })(guard('forward', forward(edge))),
  );
  // Around those, for when they are used up: a list of models that was kept stands in for one that could not be had,
  const lasting = guard('models', models({ ...edge, settings: settings.models })(tried));
  // and more of them are made when a stream breaks whose beginning the client has.
  const recovered = recover({ ...streaming, ...edge })(lasting);
  // Outermost: a comment that keeps a connection alive says nothing of how the wait ends.
  const answer: Stage<Decoded, Answered> = chain(plan, edge.keepAlive(recovered));
  const encode: Stage<Answered, Encoded> = (answered) => TE.right({ answered, reply: succeed(answered) });
  const respond = chain(answer, guard('encode', encode));

  return {
    admit: admit(server),
    handle: (received) => async () => {
      const decoded = await read(received)();
      const encoded = await TE.chain(respond)(TE.fromEither(decoded))();
      const answered = E.map((done: Encoded) => done.answered)(encoded);
      const prompts =
        E.isRight(decoded) && decoded.right.call._tag === 'Chat' ? promptsOf(decoded.right.call.body) : [];
      const refused = (failure: Failure) => fail(received.id, { ...received.request, prompts }, failure);
      const reply = E.match(refused, (done: Encoded) => done.reply)(encoded);
      return { reply, story: storyOf(received, decoded, answered) };
    },
    refuse: fail,
  };
};
