/** The kinds of cases: what the upstream is asked to play, and what the page's user is to see of it. */
import { SETTINGS } from '../../gauntlet/ours.mjs';

export const WELL = 'good-plain';
export const TRIES = 1 + SETTINGS.maxRetries;

/**
 * @typedef {object} Case
 * @property {string} says
 * @property {string} wish the model name, without `demo:` and the id
 * @property {readonly string[]} played what the upstream is to play, attempt by attempt
 * @property {'whole' | 'beginning' | 'none'} text how much of the good text is on the screen
 * @property {string} [told] the sentence on the toast; `@` stands for how long the attempts took
 * @property {string | { openai: string, claude: string }} [theirs] what is added to it where a stream was asked for: the
 * upstream's own words, by dialect where they differ
 * @property {number} [early] how many more attempts of the same kind may come before the first that the page sees
 * @property {string} [label] what the table says that the upstream played, where that may differ
 * @property {readonly string[]} [sources] else all
 */

export const times = (count, name) => Array.from({ length: count }, () => name);

export const good = (says, name) => ({ says, wish: `${name}:always`, played: [name], text: 'whole' });

/** Each fault once, in turn, then the reply. */
export const mended = (says, ...names) => ({
  says,
  wish: `${names.join('+')}:1`,
  played: [...names, WELL],
  text: 'whole',
});

export const lasting = (says, name, what, advice = '') => ({
  says: `${says}, every time`,
  wish: `${name}:always`,
  played: times(TRIES, name),
  text: 'none',
  told: `${what}, ${TRIES} attempts in @ s.${advice}`,
});

export const rejected = (says, name, what, theirs) => ({
  says,
  wish: `${name}:always`,
  played: [name],
  text: 'none',
  told: what,
  theirs,
});

/** On a slow machine the break may come in the same bytes as the beginning, which is in time for another try. */
export const breaks = (says, name, told) => ({
  says,
  wish: `${name}:always`,
  played: [name],
  early: SETTINGS.maxRetries,
  label: name,
  text: 'beginning',
  told,
});

/** Claude's JSON errors never reach the page: SillyTavern's server says this in place of each. */
const SERVER_ERROR = 'Internal Server Error';

/** The whole toast. @param {Case} kase @param {string} source @param {boolean} stream */
export const toldIn = ({ told, theirs }, source, stream) => {
  if (told === undefined) return undefined;
  if (source === 'claude' && !stream) return SERVER_ERROR;
  if (!stream || theirs === undefined) return told.endsWith('.') ? told : `${told}.`;
  return `${told}: ${typeof theirs === 'string' ? theirs : theirs[source === 'claude' ? 'claude' : 'openai']}`;
};
