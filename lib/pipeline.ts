/**
 * The life of a request: one list of steps, read downwards, from the head that comes in to the last byte that goes out.
 * `pipeline` folds it; `seaking-proxy stages` and the drawing in docs/design.md are made from it. Each step is a
 * function of its value; every effect is an argument that the edge gives. A failure is a value on the left, and encode
 * alone turns it into a reply.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Hooks, InstalledStage, Outcome } from './core/custom-stage.js';
import { summaryOf } from './core/event.js';
import type { Answered, Decoded, Planned, Received, Replied, Reply, Tried, Try } from './core/exchange.js';
import type { Failure } from './core/failure.js';
import type { ModelsStore } from './core/models-store.js';
import type { Pipeline } from './core/pipeline.js';
import type { Settings } from './core/settings.js';
import { chain, guard, guardNow, type Layer, type Stage } from './core/stage.js';
import { type Judge, reject } from './core/verdict.js';
import { type StageHooks, stageHooks } from './hooks/stage-hooks.js';
import { address } from './stages/address.js';
import { admit } from './stages/admit.js';
import { classify } from './stages/classify.js';
import { decode } from './stages/decode.js';
import { encodeFailure, encodeReply, logFailure, promptsIn } from './stages/encode.js';
import { type ForwardDeps, forward, readAgain } from './stages/forward.js';
import { judge } from './stages/judge.js';
import { models } from './stages/models.js';
import { type RecoverDeps, recover } from './stages/recover.js';
import { type RetryDeps, retrySchedule, scheduleOf } from './stages/retry-schedule.js';

/** The effects, all of them, as the edge gives them to the steps. */
export interface Edge extends ForwardDeps, Omit<RetryDeps, 'judge' | 'maxTries'>, Pick<RecoverDeps, 'resume'> {
  /** Sends comments while a stream is waited for, if the user wants that. */
  readonly keepAlive: Layer<Planned, Answered>;
  /** Lists of models that were good. */
  readonly store: ModelsStore;
}

/** The part of the pipeline below a step: each kind of value, and the way that it goes from there. */
interface Below {
  readonly admit: Pipeline['admit'];
  readonly received: Stage<Received, Decoded>;
  readonly decoded: Stage<Decoded, Answered>;
  readonly planned: Stage<Planned, Answered>;
  readonly attempt: Stage<Try, Tried>;
  readonly replied: Stage<Replied, Tried>;
  readonly judge: Judge;
  readonly answered: Stage<Answered, Reply>;
}

/** The values that steps are made of. */
interface Parts {
  readonly settings: Settings;
  readonly edge: Edge;
  readonly hooks: StageHooks;
  readonly plan: Stage<Decoded, Planned>;
}

export interface Step {
  readonly name: string;
  /** The reason for its place. */
  readonly why: string;
  /** The part of the request's life that it belongs to, where it is not passed once, in order. */
  readonly within?: 'all attempts' | 'each attempt';
  /** The hooks of custom stages that are called here. */
  readonly hooks?: readonly (keyof Hooks)[];
  /** It works on the way back, and calls stages in the opposite order. */
  readonly isBack?: true;
  /** The layer that it puts around the bytes of a stream, on the way back. */
  readonly layer?: string;
  /** Puts the step on top of what is below it. None: the edge takes it by itself (edge/server.ts). */
  readonly put?: (below: Below, parts: Parts) => Partial<Below>;
}

