/** The openai package, with its default settings. */
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';
import { file } from '../../gauntlet/processes.mjs';

const { version } = JSON.parse(readFileSync(file('node_modules/openai/package.json'), 'utf8'));

const asked = (model, prompt) => ({ model, messages: [{ role: 'user', content: prompt }] });

const TOOLS = { tools: [{ type: 'function', function: { name: 'look_around', parameters: { type: 'object' } } }] };

/** @type {import('./sdk.mjs').Sdk} */
export const openai = {
  client: `openai ${version}`,
  source: 'openai',
  errors: OpenAI,
  connect: (url, apiKey) => new OpenAI({ baseURL: `${url}/v1`, apiKey }),
  whole: async (client, model, prompt, options) => {
    const reply = await client.chat.completions.create(asked(model, prompt), options);
    return reply.choices[0].message.content;
  },
  stream: async function* (client, model, prompt, options) {
    const events = await client.chat.completions.create({ ...asked(model, prompt), stream: true }, options);
    for await (const event of events) yield event.choices[0]?.delta.content ?? '';
  },
  helper: async (client, model, prompt) => client.chat.completions.stream(asked(model, prompt)).finalContent(),
  tool: async (client, model, prompt) => {
    const { choices } = await client.chat.completions.create({ ...asked(model, prompt), ...TOOLS });
    const [call] = choices[0].message.tool_calls;
    return { name: call.function.name, input: call.function.arguments, why: choices[0].finish_reason };
  },
  toolStream: async (client, model, prompt) => {
    const stream = client.chat.completions.stream({ ...asked(model, prompt), ...TOOLS });
    const { message, finish_reason: why } = (await stream.finalChatCompletion()).choices[0];
    const [call] = message.tool_calls;
    return { name: call.function.name, input: call.function.arguments, why };
  },
  called: { name: 'look_around', input: '', why: 'tool_calls' },
  models: async (client, options) => (await client.models.list(options)).data.map(({ id }) => id),
  told: ({ message, status, error }) => {
    const sentence = error?.message ?? '';
    const shown = status === undefined ? sentence : `${status} ${sentence}`;
    return { sentence, isShown: message === shown, type: error?.type };
  },
};
