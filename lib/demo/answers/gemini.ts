/** Google's Gemini API, of AI Studio and of Vertex. */
import type { Ask } from '../ask.js';
import type { Events, Message } from './message.js';
import { data } from './openai.js';

const FINISH_REASONS: Readonly<Record<string, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
};

interface Part {
  readonly text: string;
  readonly thought?: true;
}

/** With these parts of the content, and a finish where it is the last. */
const reply = (ask: Ask, parts: readonly Part[], finish?: string): object => ({
  candidates: [
    {
      content: { role: 'model', parts },
      ...(finish !== undefined && { finishReason: FINISH_REASONS[finish] ?? finish }),
      index: 0,
    },
  ],
  usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 96, totalTokenCount: 108 },
  modelVersion: ask.model,
});

const thoughts = (pieces: readonly string[] = []): readonly Part[] => pieces.map((text) => ({ text, thought: true }));
const texts = (pieces: readonly string[] | null): readonly Part[] => (pieces ?? []).map((text) => ({ text }));

/** In one piece, where there is any. */
const joined = (pieces: readonly string[] | null | undefined): readonly string[] => (pieces ? [pieces.join('')] : []);

export const whole = (ask: Ask, { reasoning, text, finish }: Message): object =>
  reply(ask, [...thoughts(joined(reasoning)), ...texts(joined(text))], finish);

/** Google opens with content, and ends without a word that says so. */
export const events = (ask: Ask, { reasoning, text, finish }: Message): Events => ({
  opening: [],
  content: [...thoughts(reasoning), ...texts(text)].map((part) => data(reply(ask, [part]))),
  closing: [data(reply(ask, [{ text: '' }], finish))],
});

/** google.rpc.Code, by HTTP status. */
const CODES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

export const error = (message: string, status: number): object => ({
  error: { code: status, message, status: CODES[status] ?? 'UNKNOWN' },
});

const METHODS = ['generateContent', 'countTokens'];

export const modelList = (ids: readonly string[]): object => ({
  models: ids.map((id) => ({ name: `models/${id}`, displayName: id, supportedGenerationMethods: METHODS })),
});
