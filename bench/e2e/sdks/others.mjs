/** Lists of models, and routes whose replies are passed on as they come. */
import { speechBytes } from '../../../dist/lib/demo/answers/other.js';
import { same, sameText } from '../kit/case.mjs';
import { FAILING } from '../kit/words.mjs';
import { WELL } from './replies.mjs';
import { problemsOf, read, rejection, shownError } from './sdk.mjs';

/** How a request asks the demo for a fault where its body names no model. */
const asking = (wish, id) => ({ headers: { 'x-demo-fault': `${wish}:${id}` } });

const idsAt = async ({ url }) => (await (await fetch(`${url}/v1/models`)).json()).data.map(({ id }) => id);

const lists = (says, wish, played) => ({
  says,
  mode: 'models',
  wish,
  played,
  act: async ({ sdk, client, upstream, id }) => {
    const ids = await sdk.models(client, asking(wish, id));
    return { saw: 'the list', problems: same('the list', ids, await idsAt(upstream)) };
  },
});

const listFails = (failing) => ({
  says: failing.says,
  mode: 'models',
  wish: `${failing.fault}:always`,
  played: Array.from({ length: failing.tries }, () => failing.fault),
  act: async ({ sdk, client, id }) => {
    const error = await rejection(sdk.models(client, asking(`${failing.fault}:always`, id)));
    return { saw: shownError(sdk, error), problems: problemsOf(sdk, error, failing) };
  },
});

const known = (fault) => FAILING.filter((failing) => failing.fault === fault);

/** In this order: what was listed once is kept. @type {readonly import('./sdk.mjs').Case[]} */
export const LISTS = [
  ...[...known('http-401'), ...known('http-502-html')].map(listFails),
  lists('two failures, then the list', 'http-503+html-200:1', ['http-503', 'html-200', WELL]),
];

const passedOn = (says, mode, act) => ({
  says: `a failure, then ${says}`,
  mode,
  wish: 'http-503:1',
  played: ['http-503', WELL],
  act,
});

/** @type {readonly import('./sdk.mjs').Case[]} */
const OPENAI = [
  passedOn('embeddings', 'json', async ({ client, model }) => {
    const { data } = await client.embeddings.create({ model, input: ['one', 'three'], encoding_format: 'float' });
    const isWell = data.length === 2 && data.every(({ embedding }) => embedding.length === 8);
    return { saw: '2 vectors', problems: isWell ? [] : [`got ${JSON.stringify(data)}`] };
  }),
  passedOn('speech', 'binary', async ({ client, model, prompt }) => {
    const reply = await client.audio.speech.create({ model, voice: 'alloy', input: prompt });
    const got = Buffer.from(await reply.arrayBuffer());
    return {
      saw: `${got.length} bytes`,
      problems: got.equals(speechBytes) ? [] : ['they are not those that were sent'],
    };
  }),
  passedOn('a text completion', 'stream', async ({ client, upstream, model, prompt }) => {
    const events = await client.completions.create({ model, prompt, stream: true });
    const pieces = async function* () {
      for await (const { choices } of events) yield choices[0].text;
    };
    const { text, error } = await read(pieces());
    const problems = sameText(text, await upstream.expected(WELL, prompt));
    return { saw: 'the whole text', problems: error === undefined ? problems : [...problems, `threw ${error}`] };
  }),
];

/** @type {readonly import('./sdk.mjs').Case[]} */
const ANTHROPIC = [
  passedOn('a count of tokens', 'json', async ({ client, model, prompt }) => {
    const messages = [{ role: 'user', content: prompt }];
    const { input_tokens: tokens } = await client.messages.countTokens({ model, messages });
    return { saw: `${tokens} tokens`, problems: same('the count', tokens, prompt.split(/\s+/).length) };
  }),
];

export const PASSED_ON = { openai: OPENAI, anthropic: ANTHROPIC };
