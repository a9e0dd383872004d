/** SillyTavern from npm, in a cache folder. It is a tool of this bench and never a dependency of the product. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

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
