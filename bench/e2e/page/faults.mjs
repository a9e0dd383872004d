/** What goes wrong behind the page. */
import { breaks, good, lasting, mended, rejected, toldIn, WELL } from './kinds.mjs';

/** They ask the proxy alike; what is long is done with one of them. */
const OPENAI = ['custom', 'openai'];
const ROUTES = ['custom', 'claude'];

const at = (sources, ...cases) => cases.map((kase) => ({ ...kase, sources }));

const CHECK_URL = ' Check target_proxy.url.';

/** In both modes. */
const both = [
  good('one reply', WELL),
  mended('429 twice', 'http-429', 'retry-after-ms'),
  mended('502 as an HTML page, 503, 524', 'http-502-html', 'http-503-text', 'http-524-html'),
  mended('200 with nothing in it', 'empty-body', 'http-204'),
  mended('200 with an HTML page, then with plain text', 'html-200', 'text-200'),
  ...at(OPENAI, mended('an empty list of choices', 'choices-empty')),
  ...at(
    ROUTES,
    mended('200 with an error in it', 'error-object', 'error-string', 'error-typed'),
    mended('content "", null and blank', 'content-empty', 'content-null', 'content-blank'),
    mended('cut JSON, cut gzip', 'json-cut', 'gzip-cut'),
    mended('a reset connection', 'reset-mid-headers', 'reset-after-headers'),
    mended('no answer in time', 'hang-before-headers'),
  ),
  rejected('a wrong key', 'http-401', 'Upstream refused the API key (401)', 'Incorrect API key provided.'),
  ...at(
    ROUTES,
    rejected('a wrong key, repeated with host and path', 'http-401-echo', 'Upstream refused the API key (401)', {
      openai: 'Not allowed: key Bearer [cut] at [cut]',
      claude: 'Not allowed: key [cut] at [cut]',
    }),
    rejected(
      'a prompt that is too long',
      'http-400-context',
      'Upstream refused the request (400)',
      "This model's maximum context length is 8192 tokens.",
    ),
    rejected('a content filter', 'filtered', 'Upstream filtered its reply'),
  ),
  rejected(
    'no credit left',
    'quota-429',
    'Upstream says that the account has no credit left (429)',
    'You exceeded your current quota.',
  ),
  lasting('502 as an HTML page', 'http-502-html', 'Upstream failed (502)'),
  lasting('200 with nothing in it', 'empty-body', 'Upstream sent an empty reply'),
  ...at(
    ROUTES,
    lasting('429', 'http-429', 'Upstream is rate limited (429)'),
    lasting('200 with an HTML page', 'html-200', 'Upstream sent something that is not a reply', CHECK_URL),
    lasting('a reset connection', 'reset-after-headers', 'Upstream broke the connection'),
  ),
];

const jsonOnly = [
  good('a stream in place of JSON', 'good-stream-for-json'),
  ...at(ROUTES, mended('JSON that breaks off', 'reset-mid-body', 'fin-short-of-length')),
];

const BROKE = 'Upstream broke off in the middle of its reply.';
const ENDED = 'Upstream ended in the middle of its reply.';
const SILENT = 'Upstream fell silent in the middle of its reply. Raise target_proxy.timeouts.idle.';

const streamOnly = [
  good('JSON in place of a stream', 'good-json-for-stream'),
  mended('a stream without a byte, with [DONE] only', 'stream-empty', 'stream-done-only'),
  mended('an error for the first event', 'error-event', 'error-event-string', 'error-event-late'),
  ...at(
    ROUTES,
    good('empty, null and cut events in the middle', 'good-odd-events'),
    good('a last event without its blank line', 'good-no-last-blank-line'),
    good('thoughts, then the text', 'good-reasoning'),
    mended('a stream with a role only, of comments only', 'stream-role-only', 'stream-comments-only'),
    mended('a stream broken before any content', 'reset-after-role', 'fin-mid-first-event', 'first-event-cut'),
    mended('a stream that hangs before any content', 'hang-after-role'),
  ),
  lasting('a stream with [DONE] only', 'stream-done-only', 'Upstream sent an empty reply'),
  ...at(
    ROUTES,
    lasting('an error for the first event', 'error-event', 'Upstream sent an error in place of a reply (500)'),
    breaks('a close in the middle', 'broken-fin', BROKE),
    breaks('an end in the middle of an event', 'broken-mid-event', ENDED),
    breaks('silence in the middle', 'broken-silence', SILENT),
  ),
  breaks('a reset in the middle', 'broken-reset', BROKE),
  breaks('an early end', 'broken-end', ENDED),
  breaks('an error event in the middle', 'broken-error', 'Upstream failed in the middle of its reply.'),
];

/** @param {string} source @param {boolean} stream @returns {readonly import('./kinds.mjs').Case[]} */
export const faultsOf = (source, stream) =>
  [...both, ...(stream ? streamOnly : jsonOnly)]
    .filter(({ sources = [source] }) => sources.includes(source))
    .map((kase) => ({ ...kase, told: toldIn(kase, source, stream) }));
