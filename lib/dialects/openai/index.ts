/** OpenAI's chat completions, and what other upstreams add to them. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Dialect, Model } from '../../core/dialect.js';
import { reasons } from '../../core/reason.js';
import { COMMON_ERROR_TYPES, models } from '../common.js';
import { prefill } from '../continuation.js';
import { messages } from '../request.js';
import { adoptEvents } from './adopt-events.js';
import { dataEvent, streamOf, wholeOf } from './convert.js';
import { normalizeEvents, normalizeReply } from './normalize.js';
import { chunks, replyWithOtherText } from './rewrite.js';
import { eventView, replyView } from './view.js';

/** The `type` of an error by its status. */
const ERROR_TYPES: ReadonlyMap<number, string> = new Map([...COMMON_ERROR_TYPES, [402, 'insufficient_quota']]);

const DONE = 'data: [DONE]\n\n';

const Counted = t.type({ usage: t.partial({ prompt_tokens: t.number, completion_tokens: t.number }) });

/** When a model came to be is not known of a mere id, and clients demand a time. */
const model = (id: string): Model => ({ id, object: 'model', created: 0, owned_by: 'unknown' });

export const openai: Dialect = {
  name: 'openai',
  chatPath: '/chat/completions',
  routes: [{ path: /\/chat\/completions\/?$/, operation: 'chat', methods: ['POST'] }, models],
  isNamedIn: () => false,
  credential: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  request: messages,
  reply: {
    normalize: normalizeReply,
    view: replyView,
    toStream: streamOf,
    fromStream: wholeOf,
    saying: (content) => ({
      choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }],
    }),
    withText: replyWithOtherText,
  },
  events: {
    normalize: normalizeEvents,
    view: eventView,
    encode: (event) => Buffer.from(dataEvent(event)),
    last: Buffer.from(DONE),
    isLast: () => false,
    isWholeReply: () => false,
    // SillyTavern reads `choices` of every event, and stops at [DONE].
    errorTail: (error) => Buffer.from(`${dataEvent({ ...error, choices: [] })}${DONE}`),
    rewriter: chunks,
  },
  error: ({ reason, says, retryAfterS }) => ({
    error: {
      message: says,
      type: ERROR_TYPES.get(reasons[reason].status) ?? 'server_error',
      code: reason,
      param: null,
      ...(O.isSome(retryAfterS) ? { retry_after: retryAfterS.value } : {}),
    },
  }),
  errorFields: () => ({}),
  model,
  modelList: (ids) => ({ object: 'list', data: ids.map(model) }),
  continuation: { ...prefill, needsText: false, adopt: adoptEvents },
  usage: (value) => {
    const usage = Counted.is(value) ? value.usage : undefined;
    return { inputTokens: usage?.prompt_tokens, outputTokens: usage?.completion_tokens };
  },
};
