import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import type { Listening } from '../support/listen.js';
import {
  chat,
  completionText,
  endAll,
  folder,
  removeFolders,
  run,
  startCommand,
  streamText,
  upstream,
} from './support.js';

/** The arguments of a command line, as a shell splits it. */
const argumentsOf = (line: string): readonly string[] =>
  execFileSync('sh', ['-c', `set -- ${line}; printf '%s\\0' "$@"`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

const contentOf = (body: string): string => JSON.parse(body).choices[0].message.content;

describe('seaking-proxy run', () => {
  let plain: Listening;
  const seen: { url: string; authorization: string }[] = [];

  before(async () => {
    plain = await upstream((request, response) => {
      seen.push({ url: request.url ?? '', authorization: request.headers.authorization ?? '' });
      let body = '';
      request.on('data', (piece) => {
        body += piece;
      });
      request.on('end', () => {
        const { stream } = JSON.parse(body || '{}');
        response.setHeader('content-type', stream ? 'text/event-stream' : 'application/json');
        response.end(stream ? streamText('streamed well') : completionText('well'));
      });
    });
  });
  beforeEach(() => {
    seen.length = 0;
  });
  afterEach(endAll);
  after(async () => {
    removeFolders();
    await plain.close();
  });

  describe('in front of a plain server', () => {
    it('needs nothing but --target, and brings whole replies and streams as they are', async () => {
      const { child, base } = await startCommand(['--target', plain.url], { cwd: folder() });
      const whole = await chat(base);
      expect(whole.status).to.equal(200);
      expect(await whole.text()).to.equal(completionText('well'));
      const stream = await chat(base, { stream: true });
      expect(stream.headers.get('content-type')).to.equal('text/event-stream');
      expect(await stream.text()).to.equal(streamText('streamed well'));
      expect(seen.map(({ url }) => url)).to.deep.equal(['/v1/chat/completions', '/v1/chat/completions']);
      expect(child.out()).to.include('"demo":false');
      child.signal('SIGTERM');
      expect(await child.ended).to.equal(0);
      expect(child.err(), 'no warnings of Node either').to.equal('');
    });

    it('sends the key of the config, and shows it to nobody', async () => {
      const cwd = folder({ 'proxy.config.yaml': `target_proxy: { url: "${plain.url}", api_key: "\${KEY}" }\n` });
      const { child, base } = await startCommand([], { cwd, env: { KEY: 'sk-sekret' } });
      const { status } = await chat(base, {}, { authorization: 'Bearer of-the-client' });
      expect(status).to.equal(200);
      expect(seen.map(({ authorization }) => authorization)).to.deep.equal(['Bearer sk-sekret']);
      child.signal('SIGTERM');
      expect(await child.ended).to.equal(0);
      expect(child.out() + child.err()).not.to.include('sekret');
    });

    it('says that it is alive, ready, and which version it is', async () => {
      const { base } = await startCommand(['--target', plain.url]);
      const { version, ...status } = JSON.parse(await (await fetch(new URL('/status', base))).text());
      expect(status).to.include({ upstream: new URL(plain.url).host, config_file: null });
      expect(`${version}\n`).to.equal((await run(['--version'])).out);
      expect(version).to.match(/^\d+\.\d+\.\d+/);
      for (const path of ['/healthz', '/readyz']) expect((await fetch(new URL(path, base))).status).to.equal(200);
    });
  });

  it('listens on IPv6 too, where the machine has it', async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
    if (addresses.some(({ address }) => address === '::1')) {
      const { base } = await startCommand(['--target', plain.url, '--host', '::1']);
      expect(base).to.match(/^http:\/\/\[::1\]:\d+\/v1$/);
      expect((await chat(base)).status).to.equal(200);
    } else {
      const { code, err } = await run(['--target', plain.url, '--host', '::1', '--port', '0']);
      expect(code).to.equal(69);
      expect(err).to.include('cannot listen on [::1]:0');
    }
  });

  describe('on the demo', () => {
    it('says DEMO, and prints a curl line that brings an answer', async () => {
      const config = 'target_proxy: { url: demo }\nlogging: { format: pretty }\n';
      const cwd = folder({ 'proxy.config.yaml': config });
      const { child } = await startCommand([], { cwd });
      const [, line = ''] = await child.until(/\n {2}curl (.*)\n/);
      expect(child.out())
        .to.match(/^DEMO: /m)
        .and.include(`\nConfig: ${realpathSync(cwd)}/proxy.config.yaml\nUpstream: demo\n`);
      const [url = '', ...rest] = argumentsOf(line);
      expect(rest.filter((_, i) => i % 2 === 0)).to.deep.equal(['-H', '-d']);
      const [name = '', value = ''] = (rest[1] ?? '').split(': ');
      const response = await fetch(url, { method: 'POST', headers: { [name]: value }, body: rest[3] ?? '' });
      expect(response.status).to.equal(200);
      expect(contentOf(await response.text()))
        .to.be.a('string')
        .and.not.equal('');
      child.signal('SIGINT');
      expect(await child.ended).to.equal(0);
    });

    it('ends by itself where the proxy cannot listen, with 69', async () => {
      const { code, out, err } = await run(['--target', 'demo', '--port', String(plain.port)]);
      expect(code).to.equal(69);
      expect(out).to.equal('');
      expect(err).to.include(`cannot listen on 127.0.0.1:${plain.port}: another program`);
    });
  });

  describe('that cannot start', () => {
    it('exits 69 where the port is taken, with the address and what to do', async () => {
      const { code, out, err } = await run(['--target', 'https://a.example/v1', '--port', String(plain.port)]);
      expect(code).to.equal(69);
      expect(out).to.equal('');
      expect(err).to.match(new RegExp(`^seaking-proxy: cannot listen on 127\\.0\\.0\\.1:${plain.port}: .*--port.*\n$`));
    });

    it('exits 78 where there is no config, with the lines to write, which then are enough', async () => {
      const none = await run([], { cwd: folder() });
      expect(none.code).to.equal(78);
      expect(none.out).to.equal('');
      const lines = /\n(target_proxy:\n {2}url: .*\n)/.exec(none.err)?.[1] ?? '';
      expect(lines).to.include('https://');
      const cwd = folder({ 'proxy.config.yaml': lines });
      expect((await run(['check'], { cwd })).code).to.equal(0);
    });

    it('exits 78 where the config is wrong', async () => {
      const { code, out, err } = await run([], { cwd: folder({ 'proxy.config.yaml': 'colour: 1\n' }) });
      expect(code).to.equal(78);
      expect(out).to.equal('');
      expect(err).to.match(/^\.\/proxy\.config\.yaml:1:1: colour: unknown key/);
    });

    it('exits 1 by a fault of its own', async () => {
      const fault = `import http from 'node:http'; http.Server.prototype.listen = () => { throw new Error('a fault') }`;
      const node = ['--import', `data:text/javascript,${encodeURIComponent(fault)}`];
      const { code, err } = await run(['--target', 'demo', '--port', '0'], { node });
      expect(code).to.equal(1);
      expect(err).to.include('a fault');
    });
  });
});
