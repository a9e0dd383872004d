/** AbortController: the upstream is to see that nobody waits any more. */
import { beginsText, eventually, LEAVING_MS, sawLeaving } from '../kit/case.mjs';
import { WELL } from './replies.mjs';
import { READERS, read, rejection } from './sdk.mjs';

/** The SDKs end a stream that was aborted in its middle without an error. */
const abortOf = (sdk, error) => {
  if (error === undefined) return { saw: 'the end', problems: [] };
  const isAbort = error instanceof sdk.errors.APIUserAbortError;
  return { saw: error.constructor.name, problems: isAbort ? [] : [`threw ${error.name}: ${error.message}`] };
};

const before = (mode, fault) => ({
  says: 'aborted before an answer',
  mode,
  wish: `${fault}:always`,
  played: [fault],
  act: async (world) => {
    const { sdk, upstream, id } = world;
    const controller = new AbortController();
    const rejected = rejection(READERS[mode](world, { signal: controller.signal }));
    const isAsked = await eventually(async () => (await upstream.attempts(id)).length > 0, LEAVING_MS);
    controller.abort();
    const { saw, problems } = abortOf(sdk, await rejected);
    const unasked = isAsked ? [] : ['the upstream was not asked'];
    return { saw, problems: [...unasked, ...problems, ...(await sawLeaving(upstream, id))] };
  },
});

const ENOUGH = 20;

const amidst = {
  says: 'aborted in mid-stream',
  mode: 'stream',
  wish: 'broken-silence:always',
  played: ['broken-silence'],
  act: async ({ sdk, client, upstream, id, model, prompt }) => {
    const controller = new AbortController();
    const pieces = async function* () {
      let length = 0;
      for await (const piece of sdk.stream(client, model, prompt, { signal: controller.signal })) {
        yield piece;
        length += piece.length;
        if (length >= ENOUGH) controller.abort();
      }
    };
    const { text, error } = await read(pieces());
    const { saw, problems } = abortOf(sdk, error);
    const begun = beginsText(text, await upstream.expected(WELL, prompt));
    const left = await sawLeaving(upstream, id);
    return { saw: `a beginning, then ${saw}`, problems: [...problems, ...begun, ...left] };
  },
};

/** @type {readonly import('./sdk.mjs').Case[]} */
export const LEAVING = [before('json', 'hang-before-headers'), before('stream', 'hang-after-headers'), amidst];
