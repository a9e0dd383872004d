/** SillyTavern's web page in a browser: connected, typed into and clicked, through everything that goes wrong. */
import { VERSION } from './install.mjs';
import { runActions, runContinueAfterBreak } from './page/actions.mjs';
import { deskIn } from './page/desk.mjs';
import { faultsOf } from './page/faults.mjs';
import { runListing } from './page/listing.mjs';
import { runMending } from './page/mending.mjs';
import { takeShots } from './page/shots.mjs';
import { runStops } from './page/stop.mjs';
import { withBrowser, withWorld } from './page/world.mjs';

export const name = 'page';

export const about = `**SillyTavern page**: the web page of SillyTavern ${VERSION} in Chromium, used with mouse and keyboard. The whole text on the screen is compared. There is no empty message, no other toast and no popup, and neither the key nor the upstream's host is anywhere on the page. With the source Claude and without streaming, SillyTavern's server replaces every error with "Internal Server Error"; with streaming on, it shows errors in full.`;

/** Longer than any case of Stop. */
const PATIENCE_S = 20;

const runSource = async (world, desk, source) => {
  const { tavern, proxyWith } = world;
  await desk.connect(source, (await proxyWith()).url);
  for (const stream of [false, true]) {
    await desk.streaming(stream);
    for (const kase of faultsOf(source, stream)) {
      await tavern.clear();
      await desk.check(kase, (prompt) => tavern.send(prompt));
    }
    await runActions(world, desk);
  }
  await runContinueAfterBreak(world, desk);
  await desk.connect(source, (await proxyWith({ limitS: PATIENCE_S })).url);
  for (const stream of [false, true]) {
    await desk.streaming(stream);
    await runStops(world, desk);
  }
  await desk.connect(source, (await proxyWith({ onBreak: 'continue' })).url);
  await runMending(world, desk);
};

/** Each source on a SillyTavern of its own; the rows stay in their order all the same. */
const LANES = [
  (world, desk) => runSource(world, desk, 'custom'),
  async (world, desk) => {
    await runSource(world, desk, 'openai');
    await runListing(world, desk, ['custom', 'openai']);
  },
  (world, desk) => runSource(world, desk, 'claude'),
];

const runLanes = async (browser, tell, { screenshots }) => {
  const lanes = LANES.map(async (runLane) => {
    const rows = [];
    const done = withWorld(browser, (world) =>
      runLane(
        world,
        deskIn(world, (row) => rows.push(row)),
      ),
    );
    const error = await done.then(
      () => undefined,
      (reason) => reason,
    );
    return { rows, error };
  });
  if (screenshots) await withWorld(browser, takeShots);
  const errors = [];
  for (const lane of lanes) {
    const { rows, error } = await lane;
    for (const row of rows) tell(row);
    if (error !== undefined) errors.push(error);
  }
  if (errors.length > 0) throw errors[0];
};

/** @param {{ screenshots: boolean }} options */
export const run = (tell, options) => withBrowser((browser) => runLanes(browser, tell, options));
