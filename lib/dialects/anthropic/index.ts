/** Anthropic's messages. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Dialect, Model } from '../../core/dialect.js';
import { values } from '../../core/headers.js';
import { reasons } from '../../core/reason.js';
import { ALL_METHODS, COMMON_ERROR_TYPES, models } from '../common.js';
import { prefill } from '../continuation.js';
import { messages } from '../request.js';
import { adoptEvents } from './adopt-events.js';
import { namedEvent, streamOf, wholeOf } from './convert.js';
import { normalizeEvents, normalizeReply } from './normalize.js';
import { blocks, messageWithOtherText } from './rewrite.js';
import { eventView, replyView } from './view.js';

/** The `type` of an error by its status. */
const ERROR_TYPES: ReadonlyMap<number, string> = new Map([
  ...COMMON_ERROR_TYPES,
  [402, 'billing_error'],
  [503, 'overloaded_error'],
  [504, 'timeout_error'],
]);

const WHOLE_MESSAGE = /^\{"(?:type": ?"message"|id": ?"[^"]{1,100}", ?"type": ?"message")/;

const nullable = t.union([t.number, t.null, t.undefined]);
const Counted = t.type({
  usage: t.partial({
    input_tokens: t.number,
    output_tokens: t.number,
    cache_read_input_tokens: nullable,
    cache_creation_input_tokens: nullable,
  }),
});
const Started = t.type({ message: Counted });

/** When a model came to be is not known of a mere id, and clients demand a time. */
const EPOCH = '1970-01-01T00:00:00Z';
const model = (id: string): Model => ({ type: 'model', id, display_name: id, created_at: EPOCH });

export const anthropic: Dialect = {
  name: 'anthropic',
  chatPath: '/messages',
  routes: [
    { path: /^(?:\/v\d+)?\/messages\/?$/, operation: 'chat', methods: ['POST'] },
    // Tokens are counted, and batches taken, below the messages.
    { path: /^(?:\/v\d+)?\/messages\//, operation: 'other', methods: ALL_METHODS },
    models,
  ],
  isNamedIn: (headers) => values(headers, 'anthropic-version').length > 0,
  credential: (apiKey) => ({ 'x-api-key': apiKey }),
  request: messages,
  reply: {
    normalize: normalizeReply,
    view: replyView,
    toStream: streamOf,
    fromStream: wholeOf,
    saying: (text) => ({ type: 'message', content: [{ type: 'text', text }], stop_reason: 'end_turn' }),
    withText: messageWithOtherText,
  },
  events: {
    normalize: normalizeEvents,
    view: eventView,
    encode: (event) => Buffer.from(namedEvent(event)),
    last: Buffer.from(namedEvent({ type: 'message_stop' })),
    isLast: ({ type }) => type === 'message_stop',
    isWholeReply: (data) => WHOLE_MESSAGE.test(data),
    errorTail: (error) => Buffer.from(`event: error\ndata: ${JSON.stringify(error)}\n\n`),
    rewriter: blocks,
  },
  error: ({ reason, says, retryAfterS }) => ({
    type: 'error',
    error: {
      type: ERROR_TYPES.get(reasons[reason].status) ?? 'api_error',
      message: says,
      ...(O.isSome(retryAfterS) ? { retry_after: retryAfterS.value } : {}),
    },
  }),
  // Clients look for it under the name that Anthropic gives it.
  errorFields: (id) => ({ 'request-id': id }),
  model,
  modelList: (ids) => ({
    data: ids.map(model),
    has_more: false,
    first_id: ids.at(0) ?? null,
    last_id: ids.at(-1) ?? null,
  }),
  // An event names the block that it belongs to: without text there is none to go on in.
  continuation: { ...prefill, needsText: true, adopt: adoptEvents },
  usage: (value) => {
    const counted = Started.is(value) ? value.message : value;
    const usage = Counted.is(counted) ? counted.usage : undefined;
    // What came from the cache, or went into it, is counted apart.
    const cached = (usage?.cache_read_input_tokens ?? 0) + (usage?.cache_creation_input_tokens ?? 0);
    const input = usage?.input_tokens;
    return { inputTokens: input === undefined ? undefined : input + cached, outputTokens: usage?.output_tokens };
  },
};
