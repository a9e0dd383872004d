/** Room 2: decides what is to be done: which target, which schedule, what each try sends, what is asked of the reply. */
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { withoutClient } from '../core/client-fields.js';
import type { Decoded, Plan, Planned, Request, Target } from '../core/exchange.js';
import { endToEnd, set } from '../core/headers.js';
import { plus } from '../core/plus.js';
import { join } from '../core/route.js';
import type { Schedule } from '../core/schedule.js';
import type { Stage } from '../core/stage.js';
import { withKey } from '../dialects/credentials.js';

/** What is judged comes plain and whole, and comes though the client has it already. */
const READABLE = {
  'accept-encoding': 'identity',
  range: false,
  'if-range': false,
  'if-none-match': false,
  'if-modified-since': false,
} as const;

/** The request as the target shall see it: its own path, key and fields. */
const outgoing = (target: Target, request: Request, inspected: boolean): Request => {
  // First, or the client's `Connection` could name fields that are added here, and so have them dropped.
  const came = { ...request, headers: withoutClient(endToEnd(request.headers)) };
  const { path, headers } = O.isSome(target.apiKey) ? withKey(target.apiKey.value, came) : came;
  const readable = inspected ? READABLE : {};
  return {
    ...request,
    path: join(new URL(target.url).pathname.replace(/\/$/, ''), path),
    headers: set(headers, { host: false, ...readable, ...target.headers }),
  };
};

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
      outgoing: outgoing(target, decoded.request, inspected),
    };
    return TE.right(plus(decoded, { plan }));
  };