export const STEPS: readonly Step[] = [
  {
    name: 'admit',
    why: 'By the head alone, before a byte of the body is read.',
    put: (_, { settings }) => ({ admit: guardNow('admit', admit(settings.server)) }),
  },
  { name: 'own routes', why: 'Answered here, and only to those who were let in.' },
  {
    name: 'read body',
    why: 'Whole and bounded, so that it can be sent again; a long one that is not judged is a stream.',
  },
  {
    name: 'decode',
    why: "Never repeated: a request that cannot be read is the client's own mistake.",
    put: (_, { hooks }) => ({ received: hooks.memory(guard('decode', decode)) }),
  },
  {
    name: 'request',
    why: 'Once a request, not once an attempt: a retry is the same request again.',
    hooks: ['request'],
    put: ({ decoded }, { hooks }) => ({ decoded: hooks.request(decoded) }),
  },
  {
    name: 'classify',
    why: 'Plans for what the stages have made of the request.',
    put: ({ planned }, { plan }) => ({ decoded: chain(plan, planned) }),
  },
  {
    name: 'keep-alive',
    why: 'Outermost: a comment that keeps a connection alive says nothing of how the wait ends.',
    within: 'all attempts',
    layer: 'comments',
    put: ({ planned }, { edge }) => ({ planned: edge.keepAlive(planned) }),
  },
  {
    name: 'response',
    why: 'Outside recover: a stream is gone on with from what the upstream said, not from what stages made of it.',
    within: 'all attempts',
    hooks: ['response', 'json', 'text', 'failure'],
    isBack: true,
    layer: 'json and text of stages',
    put: ({ planned }, { hooks }) => ({ planned: hooks.response(planned) }),
  },
  {
    name: 'recover',
    why: 'Outside the attempts: it makes more of them if a stream breaks after the client has its beginning.',
    within: 'all attempts',
    layer: 'resume',
    put: ({ planned }, { settings, edge }) => ({ planned: recover({ ...settings.streaming, ...edge })(planned) }),
  },
  {
    name: 'kept models',
    why: 'Outside the attempts: a kept list stands in once they are used up.',
    within: 'all attempts',
    put: ({ planned }, { settings, edge }) => ({
      planned: guard('models', models({ ...edge, settings: settings.models })(planned)),
    }),
  },
  {
    name: 'retry-schedule',
    why: 'Around one attempt and nothing else: asking again mends only what the upstream did.',
    within: 'all attempts',
    put: ({ attempt, judge: judged }, { settings: { retry }, edge }) => ({
      planned: guard(
        'retry-schedule',
        retrySchedule({ ...edge, judge: judged, maxTries: 1 + retry.maxRetries })(attempt),
      ),
    }),
  },
  {
    name: 'address',
    why: 'Once an attempt: the URL, the key and the header fields are those of the upstream that is asked this time.',
    within: 'each attempt',
    put: ({ attempt }) => ({ attempt: guard('address', (e) => attempt(address(e))) }),
  },
  {
    name: 'attempt',
    why: 'Last before the request is sent: what a stage sets here is what goes out.',
    within: 'each attempt',
    hooks: ['attempt'],
    put: ({ attempt }, { hooks }) => ({ attempt: hooks.attempt(attempt) }),
  },
  {
    name: 'forward',
    why: 'Sends it, and reads of the reply what must be known before anything goes to the client.',
    within: 'each attempt',
    layer: 'monitor',
    put: ({ replied }, { edge }) => ({ attempt: chain(guard('forward', forward(edge)), replied) }),
  },
  {
    name: 'reply',
    why: 'Before the judge: a stage may have a wish that the judge weighs.',
    within: 'each attempt',
    hooks: ['reply'],
    isBack: true,
    put: ({ replied }, { hooks }) => ({ replied: hooks.reply(replied) }),
  },
  {
    name: 'judge',
    why: 'Last of an attempt: accepts it, retries it or rejects it.',
    within: 'each attempt',
    put: (_, { settings }) => ({ judge: judge(settings.retry) }),
  },
  {
    name: 'encode',
    why: 'Behind all that can fail: what came of it, in the form that the client asked for.',
    layer: 'error tail',
    put: (_, { settings, edge }) => ({
      answered: guard('encode', (done) => async () => E.right(await edge.inTurns(encodeReply(settings)(done)))),
    }),
  },
  { name: 'write', why: 'As fast as the client reads, to an end that it can see.' },
  { name: 'finished', why: 'Behind the last byte, when the outcome is known.', hooks: ['finished'], isBack: true },
];

type Encoded = readonly [Answered, Reply];

const MISSING: Failure = { _tag: 'StageFault', stage: 'the pipeline', why: 'lacks a step' };
const missing = (): TE.TaskEither<Failure, never> => TE.left(MISSING);

/** Below the last step. */
const NOTHING: Below = {
  admit: E.right,
  received: missing,
  decoded: missing,
  planned: missing,
  attempt: missing,
  replied: TE.right,
  judge: () => reject(MISSING),
  answered: missing,
};

/** Folds the steps into what the edge asks of them, with the hooks of these stages. */
export const pipeline = (
  settings: Settings,
  edge: Edge,
  stages: readonly InstalledStage[] = [],
  steps: readonly Step[] = STEPS,
): Pipeline => {
  const fail = encodeFailure(settings);
  const logged = logFailure(settings);
  const plan = guard('classify', classify({ target: settings.target, schedule: scheduleOf(settings.retry) }));
  const hooks = stageHooks({ ...edge, classify: plan, read: readAgain(edge) }, stages);
  const parts: Parts = { settings, edge, hooks, plan };
  let all = NOTHING;
  for (const { put } of [...steps].reverse()) all = { ...all, ...put?.(all, parts) };

  const encode: Stage<Answered, Encoded> = (done) =>
    TE.map((reply: Reply): Encoded => [done, reply])(all.answered(done));
  // Whatever is wrong with the steps, or with how they are put together, a request has an outcome.
  const answer = guard('a step', chain(all.decoded, encode));

  return {
    admit: all.admit,
    handle: (received) => async () => {
      const asked = await all.received(received)();
      const came = E.isLeft(asked) ? asked : await answer(asked.right)();
      // Only where something failed: to find the prompts of a long chat takes its time.
      const known = () => ({ ...received.request, prompts: E.isRight(asked) ? promptsIn(asked.right.call) : [] });
      const logCut = (failure: Failure) => logged(known(), failure);
      const emitFault = (failure: Failure): void => {
        const { fault } = logCut(failure);
        if (fault !== undefined) edge.emit({ _tag: 'StageFailed', id: received.id, fault });
      };
      const end = O.toUndefined(hooks.finished);
      const finished = end && E.isRight(asked) && { finished: (out: Outcome) => end(asked.right, out, emitFault) };
      const summary = summaryOf(received, asked, E.map(([done]: Encoded) => done)(came));
      if (E.isRight(came)) return { reply: came.right[1], summary, logCut, ...finished };
      const inLog = logCut(came.left);
      const reply = fail(received.id, known(), came.left, inLog.says);
      return { reply, summary: { ...summary, ...inLog }, logCut, ...finished };
    },
    refuse: fail,
    logRefused: logged,
  };
};
