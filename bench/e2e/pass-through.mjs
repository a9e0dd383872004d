/** SillyTavern's real backend on routes whose replies are passed on as they come, and on DeepSeek's, which are judged. */
import { startUpstream } from '../gauntlet/upstream-client.mjs';
import { sillyTavernFolder } from './install.mjs';
import { promptOf, runCase } from './kit/case.mjs';
import { startProxy } from './kit/proxy.mjs';
import { CHATS } from './pass-through/chats.mjs';
import { CONNECTING } from './pass-through/connecting.mjs';
import { LISTS, MEMORIES, SPEECH } from './pass-through/others.mjs';
import { startBackend } from './sillytavern/backend.mjs';
import { startPage } from './sillytavern/page.mjs';

export const name = 'pass-through';

const CLIENT = 'SillyTavern backend';

/** Asks as its page would, and keeps all that it answers. */
const poster = (url, answers) => async (path, body, signal) => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/${path}`, { method: 'POST', headers, body: JSON.stringify(body), signal });
  const keep = (text) => answers.push(text);
  // One that was stopped has no end.
  response
    .clone()
    .text()
    .then(keep, () => {});
  return response;
};

export const run = async (tell) => {
  const root = sillyTavernFolder();
  const upstream = await startUpstream();
  const [backend, page, proxy] = await Promise.all([
    startBackend(root),
    startPage(root),
    startProxy({ target: upstream.url }),
  ]);
  const answers = [];
  const logs = [];
  const common = { post: poster(backend.url, answers), page, upstream, answers, logs, backendSaid: backend.said };

  const runOne = async ({ act, ...kase }, id, { url }) => {
    const world = { ...common, url, id, prompt: promptOf(id) };
    tell(await runCase({ ...kase, client: CLIENT, id }, upstream, () => act(world)));
  };
  for (const [number, kase] of [...CHATS, ...SPEECH, ...MEMORIES].entries())
    await runOne(kase, `pass.${number}`, proxy);
  for (const [number, { wish, ...kase }] of LISTS.entries()) {
    const id = `list.${number}`;
    // These requests can name no fault, so a proxy of their own does.
    const listing = await startProxy({ target: upstream.url, headers: { 'x-demo-fault': `${wish}:${id}` } });
    await runOne(kase, id, listing);
    await listing.end();
    logs.push(listing.said());
  }
  logs.push(proxy.said());
  for (const [number, kase] of CONNECTING.entries()) await runOne(kase, `connect.${number}`, proxy);

  await Promise.all([backend.end(), proxy.end(), upstream.end()]);
};
