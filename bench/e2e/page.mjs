/** SillyTavern's web page in a browser: connected, typed into and clicked, through everything that goes wrong. */
import { deskIn } from './page/desk.mjs';
import { faultsOf } from './page/faults.mjs';
import { withWorld } from './page/world.mjs';

export const name = 'page';

const SOURCES = ['custom', 'openai', 'claude'];

export const run = (tell) =>
  withWorld(async (world) => {
    const { tavern, proxyWith } = world;
    const desk = deskIn(world, tell);
    const proxy = await proxyWith();
    for (const source of SOURCES) {
      await desk.connect(source, proxy.url);
      for (const stream of [false, true]) {
        await desk.streaming(stream);
        for (const kase of faultsOf(source, stream)) {
          await tavern.clear();
          await desk.check(kase, (prompt) => tavern.send(prompt));
        }
      }
    }
  });
