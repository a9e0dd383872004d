/** Anthropic's messages. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Dialect, Model } from '../../core/dialect.js';
import { values } from '../../core/headers.js';
import { reasons } from '../../core/reason.js';
import { prefill } from '../continuation.js';
import { messages } from '../request.js';
import { ALL_METHODS, models } from '../routes.js';
import { adoptEvents } from './adopt-events.js';
import { namedEvent, streamOf, wholeOf } from './convert.js';
import { normalizeEvents, normalizeReply } from './normalize.js';
import { blocks, messageWithOtherText } from './rewrite.js';
import { eventView, replyView } from './view.js';

/** The `type` of an error by its status. */
const ERROR_TYPES: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [429, 'rate_limit_error'],
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
const entry = (id: string): Model => ({ type: 'model', id, display_name: id, created_at: EPOCH });

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
  error: {
    body: ({ reason, says, retryAfterS }) => ({
      type: 'error',
      error: {
        type: ERROR_TYPES.get(reasons[reason].status) ?? 'api_error',
        message: says,
        ...(O.isSome(retryAfterS) ? { retry_after: retryAfterS.value } : {}),
      },
    }),
    // Clients look for it under the name that Anthropic gives it.
    fields: (id) => ({ 'request-id': id }),
  },
  models: {
    entry,
    list: (ids) => ({
      data: ids.map(entry),
      has_more: false,
      first_id: ids.at(0) ?? null,
      last_id: ids.at(-1) ?? null,
    }),
  },
  continuation: {
    ...prefill,
    // An event names the block that it belongs to: without text there is none to go on in.
    needsText: true,
    adopt: adoptEvents,
  },
  usage: (value) => {
    const counted = Started.is(value) ? value.message : value;
    if (!Counted.is(counted)) return O.none;
    const { input_tokens: input, cache_read_input_tokens: read, output_tokens: outputTokens } = counted.usage;
    // What came from the cache, or went into it, is counted apart.
    const written = counted.usage.cache_creation_input_tokens ?? 0;
    return O.some({ inputTokens: input === undefined ? undefined : input + (read ?? 0) + written, outputTokens });
  },
};
