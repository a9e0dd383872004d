/** Every case of the gauntlet, made from the demo's catalogue: what is asked for, and what is to come of it. */
import { PLACES } from './client.mjs';
import { SETTINGS } from './ours.mjs';
import { REASONS, statusOf } from './reasons.mjs';

/** How often a fault is played before all is well. */
const FAILURES = 2;
const LIMIT_MS = 25_000;
const LATE_LIMIT_MS = 60_000;
const HUGE_LIMIT_MS = 90_000;

const WELL = 'good-plain';

/** A date has whole seconds, so the wait that it asks for is up to so much longer than what is told of it. */
const HINT_SPREAD_MS = { 'retry-after-date': 1000 };

/** What a good reply without text is good for. */
const GOOD_FOR = {
  'good-tool-call': 'tool call',
  'good-refusal': 'refusal',
  'good-audio': 'audio',
  'good-image': 'image',
  'good-reasoning-length': 'reasoning',
  'good-models-array': 'models',
  'good-models-bare': 'models',
  'good-models-null': 'no models',
  'good-models-names': 'models',
  'good-models-ollama': 'models',
  'good-models-nameless': 'models',
  'good-models-fin': 'models',
};

/**
 * They run alone. Some are much work; the others leave bytes on a kept connection, and HTTP cannot tell those from the
 * answer to a request that is sent before they have come.
 */
const ALONE = new Set([
  'good-huge',
  'gzip-bomb',
  'good-extra-bytes',
  'good-second-reply',
  'good-blank-lines',
  'good-blanks-first',
  'line-too-long',
]);

/** On a kept connection these look as if it had died unused, so one more request may be sent, at once. */
const RESENT = new Set(['reset-before-headers', 'fin-before-headers', 'good-reset-kept']);

const times = (count, name) => Array.from({ length: count }, () => name);

/**
 * @typedef {object} Case
 * @property {string} name of the fault or the good reply
 * @property {string} place a key of PLACES
 * @property {'mended' | 'for ever' | 'final' | 'not awaited' | 'good' | 'breaks' | 'continued'} kind
 * @property {string} id
 * @property {string} wish the model name, without `demo:`
 * @property {'light' | 'waits' | 'late' | 'alone'} weight
 * @property {number} limitMs
 * @property {readonly string[]} played what the upstream is to play, attempt by attempt
 * @property {number} resends how many more may be seen, that do not count as attempts
 * @property {'text' | 'error' | 'late error' | 'cut text'} gets
 * @property {string} [textOf] the good reply whose text it is
 * @property {string} [goodFor]
 * @property {string} [reason]
 * @property {number} [status]
 * @property {number} [hintMs]
 * @property {number} [hintSpreadMs]
 * @property {number} [leastLength] of a text that is cut
 * @property {number} [comments] how many the client is to get at the least, to be kept alive
 */

/** Good replies and streams that break, and that only a limit ends. */
const UNENDED = new Set([
  'good-slow',
  'broken-silence',
  'good-stop-silence',
  'good-stop-comments',
  'good-silence-for-json',
  'good-json-silence',
]);

const isWaiting = ({ name, reason, hintMs = 0 }) => reason === 'timed_out' || hintMs > 100 || UNENDED.has(name);

const caseOf = (entry, place, kind, wishTimes, more) => {
  const id = `${entry.name}.${place}.${kind.replace(/ /g, '-')}`;
  return {
    name: entry.name,
    place,
    kind,
    id,
    wish: `${entry.name}:${wishTimes}:${id}`,
    weight: ALONE.has(entry.name) ? 'alone' : isWaiting(entry) ? 'waits' : 'light',
    limitMs: entry.name === 'good-huge' ? HUGE_LIMIT_MS : LIMIT_MS,
    reason: entry.reason,
    resends: RESENT.has(entry.name) ? 1 : 0,
    ...more,
  };
};

/** The model only thinks, and thoughts commit a stream unless text is waited for. */
const isThought = ({ reason, retried }) => reason === 'empty_reply' && retried === false;

/** Streams in which a failure can only be told at the end, since what came before was sent on. */
const breaksStream = (fault, { commit }) =>
  commit !== 'complete' && (fault.reason === 'broken_off' || (isThought(fault) && commit === 'first_content'));

/** Whether another try mends it before the client has any of it. */
export const isMended = (fault) => fault.reason !== 'broken_off' && (fault.retried ?? REASONS[fault.reason].retried);

/** What a stream that breaks is taken for where all of it is held back, so that it can be asked for again. */
const HELD_REASONS = {
  'broken-reset-first': 'connection_broken',
  'broken-reset': 'connection_broken',
  'broken-fin': 'connection_broken',
  'broken-mid-chunk': 'connection_broken',
  'broken-chunk-size': 'malformed_reply',
  'broken-silence': 'timed_out',
  'broken-error': 'error_in_reply',
  'broken-network-error': 'error_in_reply',
  'broken-abort': 'error_in_reply',
  'broken-error-field': 'error_in_reply',
};
const NAMED_STATUS = { openai: 500, anthropic: 529 };
/** A reason to stop names no status. */
const NAMES_NO_STATUS = new Set(['broken-network-error', 'broken-abort']);

