import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { expect } from 'chai';
import { main } from '../../lib/cli/main.js';
import { bin, chat, endAll, fakeWorld, folder, proxy, removeFolders } from './support.js';

const OK = 'demo:good-plain';
const FAILING = 'demo:http-401';

const recordsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('the log of seaking-proxy run', () => {
  let child: ChildProcess | undefined;
  afterEach(() => {
    endAll();
    child?.kill('SIGKILL');
  });
  after(removeFolders);

  /** The proxy on the demo, with a stdout of the spec's own; gives its base URL. */
  const serve = async (stdout: 'pipe' | number): Promise<string> => {
    child = spawn(process.execPath, [bin, '--target', 'demo', '--port', '0'], { stdio: ['ignore', stdout, 'pipe'] });
    let told = '';
    for (;;) {
      const [piece] = await once(child.stderr as Readable, 'data');
      told += piece;
      const base = / URL (http:\S+)\n/.exec(told)?.[1];
      if (base !== undefined) return base;
    }
  };

  it('is one JSON record a line, from start to end, where stdout is no terminal; people are greeted on stderr', async () => {
    const { child: served, base } = await proxy(['--target', 'demo']);
    await (await chat(base, { model: OK })).text();
    await (await chat(base, { model: FAILING }, { authorization: 'Bearer sk-canary' })).text();
    await (await fetch(`${base}/chat/completions?key=canary`, { method: 'POST', body: '{"canary":' })).text();
    served.signal('SIGTERM');
    expect(await served.ended).to.equal(0);
    const records = recordsOf(served.out());
    expect(records.map(({ event }) => event)).to.deep.equal([
      'started',
      'request',
      'request',
      'request',
      'stopping',
      'stopped',
    ]);
    expect(records[0]).to.include({ url: base, max_retries: 3, demo: true, address: new URL(base).host });
    expect(served.err()).to.include(`URL ${base}`);
    expect(records[1]).to.include({ model: OK, status: 200, reason: null, client: '127.0.0.1', level: 'info' });
    expect(records[1].attempts).to.have.lengthOf(1);
    expect(records[2]).to.include({ model: FAILING, status: 401, reason: 'authentication_failed', level: 'warn' });
    expect(records[3]).to.include({ model: null, status: 400, reason: 'invalid_request', level: 'info' });
    expect(records[3].path).to.equal('/v1/chat/completions');
    expect(served.out() + served.err()).not.to.include('canary');
  });

  it('is for people on a terminal, with the greeting', async () => {
    const world = fakeWorld();
    const code = main(['--target', 'demo', '--port', '0'], { world });
    while (!world.told().includes('\nTry it:')) await new Promise((resolve) => setImmediate(resolve));
    const base = / URL (http:\S+)\n/.exec(world.told())?.[1] ?? '';
    await (await chat(base, { model: OK })).text();
    world.stop();
    expect(await code).to.equal(0);
    expect(world.told()).to.match(
      new RegExp(`^seaking-proxy listens on [^]*\n✓ ${OK} 200  .*\nStopping: 0 in flight\\. .*\nStopped\\.\n$`),
    );
    expect(world.complained()).to.equal('');
  });

  it('is what the config says', async () => {
    const config = 'target_proxy: { url: demo }\nlogging: { format: pretty, level: warn }\n';
    const { child: served, base } = await proxy([], { cwd: folder({ 'proxy.config.yaml': config }) });
    for (const model of [OK, FAILING]) await (await chat(base, { model })).text();
    served.signal('SIGTERM');
    expect(await served.ended).to.equal(0);
    expect(served.out()).to.match(/\n {2}curl .*\n✗ demo:http-401 401 {2}.* {2}authentication_failed\n$/);
    expect(served.err()).to.equal('');
  });

  it('can be a file', async () => {
    const file = join(folder(), 'log');
    const descriptor = openSync(file, 'w');
    const base = await serve(descriptor);
    closeSync(descriptor);
    await (await chat(base, { model: OK })).text();
    child?.kill('SIGTERM');
    await once(child as ChildProcess, 'exit');
    expect(recordsOf(readFileSync(file, 'utf8'))).to.have.lengthOf(4);
  });

  it('can be closed, and so can stderr: the proxy serves on, and ends well', async () => {
    const base = await serve('pipe');
    child?.stdout?.destroy();
    child?.stderr?.destroy();
    for (let n = 0; n < 20; n += 1) expect((await chat(base, { model: OK })).status).to.equal(200);
    child?.kill('SIGTERM');
    expect(await once(child as ChildProcess, 'exit')).to.deep.equal([0, null]);
  });

  it('can be left unread: the proxy serves on, and when told to stop it ends within seconds', async function () {
    this.timeout(30_000);
    const base = await serve('pipe');
    // More than a pipe holds and the reading end takes by itself.
    const path = `${'/x'.repeat(60)}/chat/completions`;
    for (let n = 0; n < 1500; n += 1) {
      const { status } = await fetch(`${base}${path}`, { method: 'POST', body: 'no JSON' });
      expect(status).to.equal(400);
    }
    child?.kill('SIGTERM');
    expect(await once(child as ChildProcess, 'exit')).to.deep.equal([0, null]);
  });
});
