/** Has SillyTavern ask through the proxy, and judges what its user would see. */
import { judged, played } from '../report.mjs';
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
  const seen = played(attempts.map((attempt) => attempt.played));
  if (seen !== played(kase.played)) problems.push(`the upstream played ${seen}`);
  return problems;
};

const CLIENT = 'SillyTavern backend';

/**
 * @param {{ backend: any, page: any, upstream: any, url: string }} world `url`: of the proxy, with `/v1`
 * @param {string} source
 * @returns {Promise<import('../report.mjs').Row>}
 */
export const runListing = ({ backend, upstream, url }, source) =>
  judged({ client: CLIENT, says: 'the list of models', source, mode: 'models' }, async () => {
    const shown = await (await backend.ask('status', connection(source, url))).json();
    const { data } = await (await fetch(`${upstream.url}/v1/models`)).json();
    const ids = (list) => (Array.isArray(list) ? list.map(({ id }) => id).join(', ') : '');
    const isSame = data.length > 0 && ids(shown.data) === ids(data);
    const saw = `${shown.data?.length ?? 0} models`;
    return { saw, attempts: '/models', problems: isSame ? [] : [`got ${JSON.stringify(shown)}`] };
  });

/**
 * @param {Parameters<typeof runListing>[0]} world
 * @param {import('./cases.mjs').Case} kase
 * @param {number} number tells cases apart
 * @returns {Promise<import('../report.mjs').Row>}
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
  return judged({ client: CLIENT, says, source, mode: stream ? 'stream' : 'json' }, async () => {
    const shown = await page.show(kase, await backend.ask('generate', asked));
    const expected = await upstream.expected('good-plain', prompt);
    const attempts = await upstream.attempts(id);
    const text = shown.text === '' ? [] : [shown.text === expected ? 'the reply' : 'the beginning'];
    return {
      saw: [...text, ...shown.toasts].join('; '),
      attempts: played(attempts.map((attempt) => attempt.played)),
      problems: problemsOf(kase, shown, attempts, expected),
    };
  });
};
