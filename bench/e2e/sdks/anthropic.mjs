/** The @anthropic-ai/sdk package, with its default settings. */
import { readFileSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';
import { file } from '../../gauntlet/processes.mjs';

const { version } = JSON.parse(readFileSync(file('node_modules/@anthropic-ai/sdk/package.json'), 'utf8'));

const asked = (model, prompt) => ({ model, max_tokens: 300, messages: [{ role: 'user', content: prompt }] });

const TOOLS = { tools: [{ name: 'look_around', input_schema: { type: 'object' } }] };

const textOf = ({ content }) => content.map(({ text = '' }) => text).join('');
const callOf = ({ content, stop_reason: why }) => {
  const [call] = content.filter(({ type }) => type === 'tool_use');
  return { name: call.name, input: call.input, why };
};

/** @type {import('./sdk.mjs').Sdk} */
export const anthropic = {
  client: `@anthropic-ai/sdk ${version}`,
  source: 'anthropic',
  errors: Anthropic,
  connect: (url, apiKey) => new Anthropic({ baseURL: url, apiKey }),
  whole: async (client, model, prompt, options) => textOf(await client.messages.create(asked(model, prompt), options)),
  stream: async function* (client, model, prompt, options) {
    const events = await client.messages.create({ ...asked(model, prompt), stream: true }, options);
    for await (const event of events) yield event.delta?.text ?? '';
  },
  helper: async (client, model, prompt) => client.messages.stream(asked(model, prompt)).finalText(),
  tool: async (client, model, prompt) => callOf(await client.messages.create({ ...asked(model, prompt), ...TOOLS })),
  toolStream: async (client, model, prompt) =>
    callOf(await client.messages.stream({ ...asked(model, prompt), ...TOOLS }).finalMessage()),
  called: { name: 'look_around', input: {}, why: 'tool_use' },
  models: async (client, options) => (await client.models.list({}, options)).data.map(({ id }) => id),
  /** It shows the whole body of every error of this API. */
  told: ({ message, apiMessage, error }) => ({
    sentence: apiMessage ?? '',
    isShown: message.includes(JSON.stringify(apiMessage)),
    type: error?.error?.type,
  }),
};
