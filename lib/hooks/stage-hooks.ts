/**
 * The hooks of custom stages around the steps of a request. Stages are layers: a request passes them in the order of the
 * config, a reply in the opposite order, so that the first is outermost both ways.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Attempt } from '../core/attempt.js';
import type { Early, InstalledStage, Outcome } from '../core/custom-stage.js';
import {
  type Answered,
  bytes,
  type Decoded,
  type Planned,
  type Received,
  type Replied,
  type Reply,
  type Tried,
  type Try,
} from '../core/exchange.js';
import { afterTries, attemptsOf, type Failure, reasonOf, type Unwanted } from '../core/failure.js';
import { plus } from '../core/plus.js';
import { chain, type Layer, type Stage } from '../core/stage.js';
import { countUsage } from '../dialects/usage.js';
import { calling, isEarly, type Made } from './answer.js';
import { call, type HookDeps, type Soon } from './call.js';
import * as changes from './changes.js';
import { type Memory, memoryOf, type Placed, remember } from './memory.js';
import { rewriting } from './rewrite.js';

export interface StageHooksDeps extends HookDeps {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Decides what will be done for a request. */
  readonly classify: Stage<Decoded, Planned>;
  /** Reads what a reply means that a stage has changed. */
  readonly read: Stage<Replied, Replied>;
}

/** The layers that the hooks of all stages make. A hook that no stage uses costs nothing. */
export interface StageHooks {
  /** Around decode: what stages remember of a request begins here. */
  readonly memory: Layer<Received, Decoded>;
  /** Around classify and all that follows: `request`. */
  readonly request: Layer<Decoded, Answered>;
  /** Around all tries: `response`, `json`, `text` and `failure`. */
  readonly response: Layer<Planned, Answered>;
  /** Around one try: `attempt`. */
  readonly attempt: Layer<Try, Tried>;
  /** Before a reply goes to the judge: `reply`. */
  readonly reply: Layer<Replied, Tried>;
  /** Behind the last byte: `finished`. `report`: takes the fault of a stage. None: no stage has the hook. */
  readonly finished: O.Option<(e: Decoded, outcome: Outcome, report: (failure: Failure) => void) => Promise<void>>;
}

type Came = E.Either<Failure, Answered>;

/** One step of the way back: what it makes of how a request went so far. */
type Step = (planned: Planned, came: Came) => Soon<Came>;

/** The next step, at once if its input is there at once. */
const soon = <A, B>(came: Soon<A>, then: (came: A) => Soon<B>): Soon<B> =>
  came instanceof Promise ? came.then(then) : then(came);

/** Takes a value through a hook of each stage: to the end, or to where a stage stops it. */
const pass = <A extends Decoded, B>(
  hook: (stage: Placed, e: A) => Soon<Made<A>>,
  stages: readonly Placed[],
  e: A,
  end: (e: A) => Soon<B>,
  stop: (made: E.Left<Failure> | Early, e: A, stage: Placed) => Soon<B>,
  at = 0,
): Soon<B> => {
  const stage = stages[at];
  if (stage === undefined) return end(e);
  return soon(hook(stage, e), (made) => {
    if (E.isLeft(made)) return stop(made, e, stage);
    return isEarly(made.right) ? stop(made.right, e, stage) : pass(hook, stages, made.right, end, stop, at + 1);
  });
};

const back = (steps: readonly Step[], planned: Planned, came: Came, at = 0): Soon<Came> => {
  const step = steps[at];
  return step === undefined ? came : soon(step(planned, came), (next) => back(steps, planned, next, at + 1));
};

/** A wish for another try goes on with its reply: the judge knows what else is wrong with that. */
const unwanted = (e: Replied, wish: Unwanted): Tried => {
  const { body } = e.reply;
  // No two replies are open at a time: of a stream there is only what came of it so far.
  return { ...e, reply: { ...e.reply, body: body._tag === 'Held' ? bytes(body.prefix) : body }, unwanted: wish };
};

