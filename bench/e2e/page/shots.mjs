/** The pictures of the README. Its emoji need a font that has them, such as Debian's fonts-noto-color-emoji. */
import { file } from '../../gauntlet/processes.mjs';
import { KEY } from './world.mjs';

const FOLDER = 'docs/images';
const VIEW = { width: 600, height: 560 };
const TOP_BAR = 38;
const QUESTION = 'How many waves are there?';

/** A reply that came after three failures, and the toast of a failure that lasted. With the product's own waits. */
export const takeShots = async ({ tavern, proxyWith }) => {
  const { page } = tavern;
  const ask = async (wish) => {
    await tavern.clear();
    await tavern.clearToasts();
    await tavern.setModel('custom', `demo:${wish}`);
    await tavern.send(QUESTION);
  };
  const shot = (name, y, height) =>
    page.screenshot({ path: file(`${FOLDER}/${name}.png`), clip: { x: 0, y, width: VIEW.width, height } });
  const topOf = async (selector) => (await page.locator(selector).boundingBox()).y;

  await page.setViewportSize(VIEW);
  await tavern.connect('custom', `${(await proxyWith({ baseDelayS: 1 })).url}/v1`, KEY);
  await tavern.set('stream_toggle', true);

  await ask('http-502-html+empty-body+stream-done-only:1:shot.reply');
  await shot('reply', await topOf('#chat .mes[mesid="1"]'), 186);
  await ask('http-503:always:shot.failure');
  await page.locator('.toast-message').waitFor();
  // The question alone, below the toast, where the greeting was.
  await page.locator('#chat .mes[mesid="0"]').evaluate((greeting) => {
    greeting.style.cssText = 'visibility: hidden; height: 60px; overflow: hidden';
  });
  await shot('failure', TOP_BAR, 160);
};
