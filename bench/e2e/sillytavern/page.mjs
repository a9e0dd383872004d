/** What SillyTavern's page makes of its backend's answers. Events are read by its own reader. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Shown
 * @property {number} status
 * @property {string} text the message in the chat
 * @property {readonly string[]} toasts
 * @property {boolean} finished whether [DONE] was read
 */

/** The module imports the page's settings and its clock, which the plain reader does not use. */
const readerOf = async (root) => {
  const source = readFileSync(join(root, 'public', 'scripts', 'sse-stream.js'), 'utf8');
  const alone = source.replace(/^import .*$/gm, '');
  const { default: EventSourceStream } = await import(`data:text/javascript,${encodeURIComponent(alone)}`);
  return EventSourceStream;
};

/** As its getChatCompletionErrorMessage has it. */
const messageOf = ({ error, detail }, response) => {
  const told = error ?? detail?.error;
  const message = typeof told === 'string' ? told : told?.message || told?.code || told?.type;
  return String(message || (!response.ok && response.statusText) || 'Unknown error');
};

/**
 * As its tryParseStreamingError has it: what is no JSON shows nothing, and neither does a `message` that is no text, such
 * as the one that Anthropic's streams begin with.
 */
const toastsOf = (text, response) => {
  try {
    const data = JSON.parse(text);
    if (data?.error || data?.detail) return [messageOf(data, response)];
    return data?.message && typeof data.message === 'string' ? [data.message] : [];
  } catch {
    return [];
  }
};

/** As its getStreamingReply has it. */
const streamedText = (source, data) => {
  if (source === 'claude') return data?.delta?.text || '';
  if (source === 'makersuite' || source === 'vertexai') return data?.candidates?.[0]?.content?.parts?.[0]?.text || '';
  const choice = data?.choices?.[0];
  return choice?.delta?.content ?? choice?.message?.content ?? choice?.text ?? '';
};

/** As its extractMessageFromData has it. */
const wholeText = (data) => {
  const parts = data?.content?.filter(({ type }) => type === 'text').map(({ text }) => text);
  const choice = data?.choices?.[0];
  return parts?.join('\n\n') ?? choice?.message?.content ?? choice?.text ?? '';
};

const readStream = async (EventSourceStream, source, response) => {
  const events = new EventSourceStream();
  const toasts = [];
  let text = '';
  let finished = false;
  const read = async () => {
    for await (const { data } of events.readable) {
      // The page stops at [DONE]; the bench waits for the end, without which the backend would hang.
      finished = finished || data === '[DONE]';
      if (finished) continue;
      toasts.push(...toastsOf(data, response));
      text += streamedText(source, JSON.parse(data));
    }
  };
  await Promise.all([response.body.pipeTo(events.writable), read()]);
  return { text, toasts, finished };
};

const readWhole = async (response) => {
  const data = await response.json();
  // Its server's answer of text completions has the upstream's whole body in `response`, and that is shown.
  if (data.error) return { text: '', toasts: [data.response ?? messageOf(data, response)], finished: false };
  return { text: wholeText(data), toasts: [], finished: false };
};

/** @param {string} root the folder that SillyTavern is in */
export const startPage = async (root) => {
  const EventSourceStream = await readerOf(root);
  return {
    /** @param {{ source: string, stream: boolean }} asked @param {Response} response @returns {Promise<Shown>} */
    show: async ({ source, stream }, response) => {
      const { ok, status } = response;
      if (!ok) return { status, text: '', toasts: toastsOf(await response.text(), response), finished: false };
      const shown = await (stream ? readStream(EventSourceStream, source, response) : readWhole(response));
      return { status, ...shown };
    },
  };
};
