/**
 * The whole life of a request, in order. Each step is a function of its value; every effect is an argument that the
 * edge gives. A failure is a value on the left, and encode alone turns it into a reply.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { InstalledStage, Outcome } from './core/custom-stage.js';
import { type Emit, summaryOf } from './core/event.js';
import type { Answered, Planned } from './core/exchange.js';
import { type Failure, stageFault } from './core/failure.js';
import type { ModelsStore } from './core/models-store.js';
import type { Pipeline } from './core/pipeline.js';
import type { Settings } from './core/settings.js';
import { chain, guard, type Layer } from './core/stage.js';
import { causeIn } from './core/thrown.js';
import { type StageHooksDeps, stageHooks } from './hooks/stage-hooks.js';
import { admit } from './stages/admit.js';
import { classify } from './stages/classify.js';
import { decode } from './stages/decode.js';
import { encodeFailure, encodeReply, logFailure, promptsIn } from './stages/encode.js';
import { type ForwardDeps, forward, readAgain } from './stages/forward.js';
import { judge } from './stages/judge.js';
import { models } from './stages/models.js';
import { recover } from './stages/recover.js';
import { type RetryDeps, retrySchedule, scheduleOf } from './stages/retry-schedule.js';

/** The effects, all of them, as the edge gives them to the steps. */
export interface Edge extends ForwardDeps, Omit<RetryDeps, 'judge' | 'maxTries'>, Pick<StageHooksDeps, 'discard'> {
  /** Takes what a stage did that nobody else tells. */
  readonly emit: Emit;
  /** Sends comments while a stream is waited for, if the user wants that. */
  readonly keepAlive: Layer<Planned, Answered>;
  /** Lists of models that were good. */
  readonly store: ModelsStore;
}

/** The check of a head, made safe: what it throws is a failure that the client is told. */
const admitting =
  (check: Pipeline['admit']): Pipeline['admit'] =>
  (head) => {
    try {
      return check(head);
    } catch (error) {
      return stageFault('admit', '', { cause: causeIn(error) });
    }
  };

/** Puts the steps together, in the one order that there is, with the hooks of custom stages around them. */
export const pipeline = (settings: Settings, edge: Edge, stages: readonly InstalledStage[] = []): Pipeline => {
  const { target, retry, server, streaming } = settings;
  const fail = encodeFailure({ target });
  const told = logFailure({ target });
  const succeed = encodeReply({ target });
  const plan = guard('classify', classify({ target, schedule: scheduleOf(retry) }));
  const hooks = stageHooks({ ...edge, classify: plan, read: readAgain(edge) }, stages);

  const forwarded = hooks.attempt(guard('forward', forward(edge)));
  // Tries are around forward alone: only what the upstream did can be mended by asking it again.
  const tried = guard(
    'retry-schedule',
    retrySchedule({ ...edge, judge: judge(retry), maxTries: 1 + retry.maxRetries })(forwarded),
  );
  // Around those, for when they are used up: a list of models that was kept stands in for one that could not be had,
  const lasting = guard('models', models({ ...edge, settings: settings.models })(tried));
  // and more of them are made when a stream breaks whose beginning the client has.
  const recovered = recover({ ...streaming, ...edge })(lasting);
  // Outermost: a comment that keeps a connection alive says nothing of how the wait ends.
  const sent = edge.keepAlive(hooks.response(recovered));
  // Once a request, not once a try: a retry is the same request again.
  const respond = hooks.request(chain(plan, sent));
  // First, and never repeated: a request that cannot be read is the client's own mistake.
  const begin = hooks.memory(guard('decode', decode));
  const encode = guard('encode', (done: Answered) => TE.right({ done, reply: succeed(done) }));
  // Whatever is wrong with the steps, or with how they are put together, a request has an outcome.
  const answer = guard('a step', chain(respond, encode));

  return {
    admit: admitting(admit(server)),
    handle: (received) => async () => {
      const asked = await begin(received)();
      const came = E.isLeft(asked) ? asked : await answer(asked.right)();
      const prompts = (): readonly string[] => (E.isRight(asked) ? promptsIn(asked.right.call) : []);
      const logCut = (failure: Failure) => told({ ...received.request, prompts: prompts() }, failure);
      const emitFault = (failure: Failure): void => {
        const { fault } = logCut(failure);
        if (fault !== undefined) edge.emit({ _tag: 'StageFailed', id: received.id, fault });
      };
      const { finished: end } = hooks;
      const finished =
        O.isSome(end) && E.isRight(asked)
          ? { finished: (outcome: Outcome) => end.value(asked.right, outcome, emitFault) }
          : {};
      if (E.isRight(came)) {
        const { reply, done } = came.right;
        return { reply, summary: summaryOf(received, asked, E.right(done)), logCut, ...finished };
      }
      const reply = fail(received.id, { ...received.request, prompts: prompts() }, came.left);
      const summary = { ...summaryOf(received, asked, came), ...logCut(came.left) };
      return { reply, summary, logCut, ...finished };
    },
    refuse: fail,
    logRefused: told,
  };
};
