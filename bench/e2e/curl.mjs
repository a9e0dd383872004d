/** curl: bytes as they come, statuses, reason phrases and exit codes, long uploads, leaving. */
import { startUpstream } from '../gauntlet/upstream-client.mjs';
import { CHATS } from './curl/chats.mjs';
import { version } from './curl/curl.mjs';
import { OTHERS } from './curl/others.mjs';
import { UPLOADS } from './curl/uploads.mjs';
import { promptOf, runCase } from './kit/case.mjs';
import { startProxy } from './kit/proxy.mjs';

export const name = 'curl';

export const about =
  '**curl**: streams byte for byte, statuses, reason phrases and exit codes, long uploads, and a client that is killed.';

export const run = async (tell) => {
  await version();
  const upstream = await startUpstream();
  const proxy = await startProxy({ target: upstream.url });
  for (const [number, { act, ...kase }] of [...CHATS, ...OTHERS, ...UPLOADS].entries()) {
    const id = `curl.${number}`;
    const world = { upstream, url: proxy.url, id, prompt: promptOf(id) };
    tell(await runCase({ ...kase, client: 'curl', id }, upstream, () => act(world)));
  }
  await Promise.all([proxy.end(), upstream.end()]);
};
