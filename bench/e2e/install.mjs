/** What the clients need: SillyTavern from npm, in a cache folder, and Debian's Chromium. Never a dependency of the product. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export const VERSION = '1.19.0';

const installed = (root) => {
  try {
    return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
};

/** Gives the folder that SillyTavern is in; installs it there the first time (440 MB). */
export const sillyTavernFolder = () => {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'seaking-proxy-sillytavern');
  const root = join(cache, 'node_modules', 'sillytavern');
  if (installed(root) === VERSION) return root;
  console.log(`Installing sillytavern@${VERSION} into ${cache}; this takes a while, once.`);
  mkdirSync(cache, { recursive: true });
  const args = ['install', '--prefix', cache, '--no-audit', '--no-fund', `sillytavern@${VERSION}`];
  // npm is a .cmd file on Windows, which only a shell can start.
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (status !== 0) throw new Error(`npm could not install sillytavern@${VERSION}`);
  return root;
};

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const browser = () => BROWSERS.map(onPath).find((path) => path !== undefined);

const APT = [
  ['apt-get', 'update'],
  ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium'],
];

/** Gives the browser: the one that $CHROMIUM names, else one on the path, else Debian's, which is installed if it can be. */
export const chromiumFile = () => {
  const found = process.env.CHROMIUM || browser();
  if (found) return found;
  if (process.getuid?.() !== 0 || onPath('apt-get') === undefined) {
    throw new Error('There is no Chromium. Install one, or name a browser of its kind in $CHROMIUM.');
  }
  console.log('Installing chromium with apt-get; this takes a while, once.');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const [command, ...args] of APT) {
    const { status } = spawnSync(command, args, { stdio: ['ignore', 2, 2], env });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
  }
  const got = browser();
  if (got === undefined) throw new Error('apt-get installed no chromium.');
  return got;
};
