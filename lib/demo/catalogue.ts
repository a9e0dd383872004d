/** All that the demo can be asked for by name. */
import type { UpstreamReason } from '../core/reason.js';
import type { Ask } from './ask.js';
import { broken } from './faults/broken.js';
import { connection } from './faults/connection.js';
import { content } from './faults/content.js';
import { ends } from './faults/ends.js';
import { errors } from './faults/errors.js';
import type { GoodReply, ReplyFault } from './faults/fault.js';
import { format } from './faults/format.js';
import { framing, goodFraming } from './faults/framing.js';
import { goodReplies as usuallyGood } from './faults/good.js';
import { framedReplies } from './faults/good-framed.js';
import { hints } from './faults/hints.js';
import { hollowReplies } from './faults/hollow.js';
import { type ListenerFault, listeners } from './faults/listeners.js';
import { oddShapes } from './faults/odd-shapes.js';
import { reasons } from './faults/reasons.js';
import { redirects } from './faults/redirects.js';
import { statuses } from './faults/statuses.js';
import { goodWords, words } from './faults/words.js';
import type { Script } from './script.js';

const replyFaults = {
  ...statuses,
  ...redirects,
  ...hints,
  ...connection,
  ...format,
  ...content,
  ...errors,
  ...broken,
  ...reasons,
  ...hollowReplies,
  ...framing,
  ...words,
};

/** Everything that is unusual and good. */
export const goodReplies = {
  ...usuallyGood,
  ...framedReplies,
  ...oddShapes,
  ...goodFraming,
  ...goodWords,
  ...ends,
};

/** Everything that goes wrong, and what it is to be taken for. */
export const faults = { ...replyFaults, ...listeners };

export type Fault = ReplyFault | ListenerFault;
export type FaultName = keyof typeof faults;
/** The ones that a model name can ask for. */
export type ReplyFaultName = keyof typeof replyFaults;
export type ListenerName = keyof typeof listeners;
export type GoodName = keyof typeof goodReplies;

type Shows<R extends UpstreamReason> = {
  [N in FaultName]: (typeof faults)[N]['reason'] extends R ? N : never;
}[FaultName];

/** The plainest faults of each reason. A reason that no fault shows does not compile. */
export const shows: { readonly [R in UpstreamReason]: readonly [Shows<R>, ...Shows<R>[]] } = {
  rate_limited: ['http-429', 'retry-after-1'],
  payment_required: ['http-402', 'quota-429'],
  overloaded: ['http-503', 'http-529'],
  upstream_error: ['http-500', 'http-502-html'],
  unreachable: ['port-closed'],
  connection_broken: ['reset-before-headers', 'fin-after-headers'],
  tls_failed: ['tls-plain', 'tls-self-signed'],
  unexpected_redirect: ['http-307'],
  empty_reply: ['empty-body', 'content-empty'],
  malformed_reply: ['json-cut', 'gzip-wrong'],
  unexpected_format: ['html-200', 'no-choices'],
  error_in_reply: ['error-object', 'error-string'],
  broken_off: ['broken-reset', 'broken-end'],
  timed_out: ['hang-before-headers', 'hang-after-headers'],
  request_timeout: ['http-408'],
  content_filtered: ['filtered'],
  invalid_request: ['http-400', 'http-404'],
  authentication_failed: ['http-401'],
  permission_denied: ['http-403'],
};

const played: ReadonlyMap<string, ReplyFault | GoodReply> = new Map<string, ReplyFault | GoodReply>([
  ...Object.entries(replyFaults),
  ...Object.entries(goodReplies),
]);

/** Undefined: there is no fault and no good reply of that name. */
export const scriptOf = (name: string): ((ask: Ask) => Script) | undefined => played.get(name)?.script;

/** Some of everything, for a list of models. */
export const modelNames: readonly string[] = [
  'good-plain',
  ...Object.values(shows).flatMap((names) => names.filter((name) => played.has(name))),
].map((name) => `demo:${name}`);
