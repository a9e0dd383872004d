/** Every reason why a try or a request can fail: the client's status, and whether another try may help. */
import { freeze } from './freeze.js';

/** The consequences of a reason. */
export interface Row {
  /** The status that the client gets. */
  readonly status: number;
  /** The statuses of the upstream that are passed on instead. */
  readonly keeps: 'none' | '4xx' | '5xx' | 'any';
  /** Whether another try may bring a good reply. */
  readonly retried: boolean;
  /** The party that causes it. */
  readonly by: 'upstream' | 'client' | 'proxy' | 'stage';
}

const mendable = { keeps: 'none', retried: true, by: 'upstream' } as const;
const final = { keeps: 'none', retried: false, by: 'upstream' } as const;

const table = {
  rate_limited: { ...mendable, status: 429 },
  payment_required: { ...final, status: 402 },
  overloaded: { ...mendable, status: 503 },
  upstream_error: { ...mendable, status: 502, keeps: '5xx' },
  unreachable: { ...mendable, status: 502 },
  connection_broken: { ...mendable, status: 502 },
  tls_failed: { ...final, status: 502 },
  unexpected_redirect: { ...final, status: 502 },
  empty_reply: { ...mendable, status: 502 },
  malformed_reply: { ...mendable, status: 502 },
  unexpected_format: { ...mendable, status: 502 },
  error_in_reply: { ...mendable, status: 502, keeps: 'any' },
  broken_off: { ...mendable, status: 502 },
  timed_out: { ...mendable, status: 504 },
  request_timeout: { ...mendable, status: 504 },
  content_filtered: { ...final, status: 400 },
  invalid_request: { ...final, status: 400, keeps: '4xx' },
  authentication_failed: { ...final, status: 401 },
  permission_denied: { ...final, status: 403 },
  host_not_allowed: { ...final, status: 403, by: 'client' },
  client_gone: { ...final, status: 499, by: 'client' },
  loop_detected: { ...final, status: 508, by: 'proxy' },
  shedding: { ...final, status: 503, by: 'proxy' },
  unwanted_reply: { ...mendable, status: 502, by: 'stage' },
  refused_by_stage: { ...final, status: 400, keeps: 'any', by: 'client' },
  shutting_down: { ...final, status: 503, by: 'proxy' },
  stage_fault: { ...final, status: 500, by: 'proxy' },
} as const satisfies Record<string, Row>;

/** The codes of the table. */
export type Reason = keyof typeof table;

/** The reasons that an upstream alone can cause. */
export type UpstreamReason = {
  [R in Reason]: (typeof table)[R]['by'] extends 'upstream' ? R : never;
}[Reason];

/** The whole table, frozen. */
export const reasons: Readonly<Record<Reason, Row>> = freeze(table);

const KEPT: Readonly<Record<Row['keeps'], (status: number) => boolean>> = {
  none: () => false,
  '4xx': (status) => status >= 400 && status < 500,
  '5xx': (status) => status >= 500 && status < 600,
  any: (status) => status >= 400 && status < 600,
};

/** The status for the client: the upstream's own where the table keeps it, else the table's. */
export const statusFor = (reason: Reason, upstreamStatus: number): number =>
  KEPT[reasons[reason].keeps](upstreamStatus) ? upstreamStatus : reasons[reason].status;
