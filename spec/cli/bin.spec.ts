import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { bin, folder, removeFolders, root, run } from './support.js';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('bin/seaking-proxy', () => {
  after(removeFolders);

  it('prints its version, which is the package’s', async () => {
    expect(await run(['--version'])).to.deep.equal({ code: 0, out: `${version}\n`, err: '' });
  });

  it('runs through a symbolic link, from any folder', async () => {
    const cwd = folder();
    symlinkSync(bin, join(cwd, 'link'));
    expect(await run(['--version'], { cwd, file: join(cwd, 'link') })).to.include({ code: 0, out: `${version}\n` });
  });

  it('says what to run where nothing was built', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'bin'));
    copyFileSync(bin, join(cwd, 'bin', 'seaking-proxy'));
    writePackage(cwd);
    const { code, out, err } = await run([], { cwd, file: join(cwd, 'bin', 'seaking-proxy') });
    expect(code).to.equal(1);
    expect(out).to.equal('');
    expect(err).to.equal('seaking-proxy is not built yet. Run: npm run build\n');
  });

  it('hides one warning of http-proxy, and no other', async () => {
    const warnings = ['DEP0060', 'DEP9999'].map(
      (code) => `process.emitWarning('of ${code}', 'DeprecationWarning', '${code}');`,
    );
    const late = `process.once('beforeExit', () => { ${warnings.join(' ')} process.emitWarning('a plain one'); });`;
    const node = ['--import', `data:text/javascript,${encodeURIComponent(late)}`];
    const { code, err } = await run(['--version'], { node });
    expect(code).to.equal(0);
    expect(err).to.include('of DEP9999').and.include('a plain one').and.not.include('DEP0060');
  });
});

/** Tells Node that the copy is an ES module too. */
const writePackage = (cwd: string): void => copyFileSync(join(root, 'package.json'), join(cwd, 'package.json'));
