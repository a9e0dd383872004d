/** The official SDKs with their default settings: what a program that uses them gets, and how often the upstream is asked. */
import { startUpstream } from '../gauntlet/upstream-client.mjs';
import { promptOf, runCase, same } from './kit/case.mjs';
import { startProxy } from './kit/proxy.mjs';
import { UNREACHABLE } from './kit/words.mjs';
import { anthropic } from './sdks/anthropic.mjs';
import { LEAVING } from './sdks/leaving.mjs';
import { openai } from './sdks/openai.mjs';
import { LISTS, PASSED_ON } from './sdks/others.mjs';
import { REPLIES } from './sdks/replies.mjs';
import { problemsOf, READERS, rejection, shownError } from './sdks/sdk.mjs';

export const name = 'sdks';

export const about =
  '**The official SDKs** with their default settings, including their own retries: which class of error the caller gets, and how often the upstream is asked.';

const SDKS = [openai, anthropic];
const CLIENT_KEY = 'sk-client-0123456789abcdef';
const TARGET_KEY = 'sk-target-fedcba9876543210';

const runAll = async (sdk, cases, url, upstream, tell, label) => {
  const client = sdk.connect(url, CLIENT_KEY);
  for (const [number, { wish, act, ...kase }] of cases.entries()) {
    const id = `${sdk.source}.${label}.${number}`;
    const world = { sdk, client, upstream, id, model: `demo:${wish}:${id}`, prompt: promptOf(id) };
    tell(await runCase({ ...kase, client: sdk.client, source: sdk.source, id }, upstream, () => act(world)));
  }
};

/** Whoever asks, the upstream gets the key of the config alone, in the field of its API. */
const keyed = (sdk, wish) => ({
  says: "the proxy's own key",
  mode: 'json',
  wish,
  played: ['good-plain'],
  act: async (world) => {
    await READERS.json(world);
    const [{ headers }] = await world.upstream.attempts(world.id);
    const sent = { authorization: headers.authorization, 'x-api-key': headers['x-api-key'] };
    const wanted = sdk === openai ? { authorization: `Bearer ${TARGET_KEY}` } : { 'x-api-key': TARGET_KEY };
    return { saw: `sent as ${Object.keys(wanted)}`, problems: same('the key', sent, wanted) };
  },
});

const unreachable = {
  says: UNREACHABLE.says,
  mode: 'json',
  wish: 'good-plain:always',
  played: [],
  act: async (world) => {
    const error = await rejection(READERS.json(world));
    const counted = error.headers?.get('x-seaking-attempts');
    const problems = [...problemsOf(world.sdk, error, UNREACHABLE), ...same('the count of attempts', counted, '4')];
    return { saw: shownError(world.sdk, error), problems };
  },
};

export const run = async (tell) => {
  const upstream = await startUpstream();
  const proxy = await startProxy({ target: upstream.url });
  const withKey = await startProxy({ target: upstream.url, apiKey: TARGET_KEY });
  const nowhere = await startProxy({ target: upstream.listeners['port-closed'] });
  for (const sdk of SDKS) {
    // A proxy for each: what one has listed would be kept for the other.
    const listing = await startProxy({ target: upstream.url });
    await runAll(sdk, [...REPLIES, ...LEAVING, ...PASSED_ON[sdk.source]], proxy.url, upstream, tell, 'replies');
    await runAll(sdk, LISTS, listing.url, upstream, tell, 'lists');
    await runAll(sdk, [keyed(sdk, 'good-plain:always')], withKey.url, upstream, tell, 'key');
    await runAll(sdk, [unreachable], nowhere.url, upstream, tell, 'nowhere');
    await listing.end();
  }
  await Promise.all([proxy.end(), withKey.end(), nowhere.end(), upstream.end()]);
};
