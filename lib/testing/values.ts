/** Values as the hooks see them, with what matters to a test put in. Each bears the name of its hook. */
import * as O from 'fp-ts/lib/Option.js';
import type { Failed, Finished, Outcome } from '../core/custom-stage.js';
import type { ChatBody, Dialect } from '../core/dialect.js';
import {
  type Answered,
  type Bytes,
  bytes,
  type Decoded,
  type Planned,
  type Replied,
  type Reply,
  type Request,
  type Target,
  type Try,
} from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { always } from '../core/schedule.js';
import { type DialectName, dialects } from '../dialects/index.js';
import { looksLikeStream, readReply, readWholeStream } from '../dialects/reading.js';

const HOUR_MS = 3_600_000;

const TARGET: Target = {
  name: 'target',
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

/** What is given of a value; all else is that of an ordinary chat and a good reply. */
export interface Given {
  /** The changes of an ordinary chat. */
  readonly body?: Partial<ChatBody>;
  /** The changes of the request. Its `body` is the bytes; the one above, what is read of them. */
  readonly request?: Partial<Request>;
  /** OpenAI's, if nothing is said. */
  readonly dialect?: DialectName;
  /** Which try it is: 1, if nothing is said. */
  readonly number?: number;
  /** A whole reply: its fields, its bytes, or the text of its body. */
  readonly reply?: Partial<Omit<Reply, 'body'>> & { readonly body?: string | object };
}

const dialectOf = ({ dialect = 'openai' }: Given): Dialect => dialects[dialect];

const bodyOf = ({ body }: Given): ChatBody => ({ ...BODY, ...body });

/** A chat as `request` sees it. */
export const request = (given: Given = {}): Decoded => {
  const body = bodyOf(given);
  const dialect = dialectOf(given);
  return {
    id: 'test',
    receivedAt: 0,
    signal: new AbortController().signal,
    request: {
      method: 'POST',
      path: `/v1${dialect.chatPath}`,
      headers: { 'content-type': 'application/json' },
      body: bytes(Buffer.from(JSON.stringify(body))),
      ...given.request,
    },
    call: { _tag: 'Chat', dialect, body, stream: dialect.request.asksForStream(body) },
  };
};

const planned = (given: Given = {}): Planned => {
  const value = request(given);
  const plan = {
    inspected: true,
    stream: value.call._tag === 'Chat' && value.call.stream,
    replayable: true,
    isContinuation: false,
    target: TARGET,
    schedule: always,
    outgoing: value.request,
  };
  return { ...value, plan };
};

/** A try as `attempt` sees it. */
export const attempt = (given: Given = {}): Try => {
  const value = planned(given);
  return { ...value, number: given.number ?? 1, target: TARGET, outgoing: value.plan.outgoing };
};

const replyOf = (given: Given): Reply & { readonly body: Bytes } => {
  const { body = dialectOf(given).reply.saying('Hello!'), ...rest } = given.reply ?? {};
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = looksLikeStream(Buffer.from(text)) ? 'text/event-stream' : 'application/json';
  return { status: 200, headers: { 'content-type': type }, ...rest, body: bytes(Buffer.from(text)) };
};

/** A reply as `reply` sees it. `reading` is what it means, as the proxy reads it. */
export const reply = (given: Given = {}): Replied => {
  const [came, dialect] = [replyOf(given), dialectOf(given)];
  const content = came.body.bytes;
  const reading = looksLikeStream(content) ? readWholeStream(dialect, content) : readReply(dialect, content);
  return { ...attempt(given), reply: came, reading: came.status < 300 ? reading : { _tag: 'Unread' } };
};

/** An accepted reply as `response`, `text` and `json` see it. */
export const response = (given: Given = {}): Answered => ({ ...planned(given), reply: replyOf(given), attempts: [] });

/** A failure as `failure` sees it. */
export const failure = (failed: Failure, given: Given = {}): Failed => ({ ...request(given), failure: failed });

/** The end of a request as `finished` sees it: a good one, if nothing else is said. */
export const finished = (outcome: Partial<Outcome & Pick<Finished, 'usage'>> = {}, given: Given = {}): Finished => ({
  ...request(given),
  status: 200,
  reason: O.none,
  attempts: [],
  durationMs: 0,
  usage: O.none,
  ...outcome,
});
