/** Good answers of upstreams, in both dialects. */
export const CHAT_REPLY = JSON.stringify({
  id: 'c1',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
});

export const MESSAGE_REPLY = JSON.stringify({
  id: 'm1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'Hello.' }],
  stop_reason: 'end_turn',
});

const event = (data: object | string): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const named = (type: string, rest: object = {}): string => `event: ${type}\n${event({ type, ...rest })}`;

export const chatEvent = (content: string): string => event({ id: 'c1', choices: [{ index: 0, delta: { content } }] });

export const CHAT_END =
  event({ id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) + event('[DONE]');

export const MESSAGE_START =
  named('message_start', { message: { id: 'm1', type: 'message', role: 'assistant', content: [] } }) +
  named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });

export const messageEvent = (text: string): string =>
  named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });

export const MESSAGE_END =
  named('content_block_stop', { index: 0 }) +
  named('message_delta', { delta: { stop_reason: 'end_turn' } }) +
  named('message_stop');

export const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** The head of an event stream, chunked. */
export const STREAM_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
