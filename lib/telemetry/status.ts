/** A view of events: what the proxy has done since it started, in numbers. */
import { basename } from 'node:path';
import * as O from 'fp-ts/lib/Option.js';
import type { Emit, Event, InForce } from '../core/event.js';
import type { Reason } from '../core/reason.js';
import { reasons } from '../core/reason.js';
import { withBareNames } from './bare-names.js';

type Counts = Partial<Record<Reason | 'ok', number>>;

/** The content of `GET /status`: no secret, no prompt, no address of a client and no path of a file. */
export interface Status {
  readonly version: string;
  readonly uptime_s: number;
  /** The host, or `demo`; null before the start. */
  readonly upstream: string | null;
  /** The name of the file, without its folder; null: there is none. */
  readonly config_file: string | null;
  /** 1 at the start; counts the configs that were taken since. */
  readonly config_generation: number;
  /** The problems of the last new config that was not taken; null: there was none. */
  readonly config_problems: readonly string[] | null;
  readonly in_flight: number;
  readonly requests: number;
  /** The outcomes of requests: `ok`, or a reason. */
  readonly outcomes: Counts;
  /** The outcomes of the attempts at the upstream. */
  readonly attempts: Counts;
  /** Good replies among the requests that a client waited for and that it made well; null before the first. */
  readonly success_rate: number | null;
  readonly last_failure: { readonly at: string; readonly reason: Reason; readonly status: number } | null;
}

export interface StatusView {
  readonly emit: Emit;
  readonly report: () => Status;
}

const outcome = (reason: O.Option<Reason>): Reason | 'ok' => (O.isSome(reason) ? reason.value : 'ok');

const count = (counts: Counts, key: Reason | 'ok'): void => {
  counts[key] = (counts[key] ?? 0) + 1;
};

/** The reasons that say nothing of how well the proxy works: nobody waited, or the request was wrong. */
const isClients = (reason: Reason): boolean =>
  reasons[reason].by === 'client' || reason === 'invalid_request' || reason === 'authentication_failed';

const successRate = (outcomes: Counts): number | null => {
  const ok = outcomes.ok ?? 0;
  const failed = Object.entries(outcomes).reduce(
    (sum, [key, n]) => (key === 'ok' || isClients(key as Reason) ? sum : sum + n),
    0,
  );
  return ok + failed === 0 ? null : ok / (ok + failed);
};

export interface StatusDeps {
  readonly version: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

export const statusView = ({ version, now, wallClock }: StatusDeps): StatusView => {
  const startedAt = now();
  const outcomes: Counts = {};
  const attempts: Counts = {};
  let [inFlight, requests] = [0, 0];
  let lastFailure: Status['last_failure'] = null;
  let generation = 1;
  let problems: Status['config_problems'] = null;
  let inForce: Pick<Status, 'upstream' | 'config_file'> = { upstream: null, config_file: null };
  const takeUp = ({ upstream, config }: InForce) => {
    inForce = { upstream, config_file: O.isSome(config) ? basename(config.value) : null };
  };

  const finish = ({ summary, status }: Event & { _tag: 'RequestFinished' }) => {
    inFlight -= 1;
    count(outcomes, outcome(summary.reason));
    for (const attempt of summary.attempts) count(attempts, outcome(attempt.reason));
    if (O.isSome(summary.reason) && !isClients(summary.reason.value)) {
      lastFailure = { at: new Date(wallClock()).toISOString(), reason: summary.reason.value, status };
    }
  };
  return {
    emit: (event) => {
      if (event._tag === 'RequestStarted') {
        requests += 1;
        inFlight += 1;
      }
      if (event._tag === 'RequestFinished') finish(event);
      if (event._tag === 'Started' || event._tag === 'Reloaded') takeUp(event);
      if (event._tag === 'Reloaded') [generation, problems] = [event.generation, null];
      if (event._tag === 'ReloadFailed') problems = event.problems.map(withBareNames);
    },
    report: () => ({
      version,
      uptime_s: Math.floor((now() - startedAt) / 1000),
      ...inForce,
      config_generation: generation,
      config_problems: problems,
      in_flight: inFlight,
      requests,
      outcomes: { ...outcomes },
      attempts: { ...attempts },
      success_rate: successRate(outcomes),
      last_failure: lastFailure,
    }),
  };
};
