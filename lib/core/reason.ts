/** Every reason why a try or a request can fail: the client's status, and whether another try may help. */
import { freeze } from './freeze.js';

/** The consequences of a reason. */
export interface Row {
  /** The status that the client gets. */
  readonly status: number;
  /** The statuses of the upstream that are passed on instead. */
  readonly keeps: 'none' | '4xx' | '5xx' | 'any';
  /** The `type` in an error body, in OpenAI's dialect and in Anthropic's. */
  readonly openai: string;
  readonly anthropic: string;
  /** True if another try may bring a good reply. */
  readonly retried: boolean;
  /** The party that causes it. */
  readonly by: 'upstream' | 'client' | 'proxy' | 'stage';
}

const mendable = { keeps: 'none', retried: true, by: 'upstream' } as const;
const final = { keeps: 'none', retried: false, by: 'upstream' } as const;
const types = <const O extends string, const A extends string>(openai: O, anthropic: A) => ({ openai, anthropic });
const invalid = types('invalid_request_error', 'invalid_request_error');
const badGateway = { status: 502, ...types('server_error', 'api_error') } as const;
const gatewayTimeout = { status: 504, ...types('server_error', 'timeout_error') } as const;
const unavailable = { status: 503, ...types('server_error', 'overloaded_error') } as const;
const forbidden = { status: 403, ...types('permission_error', 'permission_error') } as const;

const table = {
  rate_limited: { ...mendable, status: 429, ...types('rate_limit_error', 'rate_limit_error') },
  payment_required: { ...final, status: 402, ...types('insufficient_quota', 'billing_error') },
  overloaded: { ...mendable, ...unavailable },
  upstream_error: { ...mendable, ...badGateway, keeps: '5xx' },
  unreachable: { ...mendable, ...badGateway },
  connection_broken: { ...mendable, ...badGateway },
  tls_failed: { ...final, ...badGateway },
  unexpected_redirect: { ...final, ...badGateway },
  empty_reply: { ...mendable, ...badGateway },
  malformed_reply: { ...mendable, ...badGateway },
  unexpected_format: { ...mendable, ...badGateway },
  error_in_reply: { ...mendable, ...badGateway, keeps: 'any' },
  broken_off: { ...mendable, ...badGateway },
  timed_out: { ...mendable, ...gatewayTimeout },
  request_timeout: { ...mendable, ...gatewayTimeout },
  content_filtered: { ...final, status: 400, ...invalid },
  invalid_request: { ...final, status: 400, keeps: '4xx', ...invalid },
  authentication_failed: { ...final, status: 401, ...types('authentication_error', 'authentication_error') },
  permission_denied: { ...final, ...forbidden },
  host_not_allowed: { ...final, ...forbidden, by: 'client' },
  client_gone: { ...final, status: 499, ...types('server_error', 'api_error'), by: 'client' },
  loop_detected: { ...final, status: 508, ...types('server_error', 'api_error'), by: 'proxy' },
  shedding: { ...final, ...unavailable, by: 'proxy' },
  unwanted_reply: { ...mendable, ...badGateway, by: 'stage' },
  refused_by_stage: { ...final, status: 400, keeps: 'any', ...invalid, by: 'client' },
  shutting_down: { ...final, ...unavailable, by: 'proxy' },
  stage_fault: { ...final, status: 500, ...types('server_error', 'api_error'), by: 'proxy' },
} as const satisfies Record<string, Row>;

/** The codes of the table; also the `code` of an OpenAI error body. */
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
