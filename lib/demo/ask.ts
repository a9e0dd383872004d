/** What a request asks for, as far as an answer depends on it. */
import type { Dialect } from '../core/exchange.js';
import type { WireRequest } from './request.js';

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
const string = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A content is a string, or a list of parts of which some are text. */
const text = (content: unknown): string =>
  Array.isArray(content) ? content.map((part) => string(object(part).text)).join('') : string(content);

const prefill = (body: Readonly<Record<string, unknown>>): string => {
  const { role, content } = object(list(body.messages).at(-1));
  return role === 'assistant' ? text(content) : '';
};

const lastUserText = (body: Readonly<Record<string, unknown>>): string => {
  const fromUser = list(body.messages)
    .map(object)
    .filter(({ role }) => role === 'user');
  return text(fromUser.at(-1)?.content ?? body.prompt ?? body.input);
};

export const ask = (request: WireRequest, dialect: Dialect, delayMs: number): Ask => {
  const body = object(parsed(request.body));
  return {
    request,
    dialect,
    stream: body.stream === true,
    includeUsage: object(body.stream_options).include_usage === true,
    model: string(body.model),
    prompt: lastUserText(body),
    prefill: prefill(body),
    delayMs,
  };
};
