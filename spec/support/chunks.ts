/** Events of streams, as upstreams write them. */

const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

const chunk = (delta: object, finish: string | null = null): string =>
  data({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });

/** OpenAI's. */
export const openai = {
  role: chunk({ role: 'assistant', content: '' }),
  text: (content: string) => chunk({ content }),
  thought: (reasoning: string) => chunk({ reasoning_content: reasoning }),
  tool: chunk({ tool_calls: [{ index: 0, id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }] }),
  finish: (reason = 'stop') => chunk({}, reason),
  error: data({ error: { message: 'Overloaded', code: 503 } }),
  done: 'data: [DONE]\n\n',
} as const;

const named = (value: { readonly type: string }): string => `event: ${value.type}\n${data(value)}`;

/** Anthropic's. */
export const anthropic = {
  start: named({ type: 'message_start', message: { id: 'a', type: 'message', role: 'assistant', content: [] } } as {
    type: string;
  }),
  block: (index = 0, type = 'text') =>
    named({ type: 'content_block_start', index, content_block: { type, text: '' } } as { type: string }),
  text: (text: string, index = 0) =>
    named({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } } as { type: string }),
  blockStop: (index = 0) => named({ type: 'content_block_stop', index } as { type: string }),
  delta: named({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } } as {
    type: string;
  }),
  stop: named({ type: 'message_stop' }),
} as const;

/** The text that SillyTavern would show. */
export const textOf = (stream: string): string =>
  [...stream.matchAll(/(?<=^|\n)data: (\{[^\n]*\})(?=\n)/g)]
    .map(([, json]) => JSON.parse(json as string))
    .map((value) => value.choices?.[0]?.delta?.content ?? value.delta?.text ?? '')
    .join('');
