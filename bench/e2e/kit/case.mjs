/** Runs one case in a bounded time, and compares what its user saw and what the upstream played with what should be. */
import { played as inShort } from '../report.mjs';

const LIMIT_MS = 15_000;

const inTime = (work, limitMs) => {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Nothing came of it in ${limitMs / 1000} s.`)), limitMs);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
};

/**
 * @typedef {object} Seen
 * @property {string} saw what the user saw, in a few words
 * @property {readonly string[]} [problems]
 * @property {readonly string[]} [seen] what was played, where another upstream than the usual one played it
 */

/**
 * @param {{ client: string, says: string, source: string, mode: string, id: string, played: readonly string[], limitMs?: number }} kase
 * `played`: what the upstream is to play, attempt by attempt
 * @param {{ attempts: (id: string) => Promise<readonly any[]> }} upstream
 * @param {() => Promise<Seen>} act what it throws is a problem of the case
 */
export const runCase = async ({ id, played, limitMs = LIMIT_MS, ...row }, upstream, act) => {
  const startedAt = performance.now();
  const {
    saw,
    problems = [],
    seen,
  } = await inTime(act(), limitMs).catch((error) => ({
    saw: '',
    problems: [`${error.name}: ${error.message}`],
  }));
  const ms = performance.now() - startedAt;
  const names = seen ?? (await upstream.attempts(id)).map((attempt) => attempt.played);
  const wrong = inShort(names) === inShort(played) ? [] : [`the upstream was to play ${inShort(played)}`];
  return { ...row, ms, saw, attempts: inShort(names), problems: [...problems, ...wrong] };
};

/** A problem where these differ. */
export const same = (what, got, wanted) => {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  return a === b ? [] : [`${what} is ${a?.slice(0, 300)}, not ${b?.slice(0, 300)}`];
};

/** Problems of a text that should be whole: it is too long to be shown twice. @param {string} got @param {string} wanted */
export const sameText = (got, wanted) => {
  if (got === wanted) return [];
  let at = 0;
  while (at < got.length && got[at] === wanted[at]) at += 1;
  return [`${got.length} characters, which differ at ${at} of ${wanted.length}`];
};

/** Below it, a text that breaks off is too little to be a beginning. */
const LEAST_BEGINNING = 20;

export const beginsText = (got, wanted) =>
  got.length >= LEAST_BEGINNING && got.length < wanted.length && wanted.startsWith(got)
    ? []
    : [`${got.length} characters, which are no beginning of ${wanted.length}`];

/** What comes is tried until it is there, or the time is up. */
export const eventually = async (look, limitMs) => {
  for (const end = performance.now() + limitMs; ; ) {
    const found = await look();
    if (found || performance.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** Within it a client that left is to be seen to have left. */
export const LEAVING_MS = 1000;

/** Whether the upstream saw its only attempt end, by the other side, soon after this moment. */
export const sawLeaving = async (upstream, id) => {
  const closed = await eventually(async () => (await upstream.attempts(id))[0]?.closed, LEAVING_MS);
  return /^client-/.test(closed?.how ?? '') ? [] : [`the upstream saw ${closed?.how ?? 'nobody leave'}`];
};

/** Words of their own for each case, so that the answer to another's question is seen. Some need more than a byte. */
export const promptOf = (id) => `${id} \u2014 \u201cwaves\u201d \u{1F30A} \\ "${id}"`;
