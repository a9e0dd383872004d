/** Every case of the gauntlet, made from the demo's catalogue: what is asked for, and what is to come of it. */
import { SETTINGS } from './ours.mjs';
import { REASONS, statusOf } from './reasons.mjs';

/** How often a fault is played before all is well. */
const FAILURES = 2;
const LIMIT_MS = 25_000;
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
};

/**
 * They run alone. Some are much work; the others leave bytes on a kept connection, and HTTP cannot tell those from the
 * answer to a request that is sent before they have come.
 */
const ALONE = new Set(['good-huge', 'gzip-bomb', 'good-extra-bytes', 'good-second-reply']);

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
 * @property {'light' | 'waits' | 'alone'} weight
 * @property {number} limitMs
 * @property {readonly string[]} played what the upstream is to play, attempt by attempt
 * @property {number} resends how many more may be seen, that do not count as attempts
 * @property {'text' | 'error' | 'cut text'} gets
 * @property {string} [textOf] the good reply whose text it is
 * @property {string} [goodFor]
 * @property {string} [reason]
 * @property {number} [status]
 * @property {number} [hintMs]
 * @property {number} [hintSpreadMs]
 * @property {number} [leastLength] of a text that is cut
 */

const isWaiting = ({ name, reason, hintMs = 0 }) =>
  reason === 'timed_out' || hintMs > 100 || name === 'good-slow' || name === 'broken-silence';

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

/** It tells its finish, and only the end is missing: there is nothing to go on with. */
const FINISHED = 'broken-no-stop';

/** Streams in which a failure can only be told at the end, since what came before was sent on. */
const breaksStream = ({ reason, retried }) =>
  reason === 'broken_off' || (reason === 'empty_reply' && retried === false);

const brokenCases = (fault, place, { onBreak }) => {
  // All that the model thought is no text.
  const thought = fault.reason !== 'broken_off';
  const leastLength = thought ? 0 : fault.name === 'broken-reset-first' ? 1 : 60;
  const broken = { gets: 'cut text', status: 200, leastLength, textOf: WELL };
  if (onBreak === 'error' || thought || fault.name === FINISHED) {
    return [caseOf(fault, place, 'breaks', 'always', { ...broken, played: [fault.name] })];
  }
  return [
    caseOf(fault, place, 'continued', 1, { gets: 'text', textOf: WELL, played: [fault.name, WELL] }),
    caseOf(fault, place, 'breaks', 'always', { ...broken, played: times(1 + SETTINGS.maxContinues, fault.name) }),
  ];
};

const faultCases = (fault, place, options) => {
  if (breaksStream(fault)) return brokenCases(fault, place, options);
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
 * @param {{ onBreak: 'error' | 'continue', quick: boolean, only: (name: string) => boolean }} options
 * @returns {readonly Case[]}
 */
export const casesOf = ({ faults, goodReplies }, options) =>
  [
    ...faults
      .filter(({ kind }) => kind === 'reply')
      .flatMap((fault) => fault.places.flatMap((place) => faultCases(fault, place, options))),
    ...goodReplies.flatMap((reply) => reply.places.map((place) => goodCase(reply, place))),
  ].filter(({ name, weight }) => options.only(name) && !(options.quick && weight !== 'light'));
