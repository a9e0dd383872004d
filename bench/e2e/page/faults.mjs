/** What goes wrong behind the page, and what its user is to see of it. */
import { SETTINGS } from '../../gauntlet/ours.mjs';

const WELL = 'good-plain';
const TRIES = 1 + SETTINGS.maxRetries;

/**
 * @typedef {object} Case
 * @property {string} says
 * @property {string} wish the model name, without `demo:` and the id
 * @property {readonly string[]} played what the upstream is to play, attempt by attempt
 * @property {'whole' | 'beginning' | 'none'} text how much of the good text is on the screen
 * @property {string} [told] the sentence on the toast; `@` stands for how long the attempts took
 * @property {string} [theirs] what is added to it where a stream was asked for: the upstream's own words
 * @property {readonly string[]} [sources] else all
 */

const OPENAI = ['custom', 'openai'];

const good = (says, name) => ({ says, wish: `${name}:always`, played: [name], text: 'whole' });
/** Each fault once, in turn, then the reply. */
const mended = (says, ...names) => ({
  says,
  wish: `${names.join('+')}:1`,
  played: [...names, WELL],
  text: 'whole',
});
const lasting = (says, name, what, advice = '') => ({
  says: `${says}, every time`,
  wish: `${name}:always`,
  played: Array.from({ length: TRIES }, () => name),
  text: 'none',
  told: `${what}, ${TRIES} attempts in @ s.${advice}`,
});
const rejected = (says, name, what, theirs) => ({
  says,
  wish: `${name}:always`,
  played: [name],
  text: 'none',
  told: what,
  theirs,
});
const breaks = (says, name, told) => ({ says, wish: `${name}:always`, played: [name], text: 'beginning', told });
const at = (sources, kase) => ({ ...kase, sources });

const CHECK_URL = ' Check target_proxy.url.';

/** In both modes. */
const both = [
  good('one reply', WELL),
  mended('429 twice', 'http-429', 'retry-after-ms'),
  mended('502 as an HTML page, 503, 524', 'http-502-html', 'http-503-text', 'http-524-html'),
  mended('200 with nothing in it', 'empty-body', 'http-204'),
  mended('200 with an HTML page, then with plain text', 'html-200', 'text-200'),
  mended('200 with an error in it', 'error-object', 'error-string', 'error-typed'),
  mended('content "", null and blank', 'content-empty', 'content-null', 'content-blank'),
  at(OPENAI, mended('an empty list of choices', 'choices-empty')),
  mended('cut JSON, cut gzip', 'json-cut', 'gzip-cut'),
  mended('a reset connection', 'reset-mid-headers', 'reset-after-headers'),
  mended('no answer in time', 'hang-before-headers'),
  rejected('a wrong key', 'http-401', 'Upstream refused the API key (401)', 'Incorrect API key provided.'),
  rejected(
    'a wrong key, repeated with host and path',
    'http-401-echo',
    'Upstream refused the API key (401)',
    'Incorrect API key provided: [key]. Sent to [url] in [path].',
  ),
  rejected(
    'no credit left',
    'quota-429',
    'Upstream says that the account has no credit left (429)',
    'You exceeded your current quota.',
  ),
  rejected(
    'a prompt that is too long',
    'http-400-context',
    'Upstream refused the request (400)',
    "This model's maximum context length is 8192 tokens.",
  ),
  { ...rejected('a content filter', 'filtered', 'Upstream filtered its reply', ''), theirs: undefined },
  lasting('502 as an HTML page', 'http-502-html', 'Upstream failed (502)'),
  lasting('429', 'http-429', 'Upstream is rate limited (429)'),
  lasting('200 with nothing in it', 'empty-body', 'Upstream sent an empty reply'),
  lasting('200 with an HTML page', 'html-200', 'Upstream sent something that is not a reply', CHECK_URL),
  lasting('a reset connection', 'reset-after-headers', 'Upstream broke the connection'),
];

const jsonOnly = [
  good('a stream in place of JSON', 'good-stream-for-json'),
  mended('JSON that breaks off', 'reset-mid-body', 'fin-short-of-length'),
];

const BROKE = 'Upstream broke off in the middle of its reply.';
const ENDED = 'Upstream ended in the middle of its reply.';

const streamOnly = [
  good('JSON in place of a stream', 'good-json-for-stream'),
  good('empty, null and cut events in the middle', 'good-stray-events'),
  good('a last event without its blank line', 'good-no-last-blank-line'),
  good('thoughts, then the text', 'good-reasoning'),
  mended(
    'a stream without a byte, with a role only, with [DONE] only',
    'stream-empty',
    'stream-role-only',
    'stream-done-only',
  ),
  mended('a stream of comments only', 'stream-comments-only'),
  mended('an error for the first event', 'error-event', 'error-event-string', 'error-event-late'),
  mended('a stream that breaks before any content', 'reset-after-role', 'fin-mid-first-event', 'first-event-cut'),
  mended('a stream that hangs before any content', 'hang-after-role'),
  lasting('a stream with [DONE] only', 'stream-done-only', 'Upstream sent an empty reply'),
  lasting('an error for the first event', 'error-event', 'Upstream sent an error in place of a reply'),
  breaks('a reset in the middle', 'broken-reset', BROKE),
  breaks('a close in the middle', 'broken-fin', BROKE),
  breaks('an early end', 'broken-end', ENDED),
  breaks('an end in the middle of an event', 'broken-mid-event', ENDED),
  breaks('an error event in the middle', 'broken-error', 'Upstream failed in the middle of its reply.'),
  breaks(
    'silence in the middle',
    'broken-silence',
    'Upstream fell silent in the middle of its reply. Raise target_proxy.timeouts.idle.',
  ),
];

/** Claude's JSON errors never reach the page: SillyTavern's server says this in place of each. */
const SERVER_ERROR = 'Internal Server Error';

const toldIn = ({ told, theirs }, source, stream) => {
  if (told === undefined) return undefined;
  if (source === 'claude' && !stream) return SERVER_ERROR;
  const whole = /[.]$/.test(told) ? told : `${told}.`;
  return stream && theirs !== undefined ? `${told}: ${theirs}` : whole;
};

/** @param {string} source @param {boolean} stream @returns {readonly Case[]} */
export const faultsOf = (source, stream) =>
  [...both, ...(stream ? streamOnly : jsonOnly)]
    .filter(({ sources = [source] }) => sources.includes(source))
    .map((kase) => ({ ...kase, told: toldIn(kase, source, stream) }));
