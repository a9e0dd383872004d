/** Has SillyTavern ask through the proxy, and judges what its user would see. */
import { connection } from './cases.mjs';

/** Below it, a text that breaks off is too little to be a beginning. */
const LEAST_BEGINNING = 20;

const firstDifference = (a, b) => {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
};

const TEXTS = {
  whole: (shown, expected) => shown === expected,
  beginning: (shown, expected) =>
    shown.length >= LEAST_BEGINNING && shown.length < expected.length && expected.startsWith(shown),
  none: (shown) => shown === '',
};

const problemsOf = (kase, { text, toasts, finished, status }, attempts, expected) => {
  const problems = [];
  if (!TEXTS[kase.text](text, expected)) {
    const at = firstDifference(text, expected);
    problems.push(`${text.length} characters, differs at ${at} of ${expected.length}`);
  }
  const isTold = kase.toast === undefined ? toasts.length === 0 : toasts.length === 1 && kase.toast.test(toasts[0]);
  if (!isTold) problems.push(`told ${JSON.stringify(toasts)}`);
  if (kase.stream && kase.source !== 'claude' && status === 200 && !finished) problems.push('no [DONE]');
  const played = attempts.map((attempt) => attempt.played).join(', ');
  if (played !== kase.played.join(', ')) problems.push(`the upstream played ${played || 'nothing'}`);
  return problems;
};

/** @typedef {{ says: string, source: string, mode: string, ms: number, told: string, problems: readonly string[] }} Result */

/** Times what is done; what it throws is a problem of the case. */
const judged = async (row, judge) => {
  const startedAt = performance.now();
  const verdict = await judge().catch((error) => ({ told: '', problems: [`${error.name}: ${error.message}`] }));
  return { ...row, ms: performance.now() - startedAt, ...verdict };
};

/**
 * @param {{ backend: any, page: any, upstream: any, url: string }} world `url`: of the proxy, with `/v1`
 * @param {string} source
 * @returns {Promise<Result>}
 */
export const runListing = ({ backend, upstream, url }, source) =>
  judged({ says: 'the list of models', source, mode: 'models' }, async () => {
    const shown = await (await backend.ask('status', connection(source, url))).json();
    const { data } = await (await fetch(`${upstream.url}/v1/models`)).json();
    const ids = (list) => (Array.isArray(list) ? list.map(({ id }) => id).join(', ') : '');
    const isSame = data.length > 0 && ids(shown.data) === ids(data);
    return { told: `${shown.data?.length ?? 0} models`, problems: isSame ? [] : [`got ${JSON.stringify(shown)}`] };
  });

/**
 * @param {Parameters<typeof runListing>[0]} world
 * @param {import('./cases.mjs').Case} kase
 * @param {number} number tells cases apart
 * @returns {Promise<Result>}
 */
export const runCase = ({ backend, page, upstream, url }, kase, number) => {
  const { says, source, stream } = kase;
  const id = `sillytavern.${number}`;
  // Each case has words of its own, so that an answer to another's question is seen. Some need more than a byte.
  const prompt = `${id} \u2014 \u201cwaves\u201d \u{1F30A} \\ "${says}"`;
  const asked = {
    ...connection(source, url),
    model: `demo:${kase.wish}:${id}`,
    messages: [
      { role: 'system', content: 'You are the sea king.' },
      { role: 'user', content: prompt },
    ],
    max_tokens: 300,
    temperature: 1,
    stream,
  };
  return judged({ says, source, mode: stream ? 'stream' : 'json' }, async () => {
    const shown = await page.show(kase, await backend.ask('generate', asked));
    const expected = await upstream.expected('good-plain', prompt);
    const problems = problemsOf(kase, shown, await upstream.attempts(id), expected);
    return { told: [`${shown.text.length} characters`, ...shown.toasts].join('; '), problems };
  });
};