/** The layers for these stages. */
export const stageHooks = (deps: StageHooksDeps, installed: readonly InstalledStage[]): StageHooks => {
  const stages = installed.map((stage, at): Placed => ({ ...stage, at }));
  const using = (...hooks: readonly (keyof Placed['hooks'])[]): readonly Placed[] =>
    stages.filter((stage) => hooks.some((hook) => stage.hooks[hook] !== undefined));
  const outward = (list: readonly Placed[]): readonly Placed[] => [...list].reverse();

  /** Gives up what was not read of a reply that is no longer there. */
  const discarding = <A extends { readonly reply: Reply }>({ reply: { body } }: A, after: E.Either<Failure, A>) => {
    if (body._tag === 'Bytes') return after;
    const now = E.isRight(after) ? after.right.reply.body : undefined;
    if (now?._tag !== 'Held' || now.source !== body.source) body.source.abandon({ _tag: 'ClientGone' });
    return after;
  };
  const failedAfter = ({ receivedAt }: Planned, attempts: readonly Attempt[], said: Failure): Came =>
    E.left(afterTries(said, attempts, deps.now() - receivedAt));

  const atResponse = calling<Answered>(deps, 'response', changes.reply);
  const atFailure = calling(deps, 'failure', changes.failure);
  const stepOf =
    (stage: Placed): Step =>
    (planned, came) => {
      if (E.isRight(came)) {
        const { right } = came;
        if (stage.hooks.response === undefined) return came;
        return soon(atResponse(stage, right), (made) =>
          discarding(right, E.isLeft(made) ? failedAfter(planned, right.attempts, made.left) : (made as Came)),
        );
      }
      // Once the client has gone, nobody is left to read anything else.
      const isGone = planned.signal.aborted || reasonOf(came.left) === 'client_gone';
      if (stage.hooks.failure === undefined || isGone) return came;
      const attempts = attemptsOf(came.left);
      return soon(atFailure(stage, plus(planned, { failure: came.left })), (made) => {
        if (E.isLeft(made)) return failedAfter(planned, attempts, made.left);
        return isEarly(made.right) ? E.right(plus(planned, { reply: made.right.reply, attempts })) : came;
      });
    };
  const rewritingStep =
    (change: ReturnType<typeof rewriting>): Step =>
    (planned, came) => {
      if (E.isLeft(came)) return came;
      const made = change(came.right);
      return E.isLeft(made) ? failedAfter(planned, came.right.attempts, made.left) : made;
    };
  /** The way back through these stages. Neighbours that only change JSON and text do so in one go, JSON first. */
  const stepsOf = (list: readonly Placed[]): readonly Step[] => {
    const steps: Step[] = [];
    let group: Placed[] = [];
    const flush = () => {
      if (group.length > 0) steps.push(rewritingStep(rewriting(group)));
      group = [];
    };
    for (const stage of outward(list)) {
      const { json, text, response: onReply, failure: onFailure } = stage.hooks;
      const hasHook = onReply !== undefined || onFailure !== undefined;
      if (hasHook || (json !== undefined && group.some(({ hooks }) => hooks.text !== undefined))) flush();
      if (hasHook) steps.push(stepOf(stage));
      if (json !== undefined || text !== undefined) group.push(stage);
    }
    flush();
    return steps;
  };

  const asked = using('request');
  const finishers = outward(using('finished'));
  const isRemembered = using('state').length > 0 || finishers.length > 0;
  const counting: Step = (_, came) => {
    if (E.isLeft(came) || came.right.call._tag !== 'Chat') return came;
    const { call: asked, reply } = came.right;
    const memory = memoryOf(came.right) as Memory;
    const body = countUsage(asked.dialect, reply.body, (usage) => memory.count(usage));
    return E.right(plus(came.right, { reply: { ...reply, body } }));
  };
  const all = [...(finishers.length > 0 ? [counting] : []), ...stepsOf(stages)];
  const outside = asked.map(({ at }) => stepsOf(stages.slice(0, at)));
  const atRequest = calling(deps, 'request', changes.request);

  const request: StageHooks['request'] = (rest) => (decoded) => async () =>
    pass<Decoded, Came>(
      atRequest,
      asked,
      decoded,
      (e) => rest(e)(),
      async (made, e, stage) => {
        const planned = await deps.classify(e)();
        if (E.isLeft(planned)) return planned;
        const came = made._tag === 'Left' ? made : E.right(plus(planned.right, { reply: made.reply, attempts: [] }));
        return back(outside[asked.indexOf(stage)] as readonly Step[], planned.right, came);
      },
    );

  const [trying, replying] = [using('attempt'), outward(using('reply'))];
  const atAttempt = calling<Try>(deps, 'attempt', changes.attempt);
  const readAnew = calling<Replied>(deps, 'reply', changes.reply);
  const atReply = (stage: Placed, e: Replied): Soon<Made<Replied>> =>
    soon(readAnew(stage, e), (made) =>
      E.isLeft(made) || made.right === e ? made : deps.read(made.right as Replied)(),
    );
  const reply: StageHooks['reply'] = (rest) => (e) => async () =>
    soon(
      pass<Replied, E.Either<Failure, Tried>>(
        atReply,
        replying,
        e,
        (ready) => rest(ready)(),
        (made, seen) => {
          const { left } = made as E.Left<Failure>;
          return left._tag === 'Unwanted' ? E.right(unwanted(seen, left)) : E.left(left);
        },
      ),
      (after) => discarding<Tried>(e, after),
    );
  const attempt: StageHooks['attempt'] = (rest) => (e) => async () =>
    pass<Try, E.Either<Failure, Tried>>(
      atAttempt,
      trying,
      e,
      (ready) => rest(ready)(),
      (made) => made as E.Left<Failure>,
    );

  return {
    memory: isRemembered ? (decode) => chain(decode, (e) => TE.fromEither(remember(stages, e))) : (decode) => decode,
    request: asked.length === 0 ? (rest) => rest : request,
    response:
      all.length === 0
        ? (tries) => tries
        : (tries) => (planned) => async () => back(all, planned, await tries(planned)()),
    attempt: trying.length === 0 ? (rest) => rest : attempt,
    reply: replying.length === 0 ? (rest) => rest : reply,
    finished:
      finishers.length === 0
        ? O.none
        : O.some(async (e, outcome, report) => {
            const finished = plus(plus(e, outcome), { usage: (memoryOf(e) as Memory).usage });
            for (const stage of finishers) {
              const made = await call(deps, stage, 'finished', finished, () => E.right(undefined));
              if (E.isLeft(made)) report(made.left);
            }
          }),
  };
};
