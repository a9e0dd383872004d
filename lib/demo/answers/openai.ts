/** OpenAI's chat completions. */
import type { Ask } from '../ask.js';
import type { Events, Message } from './message.js';

const ABOUT = { id: 'chatcmpl-demo', created: 1_700_000_000, system_fingerprint: 'fp_demo' };
const USAGE = { prompt_tokens: 12, completion_tokens: 96, total_tokens: 108 };

const joined = (pieces: readonly string[] | null): string | null => (pieces === null ? null : pieces.join(''));

/** A whole reply with the choices given. */
export const completion = (ask: Ask, choices: readonly unknown[]): object => ({
  ...ABOUT,
  object: 'chat.completion',
  model: ask.model,
  choices,
  usage: USAGE,
});

/** A choice of a whole reply; `more` is added to its message. */
export const choice = (message: Message, more: object = {}, index = 0): object => ({
  index,
  message: {
    role: 'assistant',
    content: joined(message.text),
    ...(message.reasoning && { reasoning_content: message.reasoning.join('') }),
    ...more,
  },
  logprobs: null,
  finish_reason: message.finish,
});

export const whole = (ask: Ask, message: Message): object => completion(ask, [choice(message)]);

export const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

export const DONE = 'data: [DONE]\n\n';

/** An event with the choices given. */
export const chunk = (ask: Ask, choices: readonly unknown[], more: object = {}): string =>
  data({ ...ABOUT, object: 'chat.completion.chunk', model: ask.model, choices, ...more });

/** An event with one choice. */
export const delta = (ask: Ask, change: object, finish: string | null = null, index = 0): string =>
  chunk(ask, [{ index, delta: change, logprobs: null, finish_reason: finish }]);

export const usage = (ask: Ask): string => chunk(ask, [], { usage: USAGE });

export const events = (ask: Ask, message: Message): Events => ({
  opening: [delta(ask, { role: 'assistant', content: message.text === null ? null : '' })],
  content: [
    ...(message.reasoning ?? []).map((piece) => delta(ask, { reasoning_content: piece })),
    ...(message.text ?? []).map((piece) => delta(ask, { content: piece })),
  ],
  closing: [delta(ask, {}, message.finish), ...(ask.includeUsage ? [usage(ask)] : []), DONE],
});

export const error = (message: string, type: string, code: string | number | null): object => ({
  error: { message, type, param: null, code },
});
