import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Env } from '../../lib/config/environment.js';
import { type Io, load, readText, settingsFor } from '../../lib/config/load.js';
import { render } from '../../lib/config/report.js';
import { sleep } from '../../lib/edge/clock.js';
import { problemsOf, settingsOf } from './decoded.js';

describe('config: loading', () => {
  describe('a text', () => {
    it('has its variables filled in, also where a number or a flag is expected', () => {
      const text = `server:\n  port: \${PORT}\ntarget_proxy:\n  verify_tls: \${TLS}\n  timeout: \${WAIT}\n`;
      const settings = settingsOf(text, { PORT: '8080', TLS: 'false', WAIT: '7' });
      expect(settings.server.port).to.equal(8080);
      expect(settings.target.verifyTls).to.equal(false);
      expect(settings.target.timeouts.idleMs).to.equal(7000);
    });

    it('is reported where a variable is missing, once, and along with the rest', () => {
      expect(problemsOf(`server:\n  port: \${PORT}\n  hots: x\nlogging:\n  level: loud\n`)).to.deep.equal([
        'c.yaml:2:9: server.port: the environment variable PORT is not set',
        'c.yaml:3:3: server.hots: unknown key; did you mean host? known here: host, port, allowed_hosts, body_limit, held_bytes, trusted_proxies, cors, max_in_flight, write_timeout',
        'c.yaml:5:10: logging.level: expected one of: trace, debug, info, warn, error, silent',
      ]);
      expect(problemsOf(`target_proxy:\n  api_key_file: \${DIR}/key\n`)).to.deep.equal([
        'c.yaml:2:17: target_proxy.api_key_file: the environment variable DIR is not set',
      ]);
    });

    it('is reported in full where keys contain what separates others', () => {
      const problems = problemsOf(`"server\\nhost": 1\nserver:\n  host: \${NONE}\n"server.host": 1\n`);
      expect(problems.map((line) => line.split(': ').slice(0, 2).join(' '))).to.deep.equal([
        'c.yaml:1:1 ?',
        'c.yaml:3:9 server.host',
        'c.yaml:4:1 ?',
      ]);
    });

    it('is reported at items of lists and at keys of maps', () => {
      const text = 'error_handling:\n  retry_codes: [429, 200]\ntarget_proxy:\n  headers:\n    Host: x\n    x-a: 5\n';
      expect(problemsOf(text).map((line) => line.split(': ').slice(0, 2).join(' '))).to.deep.equal([
        'c.yaml:2:22 error_handling.retry_codes[1]',
        'c.yaml:5:5 target_proxy.headers.Host',
        'c.yaml:6:10 target_proxy.headers.x-a',
      ]);
    });

    it('never has a value of it shown', () => {
      const texts = [
        'server: sekret',
        'server: { host: [sekret], port: sekret, allowed_hosts: [se kret, "sekret:1"], body_limit: sekret, trusted_proxies: [sekret], cors: [sekret] }',
        `target_proxy: { url: "https://sekret:sekret@a.example", api_key: "\${S}" }`,
        'target_proxy: { url: sekret, api_key: [sekret], api_key_file: { sekret: 1 } }',
        'target_proxy: { headers: { x-a: [sekret], "sekret:1": x, host: sekret }, verify_tls: sekret }',
        'target_proxy: { timeout: sekret, timeouts: sekret, api_key:sekret }',
        'error_handling: { retry_codes: [sekret], fail_codes: sekret, base_delay: sekret, max_retries: sekret }',
        'streaming: { commit: sekret, keepalive: sekret }',
        'stages: [sekret]',
      ];
      for (const text of texts) {
        const problems = problemsOf(text, { S: 'sekret sekret' });
        expect(problems, text).to.have.length.within(1, 9);
        expect(problems.join('\n').replaceAll('se kret', 'sekret'), text).not.to.include('sekret');
      }
    });

    it('of an origin or an address that is none is reported with its line', () => {
      const text =
        "server:\n  cors: [https://ok.example, 'https://a.example/chat', '*']\n  trusted_proxies:\n    - 10.0.0.0/8\n    - 10.0.0.0/33";
      expect(problemsOf(text)).to.deep.equal([
        'c.yaml:2:30: server.cors[1]: expected an origin such as https://chat.example.com or http://192.168.1.5:8000, without a path (there is no * for all)',
        'c.yaml:2:56: server.cors[2]: expected an origin such as https://chat.example.com or http://192.168.1.5:8000, without a path (there is no * for all)',
        'c.yaml:5:7: server.trusted_proxies[1]: expected an IP address, or a range of them such as 10.0.0.0/8 (in quotes, if it has a colon)',
      ]);
    });

    it('that is no YAML is reported with its place', () => {
      expect(problemsOf('a: 1\na: 2').join()).to.match(/^c\.yaml:2:1: this key stands here for the second time/);
      expect(problemsOf('')).to.deep.equal(['c.yaml:1:1: expected a map with keys such as target_proxy']);
    });
  });

  describe('a file', () => {
    let folder = '';
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'config-'));
    });
    after(() => rmSync(folder, { recursive: true }));

    const io = (env: Env = {}): Io => ({ env, readText, now: () => 0, random: () => 0, sleep, emit: () => {} });

    const written = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    };

    it('is read, and its key file is looked for beside it', async () => {
      written('key', 'sk-1\n');
      const path = written('a.yaml', `target_proxy:\n  url: \${URL}\n  api_key_file: ./key\n`);
      const settings = await load(path, io({ URL: 'http://a.example' }));
      expect(E.isRight(settings) && settings.right.settings.target).to.include({ url: 'http://a.example' });
      expect(E.isRight(settings) && settings.right.settings.target.apiKey).to.deep.equal(O.some('sk-1'));
    });

    it('may name its key file with a whole path', async () => {
      const key = written('other-key', 'sk-2');
      const path = written('b.yaml', `target_proxy:\n  url: demo\n  api_key_file: ${JSON.stringify(key)}\n`);
      const settings = await load(path, io());
      expect(E.isRight(settings) && settings.right.settings.target.apiKey).to.deep.equal(O.some('sk-2'));
    });

    it('must name its upstream: nobody gets the demo who has not asked for it', async () => {
      const says = 'target_proxy.url: expected the base URL of the upstream, or the word demo';
      for (const text of ['server: {}', 'target_proxy:', 'target_proxy: {}', 'target_proxy: { url: }']) {
        const path = written('d.yaml', `${text}\n`);
        const settings = await load(path, io());
        expect(E.isLeft(settings) && render(settings.left), text).to.include(`${path}:1:1: ${says}`);
      }
      for (const text of ['target_proxy: 5', 'target_proxy: { url: nowhere }', '{', '']) {
        const settings = await load(written('d.yaml', `${text}\n`), io());
        expect(E.isLeft(settings) && render(settings.left), text)
          .to.be.a('string')
          .and.not.include(says);
      }
    });

    it('is named in its problems', async () => {
      const path = written('c.yaml', 'colour: 1\n');
      const settings = await load(path, io());
      expect(E.isLeft(settings) && render(settings.left)).to.include(`${path}:1:1: colour: unknown key`);
    });

    it('that cannot be read is a problem', async () => {
      const path = join(folder, 'none.yaml');
      const settings = await load(path, io());
      expect(E.isLeft(settings) && render(settings.left)).to.equal(`${path} does not exist`);
      const none = await load(folder, io());
      expect(E.isLeft(none) && render(none.left)).to.equal(`${folder} is a folder`);
      const broken = await load(path, { ...io(), readText: () => E.left('EIO') });
      expect(E.isLeft(broken) && render(broken.left)).to.equal(`${path} cannot be read (EIO)`);
    });

    it('is named by its whole path, however it was named', async () => {
      const path = written('e.yaml', 'target_proxy: { url: demo }\n');
      const loaded = await load(relative(process.cwd(), path), io());
      expect(E.isRight(loaded) && loaded.right.file).to.equal(path);
      const none = await load(relative(process.cwd(), join(folder, 'none.yaml')), io());
      expect(E.isLeft(none) && render(none.left)).to.equal(`${join(folder, 'none.yaml')} does not exist`);
    });

    it('that is UTF-16 is reported as such, and so is its key file', async () => {
      const says = 'is written in UTF-16; save it as UTF-8';
      const text = 'target_proxy: { url: demo }\n';
      for (const bytes of [Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from(`\ufeff${text}`, 'utf16le').swap16()]) {
        const path = join(folder, 'wide.yaml');
        writeFileSync(path, bytes);
        const told = await load(path, io());
        expect(E.isLeft(told) && render(told.left)).to.equal(`${path} ${says}`);
      }
      writeFileSync(join(folder, 'wide-key'), Buffer.from('sk-1', 'utf16le'));
      const path = written('f.yaml', 'target_proxy: { url: demo, api_key_file: wide-key }\n');
      const told = await load(path, io());
      expect(E.isLeft(told) && render(told.left)).to.include(`${join(folder, 'wide-key')} ${says}`);
    });
  });

  describe('a bare target', () => {
    it('has defaults for everything else', () => {
      const expected = settingsOf('target_proxy: { url: https://a.example/v1 }');
      expect(settingsFor('https://a.example/v1/chat/completions')).to.deep.equal(E.right(expected));
      expect(settingsFor('demo')).to.deep.equal(E.right(settingsOf('target_proxy: { url: demo }')));
    });

    it('is judged like one in a file', () => {
      const told = settingsFor('localhost:5000');
      expect(E.isLeft(told) && render([told.left])).to.equal(
        '--target: expected a URL such as https://api.example.com/v1, or the word demo',
      );
    });
  });
});