/** The same fault where it came before anything was sent on. */
const beforeCommit = (fault, place) => {
  if (isThought(fault)) return { ...fault, retried: true };
  if (fault.reason !== 'broken_off') return fault;
  const reason = HELD_REASONS[fault.name] ?? fault.reason;
  const isNamed = reason === 'error_in_reply' && !NAMES_NO_STATUS.has(fault.name);
  const status = isNamed ? NAMED_STATUS[PLACES[place].dialect] : undefined;
  return { ...fault, reason, status };
};

/** All that is tried again takes long where clients are kept alive, with waits that are longer than any hint. */
const late = (kase, comments) => ({ ...kase, weight: 'late', limitMs: LATE_LIMIT_MS, hintMs: undefined, comments });

const toldInStream = (kase) => ({ ...kase, gets: 'late error', status: 200 });

/** Of each reason these are enough, but not those that are sent again at once and so are mended early: what a reply is taken for does not depend on what keeps its client alive. */
const LATE_FAULTS = 2;

const isStream = (place) => PLACES[place].streams;

/** @param {readonly any[]} faults */
const plainest = (faults) =>
  faults.filter((fault) => faults.filter(({ reason }) => reason === fault.reason).indexOf(fault) < LATE_FAULTS);

const brokenCases = (fault, place, { onBreak }) => {
  // All that the model thought is no text.
  const thought = fault.reason !== 'broken_off';
  const leastLength = thought ? 0 : fault.name === 'broken-reset-first' ? 1 : 60;
  const broken = { gets: 'cut text', status: 200, leastLength, textOf: WELL };
  if (onBreak === 'error' || thought) {
    return [caseOf(fault, place, 'breaks', 'always', { ...broken, played: [fault.name] })];
  }
  return [
    caseOf(fault, place, 'continued', 1, { gets: 'text', textOf: WELL, played: [fault.name, WELL] }),
    caseOf(fault, place, 'breaks', 'always', { ...broken, played: times(1 + SETTINGS.maxContinues, fault.name) }),
  ];
};

const faultCases = (known, place, options) => {
  if (breaksStream(known, options)) return brokenCases(known, place, options);
  const fault = beforeCommit(known, place);
  const { name, reason, hintMs } = fault;
  const error = { gets: 'error', status: statusOf(reason, fault.status ?? 0), hintMs };
  const isRetried = fault.retried ?? REASONS[reason].retried;
  if (!isRetried) return [caseOf(fault, place, 'final', 'always', { ...error, played: [name] })];
  if (hintMs > SETTINGS.maxDelayMs) {
    return [caseOf(fault, place, 'not awaited', 'always', { ...error, played: [name] })];
  }
  const mended = caseOf(fault, place, 'mended', FAILURES, {
    gets: 'text',
    textOf: WELL,
    ...(place === 'models' && { goodFor: 'models' }),
    played: [...times(FAILURES, name), WELL],
    hintMs,
    hintSpreadMs: HINT_SPREAD_MS[name] ?? 0,
  });
  const lasting = caseOf(fault, place, 'for ever', 'always', {
    ...error,
    played: times(1 + SETTINGS.maxRetries, name),
    hintSpreadMs: HINT_SPREAD_MS[name] ?? 0,
  });
  if (options.keepalive === 'comments') return [late(mended, 1), late(toldInStream(lasting), 2)];
  return options.quick ? [mended] : [mended, lasting];
};

const goodCase = (reply, place) =>
  caseOf(reply, place, 'good', 'always', {
    gets: 'text',
    textOf: reply.name,
    goodFor: GOOD_FOR[reply.name],
    played: [reply.name],
  });

/**
 * @param {{ faults: readonly any[], goodReplies: readonly any[] }} catalogue
 * @param {{
 *   onBreak: 'error' | 'continue',
 *   commit: 'first_content' | 'first_text' | 'complete',
 *   keepalive: 'off' | 'comments',
 *   quick: boolean,
 *   only: (name: string) => boolean,
 * }} options `commit` and `keepalive` change what comes of streams, so that others than the usual ones bring streams alone
 * @returns {readonly Case[]}
 */
export const casesOf = ({ faults, goodReplies }, options) => {
  const isUsual = options.commit === 'first_content' && options.keepalive === 'off';
  const replies = faults.filter(({ kind, name }) => kind === 'reply' && options.only(name));
  const isLate = options.keepalive === 'comments';
  const played = isLate
    ? plainest(replies.filter(({ name, places }) => places.some(isStream) && !RESENT.has(name)))
    : replies;
  const good = isLate ? goodReplies.filter(({ name }) => name === WELL) : goodReplies;
  return [
    ...played.flatMap((fault) => fault.places.flatMap((place) => faultCases(fault, place, options))),
    ...good.flatMap((reply) => reply.places.map((place) => goodCase(reply, place))),
  ].filter(
    ({ name, weight, place }) =>
      options.only(name) && !(options.quick && weight !== 'light') && (isUsual || isStream(place)),
  );
};
