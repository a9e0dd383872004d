/** A client that asks as SillyTavern asks, and keeps what its user would have. */
import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { streamReader } from './reader.mjs';

const KEPT_TEXT = 1024 * 1024;
/** Of a stream only the beginning is looked at again. */
const KEPT_STREAM_BYTES = 1024 * 1024;

/** What a place of the catalogue is to a client. */
export const PLACES = {
  chat: { dialect: 'openai', mode: 'json', path: '/v1/chat/completions', streams: false },
  'chat-stream': { dialect: 'openai', mode: 'stream', path: '/v1/chat/completions', streams: true },
  messages: { dialect: 'anthropic', mode: 'json', path: '/v1/messages', streams: false },
  'messages-stream': { dialect: 'anthropic', mode: 'stream', path: '/v1/messages', streams: true },
  // With a query, a list is never kept: each fault is met as if it were the first.
  models: { dialect: 'openai', mode: 'models', path: '/v1/models?limit=1000', streams: false },
  other: { dialect: 'openai', mode: 'other', path: '/v1/completions', streams: false },
};

/** The key that the case of this id sends; no answer may show it. @param {string} id */
export const keyOf = (id) => `sk-gauntlet-${id}-0123456789abcdef`;

const fieldsOf = ({ dialect, mode }, { id, wish }) => ({
  accept: '*/*',
  'accept-encoding': 'gzip, deflate, br',
  connection: 'close',
  ...(mode === 'models' ? { 'x-demo-fault': wish } : { 'content-type': 'application/json' }),
  ...(dialect === 'anthropic'
    ? { 'x-api-key': keyOf(id), 'anthropic-version': '2023-06-01' }
    : { authorization: `Bearer ${keyOf(id)}` }),
});

const bodyOf = ({ mode, streams }, { wish, prompt }) => {
  const model = `demo:${wish}`;
  if (mode === 'models') return '';
  if (mode === 'other') return JSON.stringify({ model, prompt, max_tokens: 300 });
  const messages = [{ role: 'user', content: prompt }];
  return JSON.stringify({ model, messages, max_tokens: 300, temperature: 1, stream: streams });
};

/** Lenient at a cut end, as node-fetch is. */
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const DECODERS = {
  gzip: () => createGunzip(LENIENT),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
};

/** A text as a page shows it: a scalar in its letters, and the texts of parts one behind the other. */
const shown = (value) => {
  if (Array.isArray(value)) return value.map((part) => shown(part?.text ?? '')).join('');
  return typeof value === 'object' ? '' : String(value);
};

/** The text as it comes: its hash, and the text itself up to a limit. */
const textKeeper = () => {
  const hash = createHash('sha256');
  let kept = '';
  let length = 0;
  return {
    add: (value) => {
      const piece = shown(value);
      hash.update(piece);
      length += piece.length;
      if (kept.length < KEPT_TEXT) kept += piece;
    },
    result: () => ({ text: kept, length, sha256: hash.digest('hex') }),
  };
};

const parse = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const list = (value) => (Array.isArray(value) ? value : []);

/** What stands in a whole reply; undefined where it is none. */
const readWhole = ({ dialect, mode }, body, take) => {
  if (mode === 'models') {
    const ids = list(body?.data).map((model) => model?.id);
    if (!Array.isArray(body?.data) || !ids.every((id) => typeof id === 'string')) return false;
    take.extra(ids.length > 0 ? 'models' : 'no models');
    return true;
  }
  if (dialect === 'anthropic') {
    if (!Array.isArray(body?.content)) return false;
    for (const part of body.content) {
      if (part?.type === 'tool_use') take.extra('tool call');
      take.reasoning(part?.thinking ?? '');
      take.text(part?.text ?? '');
    }
    return true;
  }
  const choice = list(body?.choices).find(({ index }) => index === 0) ?? body?.choices?.[0];
  if (typeof (choice ?? undefined) !== 'object') return false;
  const message = choice.message ?? {};
  if (list(message.tool_calls).length > 0) take.extra('tool call');
  if (list(message.images).length > 0) take.extra('image');
  if (message.refusal) take.extra('refusal');
  if (message.audio) take.extra('audio');
  take.reasoning(message.reasoning_content ?? message.reasoning ?? '');
  take.text(message.content ?? choice.text ?? '');
  return true;
};

/**
 * What came of a request:
 * `end` is `clean`, `cut` (SillyTavern would wait for ever), `timeout` or `refused`; `error` is the parsed body or event
 * with an error in it; `killed` says what stopped the reader; `unreadable` that a whole reply is none.
 *
 * @param {string} base
 * @param {string} placeName
 * @param {{ id: string, wish: string, prompt: string, limitMs: number }} asked
 */
export const ask = (base, placeName, asked) => {
  const place = PLACES[placeName];
  const startedAt = performance.now();
  const text = textKeeper();
  const extras = new Set();
  const take = {
    text: text.add,
    reasoning: (piece) => piece !== '' && extras.add('reasoning'),
    extra: (what) => extras.add(what),
  };
  const reader = place.streams ? streamReader(place.dialect, take) : undefined;
  const body = bodyOf(place, asked);
  const method = place.mode === 'models' ? 'GET' : 'POST';
  const headers = fieldsOf(place, asked);
  if (method === 'POST') headers['content-length'] = Buffer.byteLength(body);

  return new Promise((resolve) => {
    const pieces = [];
    let keptBytes = 0;
    let response;
    let openedMs;
    let over = false;
    const finish = (end) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      const status = response?.statusCode ?? 0;
      const raw = Buffer.concat(pieces).toString('utf8');
      const streamed = reader !== undefined && status === 200;
      const whole = streamed ? undefined : parse(raw);
      const error = streamed ? reader.seen.error?.parsed : status >= 400 || whole?.error ? whole : undefined;
      const unreadable = !streamed && error === undefined && !(status === 200 && readWhole(place, whole, take));
      resolve({
        end,
        status,
        phrase: response?.statusMessage ?? '',
        headers: response?.headers ?? {},
        raw,
        streamed,
        error,
        errorEvent: reader?.seen.error?.event,
        afterError: reader?.seen.afterError ?? [],
        done: reader?.seen.done ?? false,
        killed: reader?.seen.killed,
        unreadable,
        extras,
        ...text.result(),
        openedMs,
        ms: performance.now() - startedAt,
      });
    };
    const request = httpRequest(`${base}${place.path}`, { method, headers, agent: false }, (incoming) => {
      response = incoming;
      openedMs = performance.now() - startedAt;
      const decoder = DECODERS[incoming.headers['content-encoding']]?.();
      const content = decoder === undefined ? incoming : incoming.pipe(decoder);
      const isStream = reader !== undefined && incoming.statusCode === 200;
      content.on('data', (bytes) => {
        if (isStream) reader.push(bytes);
        if (!isStream || keptBytes < KEPT_STREAM_BYTES) pieces.push(bytes);
        keptBytes += bytes.length;
      });
      content.on('end', () => finish('clean'));
      incoming.on('error', () => finish('cut'));
      incoming.on('close', () => incoming.complete || finish('cut'));
      content.on('error', () => finish('cut'));
    });
    const timer = setTimeout(() => {
      finish('timeout');
      request.destroy();
    }, asked.limitMs);
    request.on('error', () => finish(response === undefined ? 'refused' : 'cut'));
    // A 101 comes neither as a reply nor as an error.
    request.on('close', () => response ?? finish('refused'));
    request.end(body);
  });
};
