/** The sentence for a failure: what failed, how often it was tried, and what to do. */
import * as O from 'fp-ts/lib/Option.js';
import { type BreakingOff, type Failure, lastOf, match, type Phase } from './failure.js';
import type { Reason } from './reason.js';

/** The parts of a sentence. */
interface Parts {
  /** The failure, in words. */
  readonly what: string;
  /** The advice to its reader. */
  readonly advice: string;
}

const parts = (what: string, advice = ''): Parts => ({ what, advice });

/** Seconds, with at most one digit after the point, and none if it is zero. */
const seconds = (ms: number): string =>
  ms < 100 ? 'under 0.1 s' : `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))} s`;

const BAD_REPLY: Readonly<Record<Reason, Parts>> = {
  rate_limited: parts('Upstream is rate limited'),
  payment_required: parts('Upstream says that the account has no credit left'),
  overloaded: parts('Upstream is overloaded'),
  upstream_error: parts('Upstream failed'),
  unreachable: parts('Upstream cannot be reached'),
  connection_broken: parts('Upstream broke the connection'),
  tls_failed: parts('TLS with the upstream failed'),
  unexpected_redirect: parts('Upstream redirected the request', 'Check target_proxy.url.'),
  empty_reply: parts('Upstream sent an empty reply'),
  malformed_reply: parts('Upstream sent a broken reply'),
  unexpected_format: parts('Upstream sent something that is not a reply', 'Check target_proxy.url.'),
  error_in_reply: parts('Upstream sent an error in place of a reply'),
  broken_off: parts('Upstream broke off in the middle of its reply'),
  timed_out: parts('Upstream did not answer in time'),
  request_timeout: parts('Upstream gave up waiting for the request'),
  content_filtered: parts('Upstream filtered its reply'),
  invalid_request: parts('Upstream refused the request'),
  authentication_failed: parts('Upstream refused the API key'),
  permission_denied: parts('Upstream denied permission'),
  host_not_allowed: parts('This host name is not allowed', 'Add it to server.allowed_hosts.'),
  client_gone: parts('The client closed its connection'),
  loop_detected: parts('The request has come back to the proxy that sent it', 'Check target_proxy.url.'),
  shedding: parts('The proxy is at capacity'),
  unwanted_reply: parts("A stage rejected the upstream's reply"),
  refused_by_stage: parts('A stage of the proxy refused the request'),
  shutting_down: parts('The proxy is shutting down', 'Try again in a moment.'),
  stage_fault: parts('A stage of the proxy failed'),
};

/** Advice to raise a time-out. These keys win over `target_proxy.timeout`, so it helps whatever is set. */
const raise = (key: Phase): string => `Raise target_proxy.timeouts.${key}.`;

const TIMED_OUT: Readonly<Record<Phase, (limit: string) => Parts>> = {
  connect: (limit) => parts(`Could not connect to the upstream in ${limit}`, 'Check target_proxy.url.'),
  headers: (limit) => parts(`No answer in ${limit}`, raise('headers')),
  headers_whole: (limit) => parts(`No answer in ${limit}`, raise('headers_whole')),
  first_content: (limit) => parts(`No content in ${limit}`, raise('first_content')),
  idle: (limit) => parts(`Upstream fell silent for ${limit}`, raise('idle')),
  total: (limit) => parts(`No whole reply in ${limit}`, raise('total')),
};

const BROKEN_OFF: Readonly<Record<BreakingOff, Parts>> = {
  reset: parts('Upstream broke off in the middle of its reply'),
  silence: parts('Upstream fell silent in the middle of its reply', raise('idle')),
  total: parts('Upstream did not finish its reply in time', raise('total')),
  end: parts('Upstream ended in the middle of its reply'),
  error: parts('Upstream failed in the middle of its reply'),
  thought: parts('The model only thought, and said nothing'),
};

const withDetail = ({ what, advice }: Parts, detail: string | number): Parts => parts(`${what} (${detail})`, advice);

const partsOf: (failure: Failure) => Parts = match<Parts>({
  Unreachable: ({ code }) => withDetail(parts(BAD_REPLY.unreachable.what, 'Check target_proxy.url.'), code),
  TlsFailed: ({ code }) => withDetail(parts(BAD_REPLY.tls_failed.what, 'Check target_proxy.url.'), code),
  TimedOut: ({ phase, limitMs }) => TIMED_OUT[phase](seconds(limitMs)),
  Broken: () => BAD_REPLY.connection_broken,
  Malformed: () => BAD_REPLY.malformed_reply,
  BadReply: ({ reason, status }) => (status < 300 ? BAD_REPLY[reason] : withDetail(BAD_REPLY[reason], status)),
  BrokenOff: ({ by }) => BROKEN_OFF[by],
  ClientGone: () => BAD_REPLY.client_gone,
  ShuttingDown: () => BAD_REPLY.shutting_down,
  ClientError: ({ says }) => parts(says.replace(/\.$/, '')),
  HostNotAllowed: () => BAD_REPLY.host_not_allowed,
  Looped: () => BAD_REPLY.loop_detected,
  OriginNotAllowed: () => parts('This origin is not allowed', 'Add it to server.cors.'),
  Shedding: ({ limit }) => withDetail(BAD_REPLY.shedding, limit),
  StageFault: ({ stage, why }) => withDetail(BAD_REPLY.stage_fault, `${stage} ${why}`.trim()),
  Unwanted: ({ says }) => withDetail(BAD_REPLY.unwanted_reply, says),
  Refused: ({ says }) => parts(says.replace(/\.$/, '')),
  GaveUp: ({ last, attempts, elapsedMs }) => {
    const { what, advice } = partsOf(last);
    return attempts.length > 1
      ? parts(`${what}, ${attempts.length} attempts in ${seconds(elapsedMs)}`, advice)
      : parts(what, advice);
  },
});

/** The milliseconds that the client should wait, if they are known and waiting helps. */
export const retryAfterMs = (failure: Failure): O.Option<number> => {
  const last = lastOf(failure);
  if (last._tag === 'Shedding') return O.some(last.retryAfterMs);
  // No wait mends an account without credit.
  return last._tag === 'BadReply' && last.reason !== 'payment_required' ? last.hintMs : O.none;
};

/** The upstream's own text, not cleaned, if it helps: the upstream refused this very request, and says why. */
export const quote = (failure: Failure): O.Option<string> =>
  failure._tag === 'GaveUp' && failure.rejected && failure.last._tag === 'BadReply' && failure.last.text !== ''
    ? O.some(failure.last.text)
    : O.none;

/** Advice to try again. */
const again = (wait: O.Option<number>): string => {
  if (O.isNone(wait)) return '';
  return wait.value === 0 ? 'Try again.' : `Try again in ${Math.ceil(wait.value / 1000)} s.`;
};

/** The whole sentence: what failed, then what to do. `theirs`: the upstream's own text, cleaned; it follows what failed. */
export const sentence = (failure: Failure, theirs = ''): string => {
  const { what, advice } = partsOf(failure);
  const remedies = [advice, again(retryAfterMs(failure))].filter((remedy) => remedy !== '').join(' ');
  if (theirs === '') return `${what}. ${remedies}`.trim();
  if (remedies === '') return `${what}: ${theirs}`;
  return `${what}: ${theirs}${/[.!?]$/.test(theirs) ? '' : '.'} ${remedies}`;
};
