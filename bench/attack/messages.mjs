/** Requests as bytes, and replies taken apart. All text is latin1. */

export const CHAT = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
export const STREAM = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] });

/** A request; `fields` are lines without their ends. */
export const ask = (method, path, { fields = [], body = '', host = 'localhost', close = true } = {}) =>
  [
    `${method} ${path} HTTP/1.1`,
    ...(host === undefined ? [] : [`host: ${host}`]),
    ...(close ? ['connection: close'] : []),
    ...(body === '' ? [] : [`content-length: ${body.length}`]),
    ...fields,
    '',
    body,
  ].join('\r\n');

export const chat = (asked = {}) => ask('POST', '/v1/chat/completions', { body: CHAT, ...asked });
export const stream = (asked = {}) => ask('POST', '/v1/chat/completions', { body: STREAM, ...asked });

/** A whole reply. */
export const reply = (body, { status = '200 OK', fields = [] } = {}) =>
  [`HTTP/1.1 ${status}`, `content-length: ${body.length}`, ...fields, '', body].join('\r\n');

export const completion = (text) =>
  JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }] });

export const chatReply = (text, fields = []) =>
  reply(completion(text), { fields: ['content-type: application/json', ...fields] });

export const STREAM_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
export const event = (text) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`;
export const STREAM_END = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;

/** The whole messages that a text begins with: the first line, the fields, the body; and what is left behind them. */
export const messagesIn = (text) => {
  const messages = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return { messages, rest };
    const [first, ...lines] = rest.slice(0, end).split('\r\n');
    const fields = lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]);
    const of = (name) => fields.filter(([each]) => each === name).map(([, value]) => value);
    const length = Number(of('content-length')[0] ?? 0);
    if (rest.length < end + 4 + length) return { messages, rest };
    messages.push({ first, of, body: rest.slice(end + 4, end + 4 + length), status: Number(first.split(' ')[1]) });
    rest = rest.slice(end + 4 + length);
  }
};

/** The status of a reply; 0 where none came. */
export const statusOf = (text) => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
