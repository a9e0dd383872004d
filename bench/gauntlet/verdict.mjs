/** Whether a case went as it should, and how badly it went where it did not. */
import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { keyOf, PLACES } from './client.mjs';
import { KEEPALIVE } from './ours.mjs';
import { REASONS } from './reasons.mjs';

/** A timer may be this much early, and on a busy machine all of it is late. */
const EARLY_MS = 2;
const SLACK_MS = 400;
/** A timer of many seconds, set by a process that has just started, on a machine that does much else. */
const OPENING_SLACK_MS = 1500;
/** How long a failure may take that is to be told at once. */
const AT_ONCE_MS = 1500;

/** The text of 200 MB, in small. */
const HUGE = { name: 'good-huge', piece: 'wave '.repeat(13_107), times: 3200 };

const digest = (update) => {
  const hash = createHash('sha256');
  update(hash);
  return hash.digest('hex');
};

/** @param {string} text */
export const wanted = (text) => ({ text, length: text.length, sha256: digest((hash) => hash.update(text)) });

const hugeText = () => ({
  text: '',
  length: HUGE.piece.length * HUGE.times,
  sha256: digest((hash) => {
    for (let i = 0; i < HUGE.times; i += 1) hash.update(HUGE.piece);
  }),
});

/** The text that the client is to have. */
export const wantedOf = async ({ textOf, place }, upstream, prompt) => {
  if (textOf === undefined || PLACES[place].mode === 'models') return wanted('');
  return textOf === HUGE.name ? hugeText() : wanted(await upstream.expected(textOf, prompt));
};

const firstDifference = (a, b) => {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
};

/** What the client would take for a success. */
const looksGood = (got) =>
  got.status >= 200 &&
  got.status < 300 &&
  got.error === undefined &&
  got.killed === undefined &&
  got.end === 'clean' &&
  !got.unreadable;

const textProblems = (kase, got, text) => {
  const problems = [];
  if (got.status !== 200) problems.push(`status ${got.status}`);
  if (got.error !== undefined) problems.push('an error');
  if (got.killed !== undefined) problems.push(`the reader stops at ${got.killed}`);
  if (got.end !== 'clean') problems.push(`end: ${got.end}`);
  if (got.unreadable) problems.push('no reply in it');
  if (got.sha256 !== text.sha256) {
    const at = firstDifference(got.text, text.text);
    problems.push(`text differs at ${at} of ${text.length}, ${got.length} came`);
  }
  if (kase.goodFor !== undefined && !got.extras.has(kase.goodFor)) problems.push(`no ${kase.goodFor}`);
  return problems;
};

const errorOf = (got) => (typeof got.error === 'object' && got.error !== null ? got.error : {});

/** Whether an error has the form that this dialect's clients read. */
const formProblems = (dialect, body) => {
  const { type, error } = body;
  if (typeof error?.message !== 'string' || error.message === '') return ['no error.message'];
  if (typeof error.type !== 'string') return ['no error.type'];
  return dialect === 'anthropic' && type !== 'error' ? ['no type: error'] : [];
};

/** What the proxy promises of its errors beyond the dialect's form. */
const promiseProblems = (kase, got, attempts, secrets) => {
  const { dialect } = PLACES[kase.place];
  const problems = [];
  const { type, code, retry_after: retryAfter } = errorOf(got).error ?? {};
  if (got.status !== kase.status) problems.push(`status ${got.status}, not ${kase.status}`);
  if (type !== REASONS[kase.reason][dialect]) problems.push(`type ${type}`);
  if (dialect === 'openai' && code !== kase.reason) problems.push(`code ${code}`);
  if (got.phrase === '' || got.phrase === STATUS_CODES[got.status]) problems.push(`reason phrase "${got.phrase}"`);
  const uncounted = attempts - Number(got.headers['x-seaking-attempts'] ?? 0);
  if (!(uncounted >= 0 && uncounted <= kase.resends)) {
    problems.push(`x-seaking-attempts ${got.headers['x-seaking-attempts']}`);
  }
  if (got.headers['x-should-retry'] !== 'false') problems.push('no x-should-retry: false');
  if (kase.hintMs !== undefined && !(retryAfter >= Math.floor(kase.hintMs / 1000))) {
    problems.push(`retry_after ${retryAfter}`);
  }
  if (secrets.some((secret) => `${got.raw} ${got.phrase}`.includes(secret))) problems.push('shows a key or a host');
  return problems;
};

const errorProblems = (kase, got, strict, attempts, secrets) => {
  const problems = [];
  if (got.end !== 'clean') problems.push(`end: ${got.end}`);
  if (got.status < 400) problems.push(`status ${got.status}`);
  problems.push(...formProblems(PLACES[kase.place].dialect, errorOf(got)));
  if (strict) problems.push(...promiseProblems(kase, got, attempts, secrets));
  return problems;
};

