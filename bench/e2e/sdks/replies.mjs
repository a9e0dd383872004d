/** Replies, streams and tool calls, also after failures; errors of the SDKs' own classes; streams that break. */
import { beginsText, same, sameText } from '../kit/case.mjs';
import { BAD_REPLIES, BREAKING, FAILING } from '../kit/words.mjs';
import { problemsOf, READERS, read, rejection, shownError } from './sdk.mjs';

export const WELL = 'good-plain';

const good = (says, mode, wish, played) => ({
  says,
  mode,
  wish,
  played,
  act: async (world) => {
    const text = await READERS[mode](world);
    return { saw: 'the whole text', problems: sameText(text, await world.upstream.expected(WELL, world.prompt)) };
  },
});

const mended = (mode, ...failures) =>
  good('two failures, then a reply', mode, `${failures.join('+')}:1`, [...failures, WELL]);

const tool = (mode, ask) => ({
  says: 'a failure, then a tool call',
  mode,
  wish: 'http-503+good-tool-call:1',
  played: ['http-503', 'good-tool-call'],
  act: async ({ sdk, client, model, prompt }) => {
    const called = await sdk[ask](client, model, prompt);
    return { saw: `${called.name}(), ${called.why}`, problems: same('the call', called, sdk.called) };
  },
});

const fails = (failing, mode) => ({
  says: failing.says,
  mode,
  wish: `${failing.fault}:always`,
  played: Array.from({ length: failing.tries }, () => failing.fault),
  act: async (world) => {
    const error = await rejection(READERS[mode](world));
    return { saw: shownError(world.sdk, error), problems: problemsOf(world.sdk, error, failing) };
  },
});

const breaks = ({ says, fault, sentence }) => ({
  says,
  mode: 'stream',
  wish: `${fault}:always`,
  played: [fault],
  act: async ({ sdk, client, upstream, model, prompt }) => {
    const { text, error } = await read(sdk.stream(client, model, prompt));
    if (!(error instanceof sdk.errors.APIError)) return { saw: '', problems: [`ended with ${error}`] };
    const told = sdk.told(error);
    const problems = beginsText(text, await upstream.expected(WELL, prompt));
    if (!sentence.test(told.sentence) || !told.isShown) problems.push(`told ${JSON.stringify(error.message)}`);
    return { saw: `a beginning, then ${shownError(sdk, error)}`, problems };
  },
});

/** @type {readonly import('./sdk.mjs').Case[]} */
export const REPLIES = [
  ...Object.keys(READERS).map((mode) => good('one reply', mode, `${WELL}:always`, [WELL])),
  mended('json', 'http-502-html', 'empty-body'),
  mended('stream', 'reset-mid-headers', 'error-event'),
  mended('helper', 'http-429', 'stream-role-only'),
  tool('json', 'tool'),
  tool('helper', 'toolStream'),
  ...[...FAILING, ...BAD_REPLIES].flatMap((failing) => [fails(failing, 'json'), fails(failing, 'stream')]),
  ...BREAKING.map(breaks),
];
