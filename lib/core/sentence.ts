/** What a failure is called in one sentence of ours: what failed, how often it was tried, what to do. */
import * as O from 'fp-ts/lib/Option.js';
import { type BreakingOff, type Failure, lastOf, match, type Phase } from './failure.js';
import type { Reason } from './reason.js';

/** What failed, and what its reader can do about it. */
interface Telling {
  readonly what: string;
  readonly advice: string;
}

const telling = (what: string, advice = ''): Telling => ({ what, advice });

/** At most one digit behind the point, and none where it says nothing. */
const seconds = (ms: number): string =>
  ms < 100 ? 'under 0.1 s' : `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))} s`;

const BAD_REPLY: Readonly<Record<Reason, Telling>> = {
  rate_limited: telling('Upstream is rate limited'),
  payment_required: telling('Upstream says that the account has no credit left'),
  overloaded: telling('Upstream is overloaded'),
  upstream_error: telling('Upstream failed'),
  unreachable: telling('Upstream cannot be reached'),
  connection_broken: telling('Upstream broke the connection'),
  tls_failed: telling('TLS with the upstream failed'),
  unexpected_redirect: telling('Upstream redirects elsewhere', 'Check target_proxy.url.'),
  empty_reply: telling('Upstream sent an empty reply'),
  malformed_reply: telling('Upstream sent a broken reply'),
  unexpected_format: telling('Upstream sent something that is not a reply', 'Check target_proxy.url.'),
  error_in_reply: telling('Upstream sent an error in place of a reply'),
  broken_off: telling('Upstream broke off in the middle of its reply'),
  timed_out: telling('Upstream did not answer in time'),
  request_timeout: telling('Upstream gave up waiting for the request'),
  content_filtered: telling('Upstream filtered its reply'),
  invalid_request: telling('Upstream refused the request'),
  authentication_failed: telling('Upstream refused the API key'),
  permission_denied: telling('Upstream denied permission'),
  host_not_allowed: telling('This host name is not allowed', 'Add it to server.allowed_hosts.'),
  client_gone: telling('The client has gone'),
  loop_detected: telling('The request has come back to the proxy that sent it', 'Check target_proxy.url.'),
  shedding: telling('The proxy is at capacity'),
  unwanted_reply: telling("Upstream's reply was not wanted"),
  refused_by_stage: telling('A stage of the proxy refused the request'),
  shutting_down: telling('The proxy is shutting down', 'Try again in a moment.'),
  stage_fault: telling('A stage of the proxy failed'),
};

/** These keys win over `target_proxy.timeout`, so that raising them helps whatever is set. */
const raise = (key: Phase): string => `Raise target_proxy.timeouts.${key}.`;

const TIMED_OUT: Readonly<Record<Phase, (limit: string) => Telling>> = {
  connect: (limit) => telling(`No connection to the upstream in ${limit}`, 'Check target_proxy.url.'),
  headers: (limit) => telling(`No answer in ${limit}`, raise('headers')),
  headers_whole: (limit) => telling(`No answer in ${limit}`, raise('headers_whole')),
  first_content: (limit) => telling(`No content in ${limit}`, raise('first_content')),
  idle: (limit) => telling(`Upstream fell silent for ${limit}`, raise('idle')),
  total: (limit) => telling(`No whole reply in ${limit}`, raise('total')),
};

const BROKEN_OFF: Readonly<Record<BreakingOff, Telling>> = {
  reset: telling('Upstream broke off in the middle of its reply'),
  silence: telling('Upstream fell silent in the middle of its reply', raise('idle')),
  total: telling('Upstream was not done with its reply in time', raise('total')),
  end: telling('Upstream ended in the middle of its reply'),
  error: telling('Upstream failed in the middle of its reply'),
  thought: telling('The model only thought, and said nothing'),
};

const withDetail = ({ what, advice }: Telling, detail: string | number): Telling =>
  telling(`${what} (${detail})`, advice);

const tell: (failure: Failure) => Telling = match<Telling>({
  Unreachable: ({ code }) => withDetail(telling(BAD_REPLY.unreachable.what, 'Check target_proxy.url.'), code),
  TlsFailed: ({ code }) => withDetail(telling(BAD_REPLY.tls_failed.what, 'Check target_proxy.url.'), code),
  TimedOut: ({ phase, limitMs }) => TIMED_OUT[phase](seconds(limitMs)),
  Broken: () => BAD_REPLY.connection_broken,
  Malformed: () => BAD_REPLY.malformed_reply,
  BadReply: ({ reason, status }) => (status < 300 ? BAD_REPLY[reason] : withDetail(BAD_REPLY[reason], status)),
  BrokenOff: ({ by }) => BROKEN_OFF[by],
  ClientGone: () => BAD_REPLY.client_gone,
  ShuttingDown: () => BAD_REPLY.shutting_down,
  ClientError: ({ says }) => telling(says.replace(/\.$/, '')),
  HostNotAllowed: () => BAD_REPLY.host_not_allowed,
  Looped: () => BAD_REPLY.loop_detected,
  OriginNotAllowed: () => telling('This origin is not allowed', 'Add it to server.cors.'),
  Shedding: ({ limit }) => withDetail(BAD_REPLY.shedding, limit),
  StageFault: ({ stage, why }) => withDetail(BAD_REPLY.stage_fault, `${stage} ${why}`.trim()),
  Unwanted: ({ says }) => withDetail(BAD_REPLY.unwanted_reply, says),
  Refused: ({ says }) => telling(says.replace(/\.$/, '')),
  GaveUp: ({ last, attempts, elapsedMs }) => {
    const { what, advice } = tell(last);
    return attempts.length > 1
      ? telling(`${what}, ${attempts.length} attempts in ${seconds(elapsedMs)}`, advice)
      : telling(what, advice);
  },
});

/** How long the client should wait, where that is known and helps, in milliseconds. */
export const retryAfterMs = (failure: Failure): O.Option<number> => {
  const last = lastOf(failure);
  if (last._tag === 'Shedding') return O.some(last.retryAfterMs);
  // No wait mends an account without credit.
  return last._tag === 'BadReply' && last.reason !== 'payment_required' ? last.hintMs : O.none;
};

/** The upstream's own text, not cleaned, where it helps: it refused this very request, and says why. */
export const quote = (failure: Failure): O.Option<string> =>
  failure._tag === 'GaveUp' && failure.rejected && failure.last._tag === 'BadReply' && failure.last.text !== ''
    ? O.some(failure.last.text)
    : O.none;

const again = (wait: O.Option<number>): string => {
  if (O.isNone(wait)) return '';
  return wait.value === 0 ? 'Try again.' : `Try again in ${Math.ceil(wait.value / 1000)} s.`;
};

/** What failed, then what to do. `theirs`, what the upstream says of it, cleaned, stands behind what failed. */
export const sentence = (failure: Failure, theirs = ''): string => {
  const { what, advice } = tell(failure);
  const remedies = [advice, again(retryAfterMs(failure))].filter((part) => part !== '').join(' ');
  if (theirs === '') return `${what}. ${remedies}`.trim();
  if (remedies === '') return `${what}: ${theirs}`;
  return `${what}: ${theirs}${/[.!?]$/.test(theirs) ? '' : '.'} ${remedies}`;
};
