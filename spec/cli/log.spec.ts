import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { expect } from 'chai';
import { main } from '../../lib/cli/main.js';
import { pause } from '../support/proxy.js';
import { bin, chat, endAll, fakeProcessIo, folder, removeFolders, startCommand } from './support.js';

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

  /** The proxy on the demo, with a stdout of the spec's own; gives its base URL, and leaves what follows unread. */
  const serve = async (stdout: 'pipe' | number, told: (piece: string) => string): Promise<string> => {
    child = spawn(process.execPath, [bin, '--target', 'demo', '--port', '0'], { stdio: ['ignore', stdout, 'pipe'] });
    for (;;) {
      const piece = child.stdout === null ? await pause(20) : (await once(child.stdout as Readable, 'data'))[0];
      const base = /"url":"([^"]+)"/.exec(told(`${piece ?? ''}`))?.[1];
      child.stdout?.pause();
      if (base !== undefined) return base;
    }
  };
  const piped = (): Promise<string> => {
    let all = '';
    return serve('pipe', (piece) => {
      all += piece;
      return all;
    });
  };

  it('is one JSON record a line, from start to end, where stdout is no terminal; stderr is empty', async () => {
    const { child: served, base } = await startCommand(['--target', 'demo']);
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
    expect(records[0]).to.include({ upstream: 'demo', config: null });
    expect(served.err()).to.equal('');
    expect(records[1]).to.include({ model: OK, status: 200, reason: null, client: '127.0.0.1', level: 'info' });
    expect(records[1].attempts).to.have.lengthOf(1);
    expect(records[2].says).to.match(/^Upstream refused the API key \(401\): /);
    expect(records[2]).to.include({ model: FAILING, status: 401, reason: 'authentication_failed', level: 'warn' });
    expect(records[3]).to.include({ model: null, status: 400, reason: 'invalid_request', level: 'info' });
    expect(records[3].path).to.equal('/v1/chat/completions');
    expect(served.out() + served.err()).not.to.include('canary');
  });

  it('is for people on a terminal, with the greeting', async () => {
    const processIo = fakeProcessIo();
    const code = main(['--target', 'demo', '--port', '0'], { processIo });
    while (!processIo.told().includes('\nTry it:')) await new Promise((resolve) => setImmediate(resolve));
    const base = / URL (http:\S+)\n/.exec(processIo.told())?.[1] ?? '';
    await (await chat(base, { model: OK })).text();
    processIo.stop();
    expect(await code).to.equal(0);
    expect(processIo.told()).to.match(
      new RegExp(
        `^seaking-proxy listens on [^]*\n[\\d:]{8} ✓ ${OK} 200  .*\n[\\d:]{8} Stopping: 0 in flight\\. .*\n[\\d:]{8} Stopped\\.\n$`,
      ),
    );
    expect(processIo.complained()).to.equal('');
  });

  it('is what the config says', async () => {
    const config = 'target_proxy: { url: demo }\nlogging: { format: pretty, level: warn }\n';
    const { child: served, base } = await startCommand([], { cwd: folder({ 'proxy.config.yaml': config }) });
    for (const model of [OK, FAILING]) await (await chat(base, { model })).text();
    served.signal('SIGTERM');
    expect(await served.ended).to.equal(0);
    expect(served.out()).to.match(
      /\n {2}curl .*\n[\d:]{8} ✗ demo:http-401 401 {2}.* {2}authentication_failed: Upstream refused the API key \(401\).*\n$/,
    );
    expect(served.err()).to.equal('');
  });

  it('logs each retry before the wait', async () => {
    const { child: served, base } = await startCommand(['--target', 'demo']);
    const asked = chat(base, { model: 'demo:retry-after-1:1:log' });
    await served.until(/"event":"retry".*\n/);
    expect(served.out()).not.to.include('"event":"request"');
    await asked;
    await served.until(/"event":"request".*\n/);
    const [, retry] = recordsOf(served.out());
    expect(retry).to.include({ event: 'retry', status: 429, reason: 'rate_limited', try: 2, of: 4, asked: true });
    expect(retry.wait_ms).to.be.within(1000, 1100);
  });

  it('logs where a stage failed a request, without the keys and the prompt that it names', async () => {
    const stage = `export default {
  name: 'rude',
  make: () => ({
    attempt: (e) => {
      throw new Error(JSON.stringify([e.outgoing.headers, e.call.body.messages, 'mine']));
    },
  }),
};
`;
    const config = (format: string) => `target_proxy: { url: demo, api_key: sk-canary-0123456789 }
stages: [{ use: ./rude.js }]
logging: { format: ${format}, level: debug }
`;
    const messages = [{ role: 'user', content: 'The canary of the prompt is yellow.' }];
    for (const format of ['json', 'pretty']) {
      const cwd = folder({ 'rude.js': stage, 'proxy.config.yaml': config(format) });
      const { child: served, base } = await startCommand([], { cwd });
      await (await chat(base, { messages }, { authorization: 'Bearer client-canary-0123' })).text();
      const told = format === 'json' ? /"fault":.*\n/ : /stage rude at attempt .*\n {6}at .*\n/;
      const [line = ''] = await served.until(told);
      expect(line)
        .to.match(/rude\.js:5/)
        .and.include('mine');
      expect(served.out() + served.err()).not.to.include('canary');
      served.signal('SIGTERM');
      await served.ended;
    }
  });

  it('can be a file', async () => {
    const file = join(folder(), 'log');
    const descriptor = openSync(file, 'w');
    const base = await serve(descriptor, () => readFileSync(file, 'utf8'));
    closeSync(descriptor);
    await (await chat(base, { model: OK })).text();
    child?.kill('SIGTERM');
    await once(child as ChildProcess, 'exit');
    expect(recordsOf(readFileSync(file, 'utf8'))).to.have.lengthOf(4);
  });

  it('can be closed, and so can stderr: the proxy serves on, and ends well', async () => {
    const base = await piped();
    child?.stdout?.destroy();
    child?.stderr?.destroy();
    for (let n = 0; n < 20; n += 1) expect((await chat(base, { model: OK })).status).to.equal(200);
    child?.kill('SIGTERM');
    expect(await once(child as ChildProcess, 'exit')).to.deep.equal([0, null]);
  });

  it('can be left unread: the proxy serves on, and when it is stopped it ends within seconds', async () => {
    const base = await piped();
    // More than a pipe holds and the reading end takes by itself.
    const path = `${'/x'.repeat(60)}/chat/completions`;
    const ask = async () => (await fetch(`${base}${path}`, { method: 'POST', body: 'no JSON' })).status;
    for (let n = 0; n < 1500; n += 50) {
      expect(new Set(await Promise.all(Array.from({ length: 50 }, ask)))).to.deep.equal(new Set([400]));
    }
    child?.kill('SIGTERM');
    expect(await once(child as ChildProcess, 'exit')).to.deep.equal([0, null]);
  });
});
