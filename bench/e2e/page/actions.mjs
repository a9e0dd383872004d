/** What the page's other buttons do: swipe, regenerate and continue, where the upstream fails now and then. */
import { TRIES, times, toldIn, WELL } from './kinds.mjs';

const PROMPT = 'Who counts the waves? \u{1F30A}';

const MENDED = { wish: 'http-503+empty-body:1', played: ['http-503', 'empty-body', WELL], text: 'whole' };
const LASTING = { wish: 'http-503:always', played: times(TRIES, 'http-503') };
const OVERLOADED = `Upstream is overloaded (503), ${TRIES} attempts in @ s.`;

const counts =
  (wanted) =>
  async (_id, { messages }) => {
    const { swipes } = messages.at(-1);
    return swipes === wanted ? [] : [`the counter shows ${swipes}`];
  };

/** The page asks for more with a nudge, which stands last; for Claude its server makes it a user's message. */
const NUDGE = '[Continue your last message without repeating its original content.]';

/** On one message, each on what the one before has left. */
export const runActions = async ({ tavern, upstream }, desk) => {
  /** The demo answers the last user's message anew, and the page puts it behind a blank. */
  const twice = async (text) =>
    `${text} ${await upstream.expected(WELL, desk.at.source === 'claude' ? NUDGE : PROMPT)}`;
  const failing = { ...LASTING, told: toldIn({ told: OVERLOADED }, desk.at.source, desk.at.stream) };
  const check = (says, kase, act, options = {}) => desk.check({ says, ...kase }, act, { prompt: PROMPT, ...options });

  await tavern.clear();
  await tavern.setModel(desk.at.source, `demo:${WELL}`);
  await tavern.send(PROMPT);
  await check('swipe, after two failures', MENDED, tavern.swipe, { more: counts('2/2') });
  await check('swipe, which fails: the old reply is back', { ...failing, text: 'whole' }, tavern.swipe, {
    more: counts('2/2'),
  });
  await check('regenerate, after two failures', MENDED, tavern.regenerate, { more: counts('1/1') });
  await check('continue, after two failures', MENDED, tavern.goOn, { expected: twice });
  await check('continue, which fails: the reply stays', { ...failing, text: 'whole' }, tavern.goOn, {
    expected: twice,
  });
  await check(
    'regenerate, which fails: it takes the reply away first',
    { ...failing, text: 'none' },
    tavern.regenerate,
  );
};

/** With the reply's beginning sent along, to be gone on with, and nothing put between. */
export const runContinueAfterBreak = async ({ tavern }, desk) => {
  await tavern.clear();
  await tavern.setModel(desk.at.source, 'demo:broken-reset');
  await tavern.set('continue_prefill', true);
  await tavern.set('continue_postfix_none', true);
  await tavern.send(PROMPT);
  const kase = {
    says: 'continue, after a reset in the middle',
    wish: 'http-503:1',
    played: ['http-503', WELL],
    text: 'whole',
  };
  await desk.check(kase, tavern.goOn, { prompt: PROMPT });
  await tavern.set('continue_prefill', false);
  await tavern.set('continue_postfix_space', true);
};
