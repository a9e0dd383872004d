/** The good answers of the routes that are no chat. */
import type { Ask } from '../ask.js';
import type { WireRequest } from '../request.js';
import { type Script, send } from '../script.js';
import { head, json, whole } from '../wire.js';
import { all, stream } from './answer.js';
import { goodText, pieces } from './message.js';
import { DONE, data } from './openai.js';

const CREATED = 1_700_000_000;
const SPEECH_BYTES = 48 * 1024;
const DIMENSIONS = 8;

export const modelList = (ids: readonly string[]): object => ({
  object: 'list',
  data: ids.map((id) => ({ id, object: 'model', created: CREATED, owned_by: 'seaking-demo' })),
});

/** Text completions, the older API. */
export const textCompletion = (ask: Ask): Script => {
  const about = { id: 'cmpl-demo', object: 'text_completion', created: CREATED, model: ask.model };
  const choice = (text: string, finish: string | null) => ({ index: 0, text, logprobs: null, finish_reason: finish });
  if (!ask.stream) return json({ ...about, choices: [choice(goodText(ask.prompt), 'stop')] });
  const event = (text: string, finish: string | null): string => data({ ...about, choices: [choice(text, finish)] });
  const content = pieces(goodText(ask.prompt)).map((piece) => event(piece, null));
  return stream(ask, all({ opening: [], content, closing: [event('', 'stop'), DONE] }));
};

/** Anthropic's, of a tokenizer that knows only words. */
export const tokenCount = ({ prompt }: Ask): Script => json({ input_tokens: prompt.split(/\s+/).length });

const vector = (text: string): readonly number[] =>
  Array.from({ length: DIMENSIONS }, (_, i) => Math.sin(text.length + i));

export const embeddings = ({ inputs, model }: Ask): Script => {
  const data = inputs.map((text, index) => ({ object: 'embedding', index, embedding: vector(text) }));
  return json({ object: 'list', data, model });
};

/** Google's AI Studio. */
export const geminiEmbeddings = ({ inputs }: Ask): Script =>
  json({ embeddings: inputs.map((text) => ({ values: vector(text) })) });

/** Google's Vertex. */
export const predictions = ({ inputs }: Ask): Script =>
  json({ predictions: inputs.map((text) => ({ embeddings: { values: vector(text) } })) });

/** Binary, with every byte value, and the same each time. */
export const speechBytes = Buffer.from(Array.from({ length: SPEECH_BYTES }, (_, i) => (i * 31 + (i >> 8)) % 256));

export const speech = (): Script => whole(200, 'audio/mpeg', speechBytes);

/** The request, told back. */
export const echo = ({ method, path, headers, rawHeaders }: WireRequest): Script => {
  if (method !== 'HEAD') return json({ method, path, headers, rawHeaders });
  return [send(head(200, { 'content-type': 'application/json', 'content-length': 2 }))];
};

/** The request's body, byte for byte. */
export const echoBody = ({ headers, body }: WireRequest): Script =>
  whole(200, headers['content-type'] ?? 'application/octet-stream', body);
