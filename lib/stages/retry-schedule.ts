/** Tries until a reply is judged good, a rejection is final, or the schedule says stop. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Attempt } from '../core/attempt.js';
import { type Emit, subjectOf } from '../core/event.js';
import type { Answered, Outcome, Planned, Tried, Try } from '../core/exchange.js';
import { type Failure, reasonOf, type Simple } from '../core/failure.js';
import { plus } from '../core/plus.js';
import {
  always,
  cap,
  combine,
  exponential,
  hintFloor,
  jitter,
  limit,
  perReason,
  type Schedule,
  type Status,
  within,
} from '../core/schedule.js';
import type { RetrySettings } from '../core/settings.js';
import type { Stage } from '../core/stage.js';
import type { Judge, Verdict } from '../core/verdict.js';
import type { Warn } from '../core/warning.js';

export interface RetryDeps {
  readonly judge: Judge;
  readonly warn: Warn;
  /** Takes each try when it starts and ends, and each retry before it is waited for. */
  readonly emit: Emit;
  /** The most tries that the config allows. */
  readonly maxTries: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Ends early, with the cause, when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => TE.TaskEither<Simple, void>;
}

const hintOf = (failure: Simple): O.Option<number> => (failure._tag === 'BadReply' ? failure.hintMs : O.none);

/** Failures with one limit: those of one reason, but each stage has a limit of its own. */
const kindOf = (failure: Simple): string =>
  failure._tag === 'Unwanted' ? `unwanted_reply of ${failure.stage}` : reasonOf(failure);

/** The state that a schedule looks at, once an attempt has failed, without the reason. */
type Moment = Omit<Status, 'reason' | 'sameReason'>;

const momentAfter = (before: readonly Attempt[], failure: Simple, elapsedMs: number, random: number): Moment => {
  const lastHint = before.findLastIndex((attempt) => O.isSome(attempt.hintMs));
  return {
    retries: before.length,
    sinceHint: before.length - 1 - lastHint,
    elapsedMs,
    hintMs: hintOf(failure),
    random,
  };
};

/** A failure that another try may mend, and how many tries it is worth. */
interface Cause {
  readonly failure: Simple;
  readonly atMost: O.Option<number>;
}

/** The first that has a try left is the one that it is made for, so that a stage's are left for when nothing else is. */
const causesIn = (verdict: Exclude<Verdict, { _tag: 'Accept' }>): readonly Cause[] => [
  ...(verdict._tag === 'Retry' ? [verdict] : []),
  ...(verdict.unwanted === undefined ? [] : [{ failure: verdict.unwanted, atMost: verdict.unwanted.atMost }]),
];

/** Another try, and the wait before it. `kind`: of what it is made for. */
interface Next {
  readonly kind: string;
  readonly waitMs: number;
}

/** None: there is no next try for this cause. `kinds`: those that the tries before were made for. */
const nextFor =
  ({ plan }: Planned, moment: Moment, kinds: readonly string[]) =>
  ({ failure, atMost }: Cause): O.Option<Next> => {
    if (!plan.replayable) return O.none;
    const [reason, kind] = [reasonOf(failure), kindOf(failure)];
    const few = O.isSome(atMost) ? perReason({ [reason]: atMost.value }) : always;
    const sameReason = kinds.filter((each) => each === kind).length;
    return O.map((waitMs: number): Next => ({ kind, waitMs }))(
      combine(few, plan.schedule)({ ...moment, reason, sameReason }),
    );
  };

/** Only behind a try it is known what was really sent, which a stream is gone on with. */
const withSent = (planned: Planned, outcome: Outcome): Planned =>
  E.isLeft(outcome) || outcome.right.outgoing === planned.plan.outgoing
    ? planned
    : plus(planned, { plan: { ...planned.plan, outgoing: outcome.right.outgoing } });

const statusOf = (outcome: Outcome): O.Option<number> =>
  E.isRight(outcome) ? O.some(outcome.right.reply.status) : O.none;

/** The schedule that the settings describe. */
export const scheduleOf = (settings: RetrySettings): Schedule => {
  const growing = cap(settings.maxDelayMs)(exponential(settings.baseMs, settings.factor));
  return within(settings.deadlineMs)(
    combine(
      limit(settings.maxRetries),
      perReason({ timed_out: settings.timeoutRetries, content_filtered: settings.retryFiltered }),
      hintFloor(settings.maxDelayMs),
      settings.jitter ? jitter(growing) : growing,
    ),
  );
};

/**
 * A kept connection that died before it was used again never carried the request: it is sent again at once, on another,
 * and that does not count. Once a request and once a continuation, since an upstream that closes whatever it is sent
 * looks the same.
 */
const diedUnused = (outcome: Outcome): boolean =>
  E.isLeft(outcome) && outcome.left._tag === 'Broken' && outcome.left.unused;

export const retrySchedule =
  (deps: RetryDeps) =>
  (inner: Stage<Try, Tried>): Stage<Planned, Answered> =>
  (planned) =>
  async () => {
    const { target, outgoing } = planned.plan;
    const attempts: Attempt[] = [];
    const kinds: string[] = [];
    let mayResend = planned.plan.replayable;
    const finish = (attempt: Attempt): void => {
      attempts.push(attempt);
      deps.emit({ _tag: 'AttemptFinished', id: planned.id, attempt });
    };
    const giveUp = (last: Simple, rejected: boolean): E.Either<Failure, never> =>
      E.left({ _tag: 'GaveUp', last, rejected, attempts, elapsedMs: deps.now() - planned.receivedAt });

    for (;;) {
      const number = attempts.length + 1;
      const startedAt = deps.now();
      deps.emit({ _tag: 'AttemptStarted', id: planned.id, number, target: target.name });
      const sendOnce = inner(plus(planned, { number, target, outgoing }));
      let outcome = await sendOnce();
      if (mayResend && diedUnused(outcome)) {
        mayResend = false;
        outcome = await sendOnce();
      }
      const verdict = deps.judge(outcome, deps.wallClock());
      const now = deps.now();
      const asked = E.isRight(outcome) ? outcome.right.target.name : target.name;
      const attempt = { number, target: asked, status: statusOf(outcome), durationMs: now - startedAt };
      if (verdict._tag === 'Accept') {
        finish(plus(attempt, { reason: O.none, hintMs: O.none, waitMs: O.none }));
        if (O.isSome(verdict.warning)) deps.warn(planned.id, verdict.warning.value);
        return E.right(plus(withSent(planned, outcome), { reply: verdict.reply, attempts }));
      }

      const { failure } = verdict;
      const moment = momentAfter(attempts, failure, now - planned.receivedAt, deps.random());
      const next =
        causesIn(verdict)
          .map(nextFor(planned, moment, kinds))
          .find(O.isSome) ?? O.none;
      const waitMs = O.map((each: Next) => each.waitMs)(next);
      finish({ ...attempt, reason: O.some(reasonOf(failure)), hintMs: moment.hintMs, waitMs });
      if (O.isNone(next)) return giveUp(failure, verdict._tag === 'Reject');
      kinds.push(next.value.kind);
      deps.emit({
        _tag: 'RetryDecided',
        ...subjectOf(planned),
        target: asked,
        reason: reasonOf(failure),
        status: attempt.status,
        number: number + 1,
        of: deps.maxTries,
        waitMs: next.value.waitMs,
        isAsked: O.isSome(moment.hintMs),
      });
      const slept = await deps.sleep(next.value.waitMs, planned.signal)();
      if (E.isLeft(slept)) return giveUp(slept.left, true);
    }
  };
