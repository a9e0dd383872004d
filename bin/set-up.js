// Makes a fresh clone ready: installs when the lockfile changed, builds when a source did, else does nothing.
// Plain JavaScript with no dependencies, since it runs before there are any.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const lockStamp = join(root, 'node_modules', '.set-up-lock');
const buildStamp = join(root, 'dist', '.set-up-build');
const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};
// A folder's own time changes when a file in it is added or removed.
const newest = (path) => {
  const stat = statSync(path);
  const within = stat.isDirectory() ? readdirSync(path).map((name) => newest(join(path, name))) : [];
  return Math.max(stat.mtimeMs, ...within);
};
const run = (command, args) =>
  // npm is a .cmd file on Windows, which only a shell can start.
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`seaking-proxy needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
if (read(lockStamp) !== lock) {
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
  writeFileSync(lockStamp, lock);
}

const sources = ['lib', 'spec', 'tsconfig.json', 'package-lock.json'].map((name) => join(root, name));
const state = String(Math.max(...sources.map(newest)));
if (process.argv[2] === 'build' || read(buildStamp) !== state) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root]);
  writeFileSync(buildStamp, state);
}