/** A stream that broke: the text so far, an error that the reader shows, and an end. */
const cutTextProblems = (kase, got, text, strict, secrets) => {
  const { dialect } = PLACES[kase.place];
  const problems = [];
  if (got.end !== 'clean') problems.push(`end: ${got.end}`);
  if (got.killed !== undefined) problems.push(`the reader stops at ${got.killed}`);
  if (!text.text.startsWith(got.text)) problems.push(`text differs at ${firstDifference(got.text, text.text)}`);
  if (got.length < kase.leastLength) problems.push(`only ${got.length} characters of the text`);
  problems.push(...formProblems(dialect, errorOf(got)));
  if (!strict) return problems;
  if (got.status !== 200) problems.push(`status ${got.status}`);
  if (dialect === 'openai' && !Array.isArray(got.error?.choices)) problems.push('no choices beside the error');
  if (dialect === 'openai' && got.afterError.join() !== '[DONE]') problems.push('no [DONE] behind the error');
  if (dialect === 'anthropic' && (got.errorEvent !== 'error' || got.afterError.length > 0)) {
    problems.push('error is not the last event, or not named so');
  }
  if (secrets.some((secret) => got.raw.includes(secret))) problems.push('shows a key or a host');
  return problems;
};

/** The story of tries that were made while the stream was open already. */
const lateErrorProblems = (kase, got, text, strict, secrets) => {
  const { dialect } = PLACES[kase.place];
  const { type, code } = errorOf(got).error ?? {};
  const problems = cutTextProblems(kase, got, text, strict, secrets);
  if (type !== REASONS[kase.reason][dialect]) problems.push(`type ${type}`);
  if (dialect === 'openai' && code !== kase.reason) problems.push(`code ${code}`);
  return problems;
};

const COMMENT = /^: ka$/gm;

/** Whether the connection was kept alive while its client waited, and no earlier and no longer. */
const commentProblems = ({ comments }, got) => {
  const came = got.raw.match(COMMENT)?.length ?? 0;
  const due = got.ms < KEEPALIVE.openMs ? 0 : 1 + Math.floor((got.ms - KEEPALIVE.openMs) / KEEPALIVE.everyMs);
  const problems = [];
  if (came < (comments ?? 0) || came > due) problems.push(`${came} comments`);
  const lateMs = got.openedMs - KEEPALIVE.openMs;
  if (comments !== undefined && !(lateMs > -EARLY_MS && lateMs < OPENING_SLACK_MS))
    problems.push(`opened after ${got.openedMs} ms`);
  return problems;
};

/** The waits between attempts, against what the upstream asked for. Another proxy may wait longer than that. */
const hintProblems = ({ hintMs, hintSpreadMs = 0, kind }, attempts, got, strict) => {
  if (hintMs === undefined) return [];
  if (kind === 'not awaited') return strict && got.ms > AT_ONCE_MS ? [`told after ${Math.round(got.ms)} ms`] : [];
  const waits = attempts.slice(1).map(({ at }, i) => at - attempts[i].at);
  const most = strict ? (hintMs + hintSpreadMs) * 1.1 + SLACK_MS : Number.POSITIVE_INFINITY;
  return waits
    .filter((wait, i) => attempts[i].played !== 'good-plain' && (wait < hintMs - EARLY_MS || wait > most))
    .map((wait) => `waited ${Math.round(wait)} ms for a hint of ${hintMs} ms`);
};

/** Another proxy may have its own idea of how often it tries, within bounds. */
const attemptProblems = ({ played, kind, resends }, attempts, { strict, maxAttempts }) => {
  const seen = attempts.map((attempt) => attempt.played);
  if (seen[0] !== played[0]) return [`the upstream saw ${seen.join(', ') || 'nothing'}`];
  if (strict || kind === 'final' || kind === 'good' || kind === 'breaks') {
    const most = kind === 'for ever' ? played.length + resends : played.length;
    const isExpected =
      seen.length >= played.length && seen.length <= most && seen.slice(0, played.length).join() === played.join();
    return isExpected ? [] : [`${seen.length} attempts, not ${played.length}`];
  }
  return seen.length <= maxAttempts + resends ? [] : [`${seen.length} attempts`];
};

const GETS = {
  text: (kase, got, text) => textProblems(kase, got, text),
  error: (kase, got, _text, { strict, secrets }, attempts) => errorProblems(kase, got, strict, attempts, secrets),
  'late error': (kase, got, text, { strict, secrets }) => lateErrorProblems(kase, got, text, strict, secrets),
  'cut text': (kase, got, text, { strict, secrets }) => cutTextProblems(kase, got, text, strict, secrets),
};

/**
 * `strict` holds a proxy to this product's own promises; otherwise an error in the dialect and bounded attempts do.
 *
 * @param {import('./cases.mjs').Case} kase
 * @param {{ strict: boolean, maxAttempts: number, hosts: readonly string[] }} options
 */
export const verdict = (kase, got, attempts, text, options) => {
  const told = { ...options, secrets: [...options.hosts, keyOf(kase.id)] };
  const problems = [
    ...GETS[kase.gets](kase, got, text, told, attempts.length),
    ...attemptProblems(kase, attempts, options),
    ...hintProblems(kase, attempts, got, options.strict),
    ...commentProblems(kase, got),
  ];
  if (problems.length === 0) return { outcome: 'good', problems };
  if (kase.kind === 'good') return { outcome: 'refused', problems };
  const isRight = kase.gets === 'text' && got.sha256 === text.sha256;
  return { outcome: looksGood(got) && !isRight ? 'passed off' : 'bad', problems };
};
