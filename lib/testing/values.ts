/** Values as the seats see them, with what matters to a test put in. */
import * as O from 'fp-ts/lib/Option.js';
import { looksLikeStream, readReply, readWholeStream } from '../bodies/reading.js';
import type { Failed } from '../core/custom-stage.js';
import {
  type Answered,
  type Bytes,
  bytes,
  type ChatBody,
  type Decoded,
  type Dialect,
  type Planned,
  type Received,
  type Replied,
  type Reply,
  type Request,
  type Target,
  type Try,
} from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { always } from '../core/schedule.js';

const HOUR_MS = 3_600_000;

const TARGET: Target = {
  url: 'http://upstream.example',
  apiKey: O.none,
  headers: {},
  verifyTls: true,
  timeouts: {
    connectMs: HOUR_MS,
    headersMs: HOUR_MS,
    headersWholeMs: HOUR_MS,
    firstContentMs: HOUR_MS,
    idleMs: HOUR_MS,
    totalMs: HOUR_MS,
  },
  replyLimitBytes: 2 ** 25,
};

const BODY: ChatBody = { model: 'a-model', messages: [{ role: 'user', content: 'Hello' }] };

const PATHS: Readonly<Record<Dialect, string>> = { openai: '/v1/chat/completions', anthropic: '/v1/messages' };

/** What is given of a value; all else is that of an ordinary chat and a good reply. */
export interface Given {
  /** What is changed of an ordinary chat. */
  readonly body?: Partial<ChatBody>;
  /** What is changed of the request. Its `body` is the bytes; the one above, what is read of them. */
  readonly request?: Partial<Request>;
  /** OpenAI's, if nothing is said. */
  readonly dialect?: Dialect;
  /** Which try it is: 1, if nothing is said. */
  readonly number?: number;
  /** A whole reply: its fields, its bytes, or the text of its body. */
  readonly reply?: Partial<Omit<Reply, 'body'>> & { readonly body?: string | object };
}

const bodyOf = ({ body }: Given): ChatBody => ({ ...BODY, ...body });

/** A value as `received` sees it. */
export const received = (given: Given = {}): Received => ({
  id: 'test',
  receivedAt: 0,
  signal: new AbortController().signal,
  request: {
    method: 'POST',
    path: PATHS[given.dialect ?? 'openai'],
    headers: { 'content-type': 'application/json' },
    body: bytes(Buffer.from(JSON.stringify(bodyOf(given)))),
    ...given.request,
  },
});

/** A value as `decoded` sees it: a chat. */
export const decoded = (given: Given = {}): Decoded => {
  const body = bodyOf(given);
  return {
    ...received(given),
    call: { _tag: 'Chat', dialect: given.dialect ?? 'openai', body, stream: body.stream === true },
  };
};

/** A value as `planned` sees it. */
export const planned = (given: Given = {}): Planned => {
  const value = decoded(given);
  const stream = value.call._tag === 'Chat' && value.call.stream;
  const plan = {
    judged: true,
    stream,
    replayable: true,
    goesOn: false,
    target: TARGET,
    schedule: always,
    outgoing: value.request,
  };
  return { ...value, plan };
};

/** A value as `try` sees it, which is a word of the language. */
export const trying = (given: Given = {}): Try => {
  const value = planned(given);
  return { ...value, number: given.number ?? 1, target: TARGET, outgoing: value.plan.outgoing };
};

const SAID: Readonly<Record<Dialect, (text: string) => object>> = {
  openai: (content) => ({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] }),
  anthropic: (text) => ({ type: 'message', content: [{ type: 'text', text }], stop_reason: 'end_turn' }),
};

const replyOf = ({ reply = {}, dialect = 'openai' }: Given): Reply & { readonly body: Bytes } => {
  const { body = SAID[dialect]('Hello!'), ...rest } = reply;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = looksLikeStream(Buffer.from(text)) ? 'text/event-stream' : 'application/json';
  return { status: 200, headers: { 'content-type': type }, ...rest, body: bytes(Buffer.from(text)) };
};

/** A value as `replied` sees it. `reading` is what the reply means, as the proxy reads it. */
export const replied = (given: Given = {}): Replied => {
  const [reply, dialect] = [replyOf(given), given.dialect ?? 'openai'];
  const content = reply.body.bytes;
  const reading = looksLikeStream(content) ? readWholeStream(dialect, content) : readReply(dialect, content);
  return { ...trying(given), reply, reading: reply.status < 300 ? reading : { _tag: 'Unread' } };
};

/** A value as `answered`, `text` and `json` see it. */
export const answered = (given: Given = {}): Answered => ({ ...planned(given), reply: replyOf(given), attempts: [] });

/** A value as `failed` sees it. */
export const failed = (failure: Failure, given: Given = {}): Failed => ({ ...planned(given), failure });
