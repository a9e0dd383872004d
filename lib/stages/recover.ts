/** Around retry-schedule: a stream that breaks after commit goes on with what another try says, if the user wants that. */
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { withLayer } from '../core/body-layers.js';
import type { Dialect } from '../core/dialect.js';
import type { Emit } from '../core/event.js';
import { type Answered, type Ask, type Body, bytes, type Further, type Planned } from '../core/exchange.js';
import { combine, limit } from '../core/schedule.js';
import type { StreamingSettings } from '../core/settings.js';
import type { BodyLayer } from '../core/source.js';
import type { Stage } from '../core/stage.js';
import type { Warn } from '../core/warning.js';

export interface RecoverDeps extends Pick<StreamingSettings, 'onBreak' | 'maxContinues'> {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly warn: Warn;
  readonly emit: Emit;
  /** Goes on, where a stream breaks off, with what is asked for. */
  readonly resume: (dialect: Dialect, ask: Ask) => BodyLayer;
}

/** The same request, asked to go on. It has a deadline of its own: the one before was met when the reply began. */
const continuationOfPlan = (deps: RecoverDeps, planned: Planned, body: Buffer, tries: number): Planned => {
  const outgoing = { ...planned.plan.outgoing, body: bytes(body) };
  const schedule = combine(limit(tries - 1), planned.plan.schedule);
  return { ...planned, receivedAt: deps.now(), plan: { ...planned.plan, isContinuation: true, outgoing, schedule } };
};

export const recover =
  (deps: RecoverDeps) =>
  (inner: Stage<Planned, Answered>): Stage<Planned, Answered> => {
    /** How to go on from what was `sent`, should it break off: so many tries in all. */
    const asking = (planned: Planned, sent: Body, tries: number): O.Option<Ask> => {
      if (tries <= 0) return O.none;
      return O.some((partial) => {
        const next = sent._tag === 'Bytes' ? planned.call.dialect.continuation.request(sent.bytes, partial) : O.none;
        if (O.isNone(next)) return TE.left({ _tag: 'BrokenOff', by: 'end' });
        deps.warn(planned.id, 'asked_to_go_on');
        return TE.map((answered: Answered): Further => {
          deps.emit({ _tag: 'Continued', id: planned.id });
          return { answered, ask: asking(planned, sent, tries - answered.attempts.length) };
        })(inner(continuationOfPlan(deps, planned, next.value, tries)));
      });
    };
    const resumable = (planned: Planned, answered: Answered): Answered => {
      const { reply, plan, call } = answered;
      const ask = asking(planned, plan.outgoing.body, deps.maxContinues);
      if (reply.body._tag === 'Bytes' || O.isNone(ask)) return answered;
      return { ...answered, reply: { ...reply, body: withLayer(reply.body, deps.resume(call.dialect, ask.value)) } };
    };
    return (planned) =>
      deps.onBreak === 'continue' && planned.plan.stream && planned.call._tag === 'Chat'
        ? TE.map((answered: Answered) => resumable(planned, answered))(inner(planned))
        : inner(planned);
  };
