import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { folder, removeFolders, root, run } from './support.js';

/** Stands for npm: writes down what it was called with, in which environment, and installs nothing. */
const NPM = `#!/bin/sh
echo "$* NODE_ENV=$NODE_ENV" >> npm-calls
exit "$NPM_EXITS"
`;

/** A project with one source, set up by a copy of this project's script. */
const project = (): string => {
  const cwd = folder({
    'package-lock.json': '{ "version": 1 }\n',
    'lib/a.ts': 'export const a: number = 1;\n',
    'lib/deep/b.ts': 'export const b: number = 2;\n',
    'spec/a.spec.ts': 'export {};\n',
    'npm/npm': NPM,
    'node_modules/.set-up-lock': '{ "version": 1 }\n',
  });
  chmodSync(join(cwd, 'npm', 'npm'), 0o755);
  mkdirSync(join(cwd, 'bin'));
  for (const file of ['bin/set-up.js', 'package.json', 'tsconfig.json'])
    copyFileSync(join(root, file), join(cwd, file));
  for (const name of readdirSync(join(root, 'node_modules')).filter((entry) => !entry.startsWith('.'))) {
    symlinkSync(join(root, 'node_modules', name), join(cwd, 'node_modules', name));
  }
  return cwd;
};

const setUp = (cwd: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  run(args, {
    cwd,
    file: join(cwd, 'bin', 'set-up.js'),
    env: { PATH: `${join(cwd, 'npm')}:${process.env.PATH}`, NPM_EXITS: '0', ...env },
  });

const WELL = { code: 0, out: '', err: '' };
const calls = (cwd: string): string =>
  existsSync(join(cwd, 'npm-calls')) ? readFileSync(join(cwd, 'npm-calls'), 'utf8') : '';
const builtAt = (cwd: string): number => statSync(join(cwd, 'dist', 'lib', 'a.js')).mtimeMs;

describe('bin/set-up.js', () => {
  afterEach(removeFolders);

  it('builds what is not built, and does nothing the second time', async () => {
    const cwd = project();
    expect(await setUp(cwd)).to.deep.equal(WELL);
    const first = builtAt(cwd);
    expect(await setUp(cwd)).to.deep.equal(WELL);
    expect(builtAt(cwd)).to.equal(first);
    expect(calls(cwd), 'nor does it install').to.equal('');
  });

  it('builds again when a source changed, even to an older one, was added or was removed', async () => {
    const cwd = project();
    const dist = (name: string) => existsSync(join(cwd, 'dist', 'lib', name));
    await setUp(cwd);
    writeFileSync(join(cwd, 'lib', 'a.ts'), 'export const a: number = 3;\n');
    utimesSync(join(cwd, 'lib', 'a.ts'), new Date(0), new Date(0));
    await setUp(cwd);
    expect(readFileSync(join(cwd, 'dist', 'lib', 'a.js'), 'utf8')).to.include('a = 3');
    writeFileSync(join(cwd, 'lib', 'c.ts'), 'export const c: number = 4;\n');
    await setUp(cwd);
    expect(dist('c.js')).to.equal(true);
    rmSync(join(cwd, 'lib', 'deep'), { recursive: true });
    await setUp(cwd);
    expect(dist('deep/b.js'), 'and what was built of it is gone').to.equal(false);
    expect(dist('c.js')).to.equal(true);
  });

  it('builds in any case when it is asked to', async () => {
    const cwd = project();
    await setUp(cwd);
    writeFileSync(join(cwd, 'dist', 'lib', 'a.js'), 'broken');
    expect(await setUp(cwd, ['build'])).to.deep.equal(WELL);
    expect(readFileSync(join(cwd, 'dist', 'lib', 'a.js'), 'utf8')).to.include('a = 1');
  });

  it('reports an error of the compiler, fails, and tries again the next time', async () => {
    const cwd = project();
    writeFileSync(join(cwd, 'lib', 'a.ts'), 'export const a: string = 1;\n');
    for (const time of ['first', 'second']) {
      const { code, out, err } = await setUp(cwd);
      expect(code, time).to.equal(1);
      expect(out).to.equal('');
      expect(err).to.match(/lib\/a\.ts.*error TS2322[\s\S]*seaking-proxy: building failed\.\n$/);
    }
  });

  it('installs when the lockfile changed, once, with what builds it even in production', async () => {
    const cwd = project();
    writeFileSync(join(cwd, 'package-lock.json'), '{ "version": 2 }\n');
    expect(await setUp(cwd, [], { NODE_ENV: 'production' })).to.deep.equal(WELL);
    expect(await setUp(cwd, [], { NODE_ENV: 'production' })).to.deep.equal(WELL);
    expect(calls(cwd)).to.equal('ci --include=dev --no-audit --no-fund NODE_ENV=production\n');
  });

  it('fails where installing does, and tries again the next time', async () => {
    const cwd = project();
    rmSync(join(cwd, 'node_modules', '.set-up-lock'));
    const { code, err } = await setUp(cwd, [], { NPM_EXITS: '7' });
    expect(code).to.equal(1);
    expect(err).to.equal('seaking-proxy: installing packages (npm ci) failed.\n');
    expect(await setUp(cwd)).to.deep.equal(WELL);
    expect(calls(cwd).match(/^ci /gm)).to.have.lengthOf(2);
  });

  it('refuses a Node below 20.19, and says which is needed', async () => {
    const on = async (version: string) => {
      const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
      const cwd = project();
      const node = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`];
      const finished = await run([], { cwd, node, file: join(cwd, 'bin', 'set-up.js') });
      return { ...finished, built: existsSync(join(cwd, 'dist')) };
    };
    for (const version of ['18.20.8', '20.18.3']) {
      const err = `seaking-proxy: Node 20.19 or newer is needed; this is ${version}.\n`;
      expect(await on(version)).to.deep.equal({ code: 1, out: '', err, built: false });
    }
    for (const version of ['20.19.0', '22.0.0']) expect(await on(version)).to.deep.equal({ ...WELL, built: true });
  });
});
