/** What a request asks for, as far as an answer depends on it. */
import type { WireRequest } from './request.js';

/** Those whose replies the proxy reads, and Google's, which it passes on. */
export type Dialect = 'openai' | 'anthropic' | 'gemini';

export interface Ask {
  readonly request: WireRequest;
  readonly dialect: Dialect;
  readonly stream: boolean;
  /** `stream_options.include_usage`. */
  readonly includeUsage: boolean;
  /** `''` where the body names none. */
  readonly model: string;
  /** The text of the last user message. */
  readonly prompt: string;
  /** The text of an assistant's message that stands last, which the answer is to continue; else `''`. */
  readonly prefill: string;
  /** The texts that embeddings are asked for. */
  readonly inputs: readonly string[];
  /** Between two chunks of a stream. */
  readonly delayMs: number;
}

const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
};

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isString = (value: unknown): value is string => typeof value === 'string';
const string = (value: unknown): string => (isString(value) ? value : '');

/** A content is a string, or a list of parts of which some are text. */
const text = (content: unknown): string =>
  Array.isArray(content) ? content.map((part) => string(object(part).text)).join('') : string(content);

type Fields = Readonly<Record<string, unknown>>;

/** The text so far, in any dialect. */
const turns = (body: Fields): readonly Fields[] =>
  [...list(body.messages), ...list(body.contents)].map(object).map((turn) => ({
    role: turn.role === 'model' ? 'assistant' : turn.role,
    content: turn.content ?? turn.parts,
  }));

const prefill = (body: Fields): string => {
  const { role, content } = turns(body).at(-1) ?? {};
  return role === 'assistant' ? text(content) : '';
};

const lastUserText = (body: Fields): string => {
  const fromUser = turns(body).filter(({ role }) => role === 'user');
  return text(fromUser.at(-1)?.content ?? body.prompt ?? body.input);
};

const inputs = (body: Fields): readonly string[] => {
  const contents = [...list(body.requests), ...list(body.instances)].map((one) => object(one).content);
  const ofGoogle = contents.map((content) => text(object(content).parts ?? content));
  return [...(Array.isArray(body.input) ? body.input : [body.input]).filter(isString), ...ofGoogle];
};

/** The facts in a path: Google's names the model, and says if a stream is asked for. */
export interface Located {
  readonly dialect: Dialect;
  readonly model?: string;
  readonly stream?: boolean;
}

export const ask = (request: WireRequest, { dialect, model, stream }: Located, delayMs: number): Ask => {
  const body = object(parsed(request.body));
  return {
    request,
    dialect,
    stream: stream ?? body.stream === true,
    includeUsage: object(body.stream_options).include_usage === true,
    model: model ?? string(body.model),
    prompt: lastUserText(body),
    prefill: prefill(body),
    inputs: inputs(body),
    delayMs,
  };
};
