/** The processes that a user's machine would run, the upstream, and a browser. */
import { chromium } from 'playwright-core';
import { startOurs } from '../../gauntlet/ours.mjs';
import { startUpstream } from '../../gauntlet/upstream-client.mjs';
import { chromiumFile, sillyTavernFolder } from '../install.mjs';
import { startBackend } from '../sillytavern/backend.mjs';
import { tavernOn } from './tavern.mjs';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const KEY = 'sk-sillytavern-0123456789abcdef';

/** Calls `use` with a browser, and ends it. */
export const withBrowser = async (use) => {
  const browser = await chromium.launch({ executablePath: chromiumFile(), args: ARGS });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
};

/** As of a user who wants no animation, which only takes time. */
const LOOKS = { viewport: { width: 900, height: 800 }, reducedMotion: 'reduce' };

/** Calls `use` with a page on a new SillyTavern, and ends all that was started for it. */
export const withWorld = async (browser, use) => {
  const root = sillyTavernFolder();
  const upstream = await startUpstream();
  const started = [upstream];
  /** @param {object} [options] of the proxy */
  const proxyWith = async (options = {}) => {
    const proxy = await startOurs({ url: upstream.url, onBreak: 'error', ...options });
    started.push(proxy);
    return proxy;
  };
  try {
    const backend = await startBackend(root, { content: true });
    started.push(backend);
    const page = await browser.newPage(LOOKS);
    const tavern = await tavernOn(page, `${backend.url}/`);
    await tavern.onboard('Ariel');
    await use({ tavern, upstream, proxyWith });
  } finally {
    await Promise.all(started.map(({ end }) => end()));
  }
};
