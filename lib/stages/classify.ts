/** Decides what is to be done: which upstream, which schedule, what is asked of the reply. */
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Decoded, Plan, Planned, Target } from '../core/exchange.js';
import { plus } from '../core/plus.js';
import type { Schedule } from '../core/schedule.js';
import type { Stage } from '../core/stage.js';

export interface ClassifyDeps {
  readonly target: Target;
  readonly schedule: Schedule;
}

export const classify =
  ({ target, schedule }: ClassifyDeps): Stage<Decoded, Planned> =>
  (decoded) => {
    const inspected = decoded.call._tag !== 'Other';
    const plan: Plan = {
      inspected,
      stream: decoded.call._tag === 'Chat' && decoded.call.stream,
      isContinuation: false,
      replayable: decoded.request.body._tag === 'Bytes',
      target,
      schedule,
      outgoing: decoded.request,
    };
    return TE.right(plus(decoded, { plan }));
  };
