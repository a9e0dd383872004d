/** What SillyTavern asks for, and what its user is to see. */
import { SETTINGS } from '../../gauntlet/ours.mjs';

/** Where the user types the proxy's address. */
const SOURCES = {
  custom: (url) => ({ custom_url: url }),
  openai: (url, key) => ({ reverse_proxy: url, proxy_password: key }),
  claude: (url, key) => ({ reverse_proxy: url, proxy_password: key, use_sysprompt: true }),
};

/** Sources whose list of models SillyTavern asks for. */
export const LISTING = ['custom', 'openai'];

/** @param {string} source @param {string} url of the proxy, with `/v1` */
export const connection = (source, url) => ({
  chat_completion_source: source,
  ...SOURCES[source](url, 'sk-sillytavern-0123456789abcdef'),
});

const WELL = 'good-plain';
const LASTING = `Upstream failed \\(502\\), ${1 + SETTINGS.maxRetries} attempts in (\\d+(\\.\\d)?|under 0\\.1) s\\.`;
const REFUSED = 'Upstream refused the API key \\(401\\)';

/**
 * @typedef {object} Case
 * @property {string} says
 * @property {string} source
 * @property {boolean} stream
 * @property {string} wish the model name, without `demo:` and the id
 * @property {readonly string[]} played what the upstream is to play, attempt by attempt
 * @property {'whole' | 'beginning' | 'none'} text how much of the good text is shown
 * @property {RegExp} [toast]
 */

const ONCE = { says: 'one reply', wish: `${WELL}:always`, played: [WELL], text: 'whole' };
const MENDED = {
  says: 'two failures, then a reply',
  wish: 'http-502-html+empty-body:1',
  played: ['http-502-html', 'empty-body', WELL],
  text: 'whole',
};
const FINAL = { says: 'a final failure', wish: 'http-401:always', played: ['http-401'], text: 'none' };
const LASTS = {
  says: 'a failure that lasts',
  wish: 'http-502-html:always',
  played: Array.from({ length: 1 + SETTINGS.maxRetries }, () => 'http-502-html'),
  text: 'none',
  toast: new RegExp(`^${LASTING}$`),
};
const BREAKS = {
  says: 'breaks after its beginning',
  wish: 'broken-reset:always',
  played: ['broken-reset'],
  text: 'beginning',
  toast: /^Upstream broke off in the middle of its reply\.$/,
};

const streams = [
  ONCE,
  MENDED,
  { ...FINAL, toast: new RegExp(`^${REFUSED}: Incorrect API key provided\\.$`) },
  LASTS,
  BREAKS,
];
const wholes = [ONCE, MENDED];
/** A reason phrase is all that is shown of these, and for Claude not even that: "Internal Server Error" always. */
const wholeErrors = [{ ...FINAL, toast: new RegExp(`^${REFUSED}\\.$`) }, LASTS];

/** @type {readonly Case[]} */
export const CASES = Object.keys(SOURCES).flatMap((source) => [
  ...[...wholes, ...(source === 'claude' ? [] : wholeErrors)].map((kase) => ({ ...kase, source, stream: false })),
  ...streams.map((kase) => ({ ...kase, source, stream: true })),
]);
