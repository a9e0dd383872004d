/** Anthropic's messages. */
import type { Ask } from '../ask.js';
import type { Events, Message } from './message.js';

const ABOUT = { id: 'msg_demo', type: 'message', role: 'assistant' };

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

const stopReason = (finish: string): string => STOP_REASONS[finish] ?? finish;

/** A part of the content: itself whole, how it starts, and what is added to it piece by piece. */
export interface Block {
  readonly whole: object;
  readonly start: object;
  readonly deltas: readonly object[];
}

const blocksOf = ({ reasoning, text }: Message): readonly Block[] => {
  const thought: Block[] = (reasoning === undefined ? [] : [reasoning]).map((pieces) => ({
    whole: { type: 'thinking', thinking: pieces.join(''), signature: 'ZGVtbw==' },
    start: { type: 'thinking', thinking: '' },
    deltas: pieces.map((thinking) => ({ type: 'thinking_delta', thinking })),
  }));
  const said: Block[] = (text === null ? [] : [text]).map((pieces) => ({
    whole: { type: 'text', text: pieces.join('') },
    start: { type: 'text', text: '' },
    deltas: pieces.map((piece) => ({ type: 'text_delta', text: piece })),
  }));
  return [...thought, ...said];
};

export const wholeOf = (ask: Ask, blocks: readonly Block[], finish: string): object => ({
  ...ABOUT,
  model: ask.model,
  content: blocks.map((block) => block.whole),
  stop_reason: stopReason(finish),
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 96 },
});

export const whole = (ask: Ask, message: Message): object => wholeOf(ask, blocksOf(message), message.finish);

export const event = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

export const PING = event('ping');

export const messageStart = (ask: Ask): string =>
  event('message_start', {
    message: {
      ...ABOUT,
      model: ask.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 12, output_tokens: 1 },
    },
  });

export const eventsOf = (ask: Ask, blocks: readonly Block[], finish: string): Events => {
  const inner = blocks.flatMap((block, index) => [
    event('content_block_start', { index, content_block: block.start }),
    ...block.deltas.map((delta) => event('content_block_delta', { index, delta })),
    event('content_block_stop', { index }),
  ]);
  const delta = { stop_reason: stopReason(finish), stop_sequence: null };
  return {
    opening: [messageStart(ask), ...inner.slice(0, 1), PING],
    content: inner.slice(1, -1),
    closing: [
      ...inner.slice(-1),
      event('message_delta', { delta, usage: { output_tokens: 96 } }),
      event('message_stop'),
    ],
  };
};

export const events = (ask: Ask, message: Message): Events => eventsOf(ask, blocksOf(message), message.finish);

export const error = (message: string, type: string): object => ({ type: 'error', error: { type, message } });
