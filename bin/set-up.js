// Makes a fresh clone ready: installs when the lockfile changed, builds when a source did, else does nothing.
// Plain JavaScript with no dependencies, since it runs before there are any.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const lockStamp = join(root, 'node_modules', '.set-up-lock');
const buildStamp = join(root, 'dist', '.set-up-build');

const fail = (says) => {
  console.error(`seaking-proxy: ${says}`);
  process.exit(1);
};
const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};
const filesOf = (path) => {
  const stat = statSync(join(root, path));
  if (!stat.isDirectory()) return [[path, stat.size, stat.mtimeMs]];
  return readdirSync(join(root, path)).flatMap((name) => filesOf(join(path, name)));
};
const run = (what, command, args) => {
  // npm is a .cmd file on Windows, which only a shell can start. What it prints goes to stderr: stdout may be piped.
  const shell = process.platform === 'win32' && command === 'npm';
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell });
  if (status !== 0) fail(`${what} failed.`);
};

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node 20.19 or newer is needed; this is ${process.versions.node}.`);
}

const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
if (read(lockStamp) !== lock) {
  run('installing packages (npm ci)', 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
  writeFileSync(lockStamp, lock);
}

const sources = JSON.stringify(['lib', 'spec', 'tsconfig.json', 'package-lock.json'].flatMap(filesOf));
if (process.argv[2] === 'build' || read(buildStamp) !== sources) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run('building', process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root]);
  writeFileSync(buildStamp, sources);
}
