/** What no fault in a reply can show: an upstream that is not there, or not yet; and where keys go. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { startDemo } from '../../../dist/lib/demo/server.js';
import { eventually, LEAVING_MS, same, sameText } from '../kit/case.mjs';
import { startProxy } from '../kit/proxy.mjs';
import { UNREACHABLE } from '../kit/words.mjs';
import { show, tells } from './chats.mjs';
import { KEY, MAKERSUITE } from './sources.mjs';

const WELL = 'good-plain';
const TARGET_KEY = 'AIzaSyTargetCanary9876543210zyxwvutsr';

const about = (says, stream, played) => ({ says, source: MAKERSUITE.source, mode: stream ? 'stream' : 'json', played });

const nowhere = (stream) => ({
  ...about(UNREACHABLE.says, stream, []),
  act: async (world) => {
    const proxy = await startProxy({ target: world.upstream.listeners['port-closed'] });
    const { toasts } = await show({ ...world, url: proxy.url }, MAKERSUITE, stream, `${WELL}:always`);
    await proxy.end();
    world.logs.push(proxy.said());
    return tells(toasts, UNREACHABLE.sentence, MAKERSUITE.source, stream);
  },
});

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
};

const isAsked = async ({ url }) => (await (await fetch(`${url}/status`)).json()).in_flight > 0;

/** Longer than it takes to be refused, shorter than the wait that follows, which is at least 150 ms. */
const REFUSED_MS = 60;

/** An upstream that starts only once the proxy has found nobody there. */
const late = {
  ...about('nobody listens at first, then a reply', false, ['refused', WELL]),
  act: async (world) => {
    const port = await freePort();
    const proxy = await startProxy({ target: `http://127.0.0.1:${port}`, baseDelay: 0.3 });
    const shown = show({ ...world, url: proxy.url }, MAKERSUITE, false, `${WELL}:always`);
    await eventually(() => isAsked(proxy), LEAVING_MS);
    await new Promise((resolve) => setTimeout(resolve, REFUSED_MS));
    const demo = await startDemo({ port });
    const { text, toasts } = await shown;
    const seen = demo.attempts(world.id).map(({ played }) => played);
    await Promise.all([proxy.end(), demo.close()]);
    world.logs.push(proxy.said());
    const refused = proxy.said().includes('"reason":"unreachable"') ? ['refused'] : [];
    return {
      saw: 'the whole text',
      seen: [...refused, ...seen],
      problems: [
        ...sameText(text, await world.upstream.expected(WELL, world.prompt)),
        ...same('what was told', toasts, []),
      ],
    };
  },
};

const keyed = {
  ...about("the proxy's own key in place of the client's", false, [WELL]),
  act: async (world) => {
    const proxy = await startProxy({ target: world.upstream.url, apiKey: TARGET_KEY });
    await show({ ...world, url: proxy.url }, MAKERSUITE, false, `${WELL}:always`);
    await proxy.end();
    world.logs.push(proxy.said());
    const [{ path, headers }] = await world.upstream.attempts(world.id);
    const isGone = !`${path}${JSON.stringify(headers)}`.includes(KEY);
    return {
      saw: 'sent as x-goog-api-key',
      problems: [
        ...same('the key', headers['x-goog-api-key'], TARGET_KEY),
        ...(isGone ? [] : ["the client's went too"]),
      ],
    };
  },
};

/** Last: it looks at what all cases before it have left. */
const secrecy = {
  ...about('the key, in all answers and all of the log', false, []),
  mode: 'all',
  act: async ({ upstream, logs, answers }) => {
    const { attempts } = await (await fetch(`${upstream.url}/demo/attempts`)).json();
    const sent = attempts.filter(({ path }) => path.includes(`?key=${KEY}`)).length;
    const logged = logs.join('\n');
    const found = [TARGET_KEY, KEY].filter((key) => `${logged}${answers.join('\n')}`.includes(key)).length;
    const isLogged = logged.includes(':generateContent') && answers.some((answer) => answer.includes('[cut]'));
    return {
      saw: found === 0 ? 'nowhere' : `${found} keys`,
      problems: [
        ...(found === 0 ? [] : ['a key came out']),
        ...(sent > 0 ? [] : ['the upstream was sent none']),
        ...(isLogged ? [] : ['there was nothing to find it in']),
      ],
    };
  },
};

export const CONNECTING = [nowhere(false), nowhere(true), late, keyed, secrecy];
