/** Texts by SillyTavern's backend, whole and streamed: replies, also after failures, errors, streams that break, Stop. */
import { beginsText, eventually, LEAVING_MS, sameText, sawLeaving } from '../kit/case.mjs';
import { BREAKING, FAILING, sentence } from '../kit/words.mjs';
import { DEEPSEEK, MAKERSUITE, TEXT, VERTEXAI } from './sources.mjs';

/**
 * @typedef {object} World
 * @property {(path: string, body: object, signal?: AbortSignal) => Promise<Response>} post to SillyTavern's backend
 * @property {any} page
 * @property {any} upstream
 * @property {string} url of the proxy
 * @property {string} id
 * @property {string} prompt
 */

const WELL = 'good-plain';

const ask = ({ post, url, prompt, id }, { source, path, body }, stream, wish, signal) =>
  post(path, body({ url, prompt, stream, model: `demo:${wish}:${id}`, source }), signal);

export const show = async (world, from, stream, wish) =>
  world.page.show({ source: from.source, stream }, await ask(world, from, stream, wish));

const good = (says, ...failures) => ({
  says,
  wish: failures.length === 0 ? `${WELL}:always` : `${failures.join('+')}:1`,
  played: [...failures, WELL],
  judge: async ({ text, toasts }, { upstream, prompt }) => ({
    saw: 'the whole text',
    problems: [...sameText(text, await upstream.expected(WELL, prompt)), ...toasts.map((toast) => `told ${toast}`)],
  }),
});

/** Of a text completion that is not streamed, SillyTavern shows the whole body of an error. */
const told = (source, stream, toast) => {
  if (source !== 'text' || stream) return toast;
  const { error } = JSON.parse(toast);
  return error.message;
};

export const tells = (toasts, pattern, source, stream) => {
  const [toast = ''] = toasts;
  const says = toast === '' ? '' : told(source, stream, toast);
  return {
    saw: `${says === toast ? '' : 'JSON with '}${JSON.stringify(says)}`,
    problems: toasts.length === 1 && pattern.test(says) ? [] : [`told ${JSON.stringify(toasts)}`],
  };
};

const fails = ({ says, fault, tries, sentence: pattern }) => ({
  says,
  wish: `${fault}:always`,
  played: Array.from({ length: tries }, () => fault),
  judge: async ({ text, toasts }, _, source, stream) => {
    const { saw, problems } = tells(toasts, pattern, source, stream);
    return { saw, problems: text === '' ? problems : [...problems, `showed ${text.length} characters`] };
  },
});

const breaks = ({ says, fault, sentence: pattern }) => ({
  says,
  wish: `${fault}:always`,
  played: [fault],
  judge: async ({ text, toasts }, { upstream, prompt }, source) => {
    const { saw, problems } = tells(toasts, pattern, source, true);
    const begun = beginsText(text, await upstream.expected(WELL, prompt));
    return { saw: `a beginning, then ${saw}`, problems: [...begun, ...problems] };
  },
});

/** The path that is repeated has the key in its query, of the source makersuite. */
const ECHO = {
  says: 'an error that repeats key and address',
  fault: 'http-401-echo',
  tries: 1,
  sentence: /^Upstream refused the API key \(401\): Not allowed: key (none|Bearer \[cut\]) at \[cut\]$/,
};

const named = (...faults) => FAILING.filter(({ fault }) => faults.includes(fault));

const EITHER = [
  good('one reply'),
  good('two failures, then a reply', 'http-429', 'http-502-html'),
  good('a reset, then a reply', 'reset-mid-headers'),
  ...[ECHO, ...named('http-400', 'http-502-html')].map(fails),
];

/** Google has the same words for no credit as for a limit, which may pass. */
const NO_GOOGLE = named('quota-429', 'hang-before-headers').map(fails);

/** Where replies are not judged, a break is told as what broke it. */
const CUT = BREAKING.filter(({ fault }) => fault === 'broken-reset' || fault === 'broken-silence');
const CUT_UNREAD = [
  { ...CUT[0], sentence: sentence('Upstream broke the connection.') },
  { ...CUT[1], sentence: sentence('Upstream fell silent for 1 s. Raise target_proxy.timeouts.idle.') },
];

const leaves = (from) => ({
  says: 'Stop in mid-stream',
  source: from.source,
  mode: 'stream',
  played: ['broken-silence'],
  act: async (world) => {
    const controller = new AbortController();
    const response = await ask(world, from, true, 'broken-silence:always', controller.signal);
    const isAsked = await eventually(async () => (await world.upstream.attempts(world.id)).length > 0, LEAVING_MS);
    await response.body.getReader().read();
    controller.abort();
    const unasked = isAsked ? [] : ['the upstream was not asked'];
    return { saw: 'the end', problems: [...unasked, ...(await sawLeaving(world.upstream, world.id))] };
  },
});

const caseOf =
  (from, stream) =>
  ({ says, wish, played, judge }) => ({
    says,
    source: from.source,
    mode: stream ? 'stream' : 'json',
    played,
    act: async (world) => judge(await show(world, from, stream, wish), world, from.source, stream),
  });

const casesOf = (from) => {
  const isGoogle = from === MAKERSUITE || from === VERTEXAI;
  const either = isGoogle ? EITHER : [...EITHER, ...NO_GOOGLE];
  const breaking = (from === DEEPSEEK ? CUT : CUT_UNREAD).map(breaks);
  return [...either.map(caseOf(from, false)), ...[...either, ...breaking].map(caseOf(from, true)), leaves(from)];
};

export const CHATS = [MAKERSUITE, VERTEXAI, DEEPSEEK, TEXT].flatMap(casesOf);
