/** The list of models, and sending, while the upstream is there, is down, or was never there. */
import { join } from 'node:path';
import { startOurs } from '../../gauntlet/ours.mjs';
import { scratch } from '../../gauntlet/processes.mjs';
import { startUpstream } from '../../gauntlet/upstream-client.mjs';
import { TRIES } from './kinds.mjs';

const FALLBACK = ['the-usual-model', 'another'];

const UNREACHABLE = {
  says: 'a message, while the upstream is down',
  wish: 'good-plain:always',
  played: [],
  text: 'none',
  told: `Upstream cannot be reached (ECONNREFUSED), ${TRIES} attempts in @ s. Check target_proxy.url.`,
};

/** Its own upstream, which is ended. @param {readonly string[]} sources */
export const runListing = async ({ tavern }, desk, sources) => {
  const mortal = await startUpstream();
  desk.hide(new URL(mortal.url).host);
  // Nothing is fresh, so that each Connect asks.
  const proxyWith = (state, models = '{ ttl: 0.01 }') =>
    startOurs({ url: mortal.url, onBreak: 'error', state: join(scratch, state), models });
  const { data } = await (await fetch(`${mortal.url}/v1/models`)).json();
  const all = data.map(({ id }) => id);
  const asked = async () => (await mortal.attempts('/models')).length;
  const inOrder = (ids) => [...ids].sort().join(', ');
  let isUp = true;

  const check = async (says, source, proxy, wanted) => {
    desk.at.source = source;
    await desk.row(
      says,
      async () => {
        const before = isUp ? await asked() : 0;
        await tavern.clearToasts();
        const status = await desk.connect(source, proxy.url);
        const models = await tavern.models(source);
        const { toasts, leaks } = await desk.shown();
        const problems = [
          ...(inOrder(models) === inOrder(wanted) && wanted.length > 0 ? [] : [`got ${models.join(', ')}`]),
          ...(status === 'Valid' ? [] : [`the status is ${status}`]),
          ...[...toasts, ...leaks].map((text) => `on the page: ${text}`),
          ...(isUp && (await asked()) === before ? ['the upstream was not asked'] : []),
        ];
        return { saw: `${status}, ${models.length} models`, attempts: isUp ? '/models' : 'down', problems };
      },
      'models',
    );
  };
  const send = async (says, stream) => {
    await desk.streaming(stream);
    await tavern.clear();
    await desk.check({ ...UNREACHABLE, says, label: 'down' }, (prompt) => tavern.send(prompt));
  };

  const proxy = await proxyWith('kept');
  await tavern.clear();
  await tavern.clearToasts();
  for (const source of sources) await check('Connect: the list of models', source, proxy, all);
  await mortal.end();
  isUp = false;
  for (const source of sources) {
    await check('Connect, while the upstream is down', source, proxy, all);
    for (const stream of [false, true]) await send(UNREACHABLE.says, stream);
  }
  await proxy.end();
  const again = await proxyWith('kept');
  await check('Connect, upstream down, the proxy started anew', sources[0], again, all);
  await again.end();
  const fallback = await proxyWith('none', `{ fallback: [${FALLBACK.join(', ')}] }`);
  for (const source of sources) {
    await check('Connect, upstream never seen, with models.fallback', source, fallback, FALLBACK);
  }
  await fallback.end();
};
