/** Around retry-schedule: a stream that breaks after commit goes on with what another try says, if the user wants that. */
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { type Answered, type Body, bytes, type Planned } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { combine, limit } from '../core/schedule.js';
import type { StreamingSettings } from '../core/settings.js';
import type { Stage } from '../core/stage.js';
import type { Warn } from '../core/warning.js';

export interface RecoverDeps extends Pick<StreamingSettings, 'onBreak' | 'maxContinues'> {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly warn: Warn;
}

/** The same exchange, asked to go on. It has a deadline of its own: the one before was met when the reply began. */
const continuationOfPlan = (deps: RecoverDeps, planned: Planned, body: Buffer, tries: number): Planned => {
  const outgoing = { ...planned.plan.outgoing, body: bytes(body) };
  const schedule = combine(limit(tries - 1), planned.plan.schedule);
  return { ...planned, receivedAt: deps.now(), plan: { ...planned.plan, isContinuation: true, outgoing, schedule } };
};

export const recover =
  (deps: RecoverDeps) =>
  (inner: Stage<Planned, Answered>): Stage<Planned, Answered> => {
    /** With the means to go on from what was `sent`, should it break off: so many tries in all. */
    const resumable = (planned: Planned, sent: Body, tries: number, answered: Answered): Answered => {
      const { reply } = answered;
      const { body } = reply;
      if (body._tag === 'Bytes' || tries <= 0) return answered;
      const ask = (partial: string): TE.TaskEither<Failure, Answered> => {
        const next = sent._tag === 'Bytes' ? planned.call.dialect.continuation.request(sent.bytes, partial) : O.none;
        if (O.isNone(next)) return TE.left({ _tag: 'BrokenOff', by: 'end' });
        deps.warn(planned.id, 'asked_to_go_on');
        return TE.map((second: Answered) => resumable(planned, sent, tries - second.attempts.length, second))(
          inner(continuationOfPlan(deps, planned, next.value, tries)),
        );
      };
      const resume = O.some({ dialect: planned.call.dialect, ask });
      return { ...answered, reply: { ...reply, body: { ...body, resume } } };
    };
    return (planned) =>
      deps.onBreak === 'continue' && planned.plan.stream && planned.call._tag === 'Chat'
        ? TE.map((answered: Answered) => resumable(planned, answered.plan.outgoing.body, deps.maxContinues, answered))(
            inner(planned),
          )
        : inner(planned);
  };
