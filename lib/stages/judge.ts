/** The judge: pure, from what a try came to, to what is to be done about it. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { cutSecrets } from '../core/clean.js';
import type { Replied, Reply } from '../core/exchange.js';
import { reasonOf, type Simple, type Unwanted } from '../core/failure.js';
import { hint } from '../core/hints.js';
import type { Reading, UpstreamError } from '../core/reading.js';
import type { Reason } from '../core/reason.js';
import type { RetrySettings } from '../core/settings.js';
import {
  accept,
  type CodeRules,
  type Judge,
  reasonForStatus,
  reject,
  retry,
  statusIsRetried,
  type Verdict,
  verdictOnFailure,
} from '../core/verdict.js';
import { sentSecrets } from '../dialects/credentials.js';
import { readError } from '../dialects/errors.js';

export type JudgeRules = CodeRules & Pick<RetrySettings, 'retryFiltered'>;

interface Case {
  readonly rules: JudgeRules;
  readonly replied: Replied;
  readonly reply: Reply;
  readonly nowMs: number;
}

const nothingSaid = (text: string): UpstreamError => ({
  text,
  status: O.none,
  quota: false,
  hintMs: O.none,
  filtered: false,
});

/** Without secrets that stages have sent: only here is it known what was really sent. */
const textIn = ({ text }: UpstreamError, replied: Replied): string =>
  text === '' ? text : cutSecrets(text, sentSecrets(replied));

const bad = (
  reason: Reason,
  { replied, reply, nowMs }: Case,
  error = nothingSaid(''),
  status = reply.status,
): Simple => ({
  _tag: 'BadReply',
  reason,
  status,
  text: textIn(error, replied),
  hintMs: hint(reply.headers, nowMs, error),
});

const filtered = (given: Case, error: UpstreamError): Verdict => {
  const failure = bad('content_filtered', given, error);
  const { retryFiltered } = given.rules;
  return retryFiltered > 0 ? retry(failure, O.some(retryFiltered)) : reject(failure);
};

/**
 * An error, wherever it stood: by the status that it has or names. One that names none may be anything, so that another
 * try may mend it. No wait mends an account without credit.
 */
const onError = (reason: Reason, given: Case, error: UpstreamError, named: O.Option<number>): Verdict => {
  const status = O.getOrElse(() => given.reply.status)(named);
  if (error.quota) return reject(bad('payment_required', given, error, status));
  if (error.filtered) return filtered(given, error);
  const failure = bad(reason, given, error, status);
  // What the head says of trying again, it says of its own status, not of one that only the body names.
  const headers = status === given.reply.status ? given.reply.headers : {};
  const isRetried = O.isNone(named) || statusIsRetried(given.rules, status, headers);
  return isRetried ? retry(failure) : reject(failure);
};

const onStatus = (given: Case): Verdict => {
  const { status, body } = given.reply;
  const error = body._tag === 'Bytes' ? readError(body.bytes, status) : nothingSaid('');
  return onError(reasonForStatus(status), given, error, O.some(status));
};

const onReading = (reading: Reading, given: Case): Verdict => {
  switch (reading._tag) {
    case 'Content':
    case 'Unread':
      return accept(given.reply);
    case 'Undecided':
      return accept(given.reply, O.some('opened_without_content'));
    case 'ThinkingOnly':
      return reading.cut ? accept(given.reply, O.some('cut_while_thinking')) : retry(bad('empty_reply', given));
    case 'Empty':
      return retry(bad('empty_reply', given));
    case 'Filtered':
      return filtered(given, nothingSaid(reading.text));
    case 'ErrorInReply':
      return onError('error_in_reply', given, reading.error, reading.error.status);
    case 'WrongFormat':
      return retry(bad('unexpected_format', given, nothingSaid(reading.text)));
    case 'Unparsable':
      return retry(bad('malformed_reply', given));
    case 'BrokenOff':
      return retry({ _tag: 'BrokenOff', by: 'end' });
  }
};

/** A conditional request that was passed through is answered so; all other redirects lead away from the target. */
const NOT_MODIFIED = 304;

const onReply = (given: Case): Verdict => {
  const { reply, reading, plan } = given.replied;
  if (reply.status < 300) return onReading(reading, given);
  if (reply.status === NOT_MODIFIED && !plan.inspected) return accept(reply);
  return reply.status < 400 ? reject(bad('unexpected_redirect', given)) : onStatus(given);
};

/**
 * An objection of a stage makes a good reply a bad one. Of a bad one the verdict stands, and is reported; the stage may have
 * it tried again besides. Where the account has no credit nobody may.
 */
const withObjection = (verdict: Verdict, unwanted: Unwanted): Verdict => {
  if (verdict._tag === 'Accept') return verdictOnFailure(unwanted);
  const hasNoCredit = verdict._tag === 'Reject' && reasonOf(verdict.failure) === 'payment_required';
  return hasNoCredit && unwanted.changed !== true ? verdict : { ...verdict, unwanted };
};

export const judge =
  (rules: JudgeRules): Judge =>
  (outcome, nowMs) => {
    if (E.isLeft(outcome)) return verdictOnFailure(outcome.left);
    const { reply, unwanted } = outcome.right;
    const verdict = onReply({ rules, replied: outcome.right, reply, nowMs });
    return unwanted === undefined ? verdict : withObjection(verdict, unwanted);
  };
