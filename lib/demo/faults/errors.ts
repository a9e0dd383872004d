/** Errors that call themselves 200. */
import { errorIn, eventsIn, say, stream } from '../answers/answer.js';
import { event } from '../answers/anthropic.js';
import { goodMessage, type Message } from '../answers/message.js';
import { DONE, data } from '../answers/openai.js';
import type { Ask } from '../ask.js';
import type { Fields } from '../wire.js';
import { json } from '../wire.js';
import { CHATS, type Expectation, fault, JUDGED, STREAMED, WHOLE } from './fault.js';

const MESSAGE = 'The upstream provider failed.';
const ERROR = { message: MESSAGE, type: 'server_error', param: null, code: null };

/** The status that its type names. */
const NAMED = { status: 500 };

/** An object that names a status. */
const naming = (change: object): object => ({ error: { ...ERROR, ...change } });

const whole = (says: string, body: unknown, more: Expectation = {}) =>
  fault('error_in_reply', JUDGED, `200 with ${says}.`, () => json(body), more);

/** These events, and then an end as if all were well. */
const streamed = (says: string, events: (ask: Ask) => readonly string[], more: Expectation = {}) =>
  fault('error_in_reply', STREAMED, says, (ask) => stream(ask, [...events(ask), DONE]), more);

const withDefault = (ask: Ask): object =>
  errorIn(ask, { message: MESSAGE, openai: 'server_error', anthropic: 'api_error' }, 500);

/** In one piece, as a proxy that makes up a reply sends it. */
const spoken = (says: string, text: string, fields: Fields = {}, more: Expectation = {}) => {
  const message: Message = { text: [text], finish: 'stop' };
  return fault('error_in_reply', CHATS, says, (ask) => say(ask, message, fields), more);
};

const PROXY_ERROR = 'Proxy error (HTTP 429 Too Many Requests)';
const PROXY_TEXT = `### **${PROXY_ERROR}**\n\nThe proxy has run out of working keys.`;

export const errors = {
  'error-object': whole('{"error": {…}}', { error: ERROR }, NAMED),
  'error-string': whole('{"error": "…"}', { error: MESSAGE }),
  'error-array': whole('[{"error": {…}}]', [{ error: ERROR }], NAMED),
  'error-detail': whole('{"detail": "…"}', { detail: MESSAGE }),
  'error-message': whole('{"message": "…"}', { message: MESSAGE }),
  'error-typed': whole(
    '{"type": "error", "error": {…}}',
    { type: 'error', error: { type: 'api_error', message: MESSAGE } },
    NAMED,
  ),
  'error-and-choices': whole('an error beside an empty list of choices', { error: ERROR, choices: [] }, NAMED),
  'error-code-429': whole('an error whose code is 429', naming({ code: 429 }), { status: 429 }),
  'error-code-400': whole('an error whose code is "400"', naming({ code: '400' }), { status: 400, retried: false }),
  'error-status-401': whole('an error whose status is 401', naming({ status: 401 }), { status: 401, retried: false }),
  'error-status-503': whole('an error whose status is 503', naming({ status: 503 }), { status: 503 }),
  'error-type-429': whole('an error whose type is rate_limit_error', naming({ type: 'rate_limit_error' }), {
    status: 429,
  }),

  'error-event': streamed('A stream whose first event is an error.', () => [data({ error: ERROR })], NAMED),
  'error-event-string': streamed('A stream whose first event is an error of one string.', () => [
    data({ error: MESSAGE }),
  ]),
  'error-event-named': streamed(
    'A stream that begins with event: error.',
    () => [event('error', { error: ERROR })],
    NAMED,
  ),
  'error-event-429': streamed(
    'A stream whose first event is an error with code 429.',
    () => [data(naming({ code: 429 }))],
    { status: 429 },
  ),
  'error-event-403': streamed(
    'A stream whose first event is an error with code 403.',
    () => [data(naming({ code: 403 }))],
    { status: 403, retried: false },
  ),
  'error-event-late': streamed(
    'A stream with an error after its opening.',
    (ask) => [...eventsIn(ask, goodMessage(ask.prompt)).opening, event('error', withDefault(ask))],
    NAMED,
  ),
  'error-body-in-stream': fault(
    'error_in_reply',
    STREAMED,
    'An event stream whose body is bare JSON with CR line ends.',
    () => stream({ delayMs: 0 }, [`${JSON.stringify({ error: ERROR })}\r\r`]),
    NAMED,
  ),

  'proxy-error-header': spoken(
    "A good answer's form, and x-oai-proxy-error in the head.",
    PROXY_TEXT,
    { 'x-oai-proxy-error': PROXY_ERROR, 'x-oai-proxy-error-status': 429 },
    { status: 429 },
  ),
  'proxy-error-marker': spoken(
    "A good answer's form, with <!-- oai-proxy-error --> in the text.",
    `${PROXY_TEXT}\n\n<!-- oai-proxy-error -->`,
    {},
    { status: 429 },
  ),
  // In a stream these words may be the beginning of the model's prose.
  'proxy-error-text': fault(
    'error_in_reply',
    WHOLE,
    "An HTTP client's exception for the whole answer.",
    (ask) => say(ask, { text: ['Request failed with status code 429'], finish: 'stop' }),
    { status: 429 },
  ),
};
