/** Lists, speech and vectors by SillyTavern's backend. */
import { speechBytes } from '../../../dist/lib/demo/answers/other.js';
import { same } from '../kit/case.mjs';
import { sentence } from '../kit/words.mjs';
import { LISTING, VECTORS } from './sources.mjs';

const WELL = 'good-plain';
const REFUSED = sentence('Upstream refused the API key (401): Incorrect API key provided.');
const LASTING = sentence('Upstream failed (502), 4 attempts in T.');

/** Its page shows no more than these words, whatever came. */
const NO_WORDS = 'Internal Server Error';

const idsAt = async (upstream) => (await (await fetch(`${upstream.url}/v1/models`)).json()).data.map(({ id }) => id);

/** Its answer in JSON, or the status and the text of an error. */
const got = async (response) =>
  response.ok ? response.json() : { status: response.status, text: await response.text() };

/** The lists: the proxy that is asked sends the wish along, as the requests can not. */
export const LISTS = LISTING.map(({ source, path, body }) => ({
  says: 'two failures, then the list',
  source,
  mode: 'models',
  wish: 'http-429+http-502-html:1',
  played: ['http-429', 'http-502-html', WELL],
  act: async ({ post, upstream, url }) => {
    const { data } = await got(await post(path, body(url)));
    const ids = Array.isArray(data) ? data.map(({ id }) => id) : data;
    return { saw: 'the list', problems: same('the list', ids, await idsAt(upstream)) };
  },
}));

const speak = ({ post, url, id, prompt }, wish) =>
  post('api/openai/custom/generate-voice', {
    provider_endpoint: `${url}/v1/audio/speech`,
    model: `demo:${wish}:${id}`,
    input: prompt,
    voice: 'alloy',
  });

const speaks = (says, ...failures) => ({
  says,
  source: 'tts',
  mode: 'binary',
  played: [...failures, WELL],
  act: async (world) => {
    const response = await speak(world, failures.length === 0 ? WELL : `${failures.join('+')}:1`);
    const bytes = Buffer.from(await response.arrayBuffer());
    const isSame = response.ok && bytes.equals(speechBytes);
    return {
      saw: `${bytes.length} bytes`,
      problems: isSame ? [] : [`${response.status}: not the bytes that were sent`],
    };
  },
});

const speechFails = (says, fault, tries, pattern) => ({
  says,
  source: 'tts',
  mode: 'binary',
  played: Array.from({ length: tries }, () => fault),
  act: async (world) => {
    const response = await speak(world, `${fault}:always`);
    const { error } = JSON.parse(await response.text());
    const problems = pattern.test(error?.message) ? [] : [`was sent ${JSON.stringify(error)}`];
    return { saw: response.statusText, problems: [...problems, ...same('shown', response.statusText, NO_WORDS)] };
  },
});

export const SPEECH = [
  speaks('one reply'),
  speaks('two failures, then a reply', 'http-429', 'http-502-html'),
  speaks('a reset, then a reply', 'reset-mid-headers'),
  speechFails('a wrong key', 'http-401', 1, REFUSED),
  speechFails("a gateway's page that lasts", 'http-502-html', 4, LASTING),
];

const ITEMS = [
  { hash: 1, text: 'The sea king listens.', index: 0 },
  { hash: 2, text: 'Every wave that breaks before the shore is sent again, and none twice.', index: 1 },
];

const remembered = ({ source, body }) => ({
  says: 'failures, then texts are kept and one is found',
  source,
  mode: 'vectors',
  played: ['http-503', 'http-429', WELL, WELL],
  act: async ({ post, url, id }) => {
    const about = { ...body(url), collectionId: id, model: `demo:http-503+http-429:1:${id}` };
    const kept = await post('api/vector/insert', { ...about, items: ITEMS });
    const query = { ...about, searchText: ITEMS[1].text, topK: 1, threshold: 0.5 };
    const found = kept.ok ? await got(await post('api/vector/query', query)) : await kept.text();
    const texts = found.metadata?.map(({ text }) => text);
    return { saw: 'the text that is alike', problems: same('what was found', texts, [ITEMS[1].text]) };
  },
});

const forgotten = ({ source, body }) => ({
  says: 'a wrong key',
  source,
  mode: 'vectors',
  played: ['http-401'],
  act: async ({ post, url, id, backendSaid }) => {
    const items = { ...body(url), collectionId: id, model: `demo:http-401:always:${id}`, items: ITEMS };
    const before = backendSaid().length;
    const response = await post('api/vector/insert', items);
    const log = backendSaid().slice(before);
    const isTold = log.includes('Upstream refused the API key (401): Incorrect API key provided.');
    return {
      saw: `${response.statusText}; the reason in SillyTavern's log`,
      problems: [...same('shown', response.statusText, NO_WORDS), ...(isTold ? [] : [`its log says ${log}`])],
    };
  },
});

export const MEMORIES = VECTORS.flatMap((source) => [remembered(source), forgotten(source)]);
