/** Runs cases against a proxy, some at a time. */
import { ask } from './client.mjs';
import { verdict, wantedOf } from './verdict.mjs';

/** What is late does nothing but wait. */
const AT_ONCE = { waits: 48, late: 1000, light: 8, alone: 1 };

const AFTERMATH_MS = 50;

const pool = async (jobs, size) => {
  const rest = [...jobs];
  const worker = async () => {
    for (let job = rest.shift(); job !== undefined; job = rest.shift()) await job();
  };
  await Promise.all(Array.from({ length: size }, worker));
};

const runCase = async (kase, base, upstream, run, options) => {
  // Each case has words of its own, so that an answer to another's question is seen. Some need more than a byte.
  const id = `${kase.id}.${run}`;
  const prompt = `${kase.id} \u2014 \u201cwaves\u201d \u{1F30A} \\ "${run}"`;
  const text = await wantedOf(kase, upstream, prompt);
  const mine = { ...kase, id, wish: kase.wish.replace(kase.id, id) };
  const got = await ask(base, kase.place, { ...mine, prompt });
  // What a lone case leaves behind comes after its end.
  if (kase.weight === 'alone') await new Promise((resolve) => setTimeout(resolve, AFTERMATH_MS));
  const attempts = await upstream.attempts(id);
  const { raw: _, text: __, ...kept } = got;
  return { kase, got: kept, attempts: attempts.length, ...verdict(mine, got, attempts, text, options) };
};

let runs = 0;

/**
 * @param {string} base
 * @param {ReturnType<import('./upstream-client.mjs').upstreamAt>} upstream
 * @param {readonly import('./cases.mjs').Case[]} cases
 * @param {{ strict: boolean, maxAttempts: number, hosts: readonly string[] }} options
 */
export const runCases = async (base, upstream, cases, options) => {
  runs += 1;
  const run = `${process.pid}.${runs}`;
  const results = new Map();
  const jobs = (weight) =>
    cases
      .filter((kase) => kase.weight === weight)
      .map((kase) => async () => results.set(kase, await runCase(kase, base, upstream, run, options)));
  await Promise.all(['waits', 'late', 'light'].map((weight) => pool(jobs(weight), AT_ONCE[weight])));
  await pool(jobs('alone'), AT_ONCE.alone);
  return cases.map((kase) => results.get(kase));
};
