import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Finished, folder, removeFolders, run } from './support.js';

const SECRETS = `target_proxy:
  url: https://api.example.com/v1
  api_key: \${KEY}
  headers: { x-secret: sekret-header }
`;

describe('seaking-proxy check', () => {
  after(removeFolders);

  it('prints what the config comes to, and exits 0', async () => {
    const cwd = folder({ 'a.yaml': 'target_proxy: { url: "https://api.example.com/v1", timeout: 30 }\n' });
    const { code, out, err } = await run(['check', '--config', 'a.yaml'], { cwd });
    expect(code).to.equal(0);
    expect(err).to.equal('');
    expect(out).to.include('url: https://api.example.com/v1');
    expect(out).to.include('idle: 30');
    expect(out).to.include('retry_codes: [408, 429,');
    expect(out).to.include('port: 8484');
    expect(out.endsWith(`\n# OK: ${join(realpathSync(cwd), 'a.yaml')}\n`)).to.equal(true);
  });

  it('prints what can be checked again, and comes to the same', async () => {
    const cwd = folder({
      'a.yaml': 'target_proxy: { url: demo }\nerror_handling: { fail_codes: [429] }\nserver: { port: 1234 }\n',
    });
    const first = await run(['check', '--config', 'a.yaml'], { cwd });
    const again = folder({ 'proxy.config.yaml': first.out });
    const config = ({ out }: Finished) => out.replace(/^# OK: .*\n/m, '');
    const second = await run(['check'], { cwd: again });
    expect(config(second)).to.equal(config(first)).and.not.equal(second.out);
  });

  it('counts what the command line says', async () => {
    const { code, out } = await run(['check', '--target', 'https://a.example/v1', '--port', '99', '--host', '::1']);
    expect(code).to.equal(0);
    for (const line of ['url: https://a.example/v1', 'port: 99', 'host: ::1', '# OK: --target'])
      expect(out).to.include(line);
  });

  it('never prints a secret', async () => {
    const cwd = folder({ 'a.yaml': SECRETS, 'b.yaml': `${SECRETS}  colour: sekret-value\n` });
    const env = { KEY: 'sk-sekret' };
    const [good, bad, target] = await Promise.all([
      run(['check', '--config', 'a.yaml'], { cwd, env }),
      run(['check', '--config', 'b.yaml'], { cwd, env }),
      run(['check', '--target', 'https://user:sekret@a.example/v1?key=sekret']),
    ]);
    expect(good.code).to.equal(0);
    expect(good.out).to.include('api_key: (set)').and.include('x-secret: (set)').and.not.include('sekret');
    expect(bad.code).to.equal(78);
    expect(bad.out + bad.err)
      .to.include('colour')
      .and.not.include('sekret');
    expect(target.code).to.equal(78);
    expect(target.err).to.match(/^--target: expected a URL without a user name or password/);
    expect(target.out + target.err).not.to.include('sekret');
  });

  it('reports every problem with its place, and exits 78', async () => {
    const cwd = folder({
      'a.yaml': 'server: { port: none }\ntarget_proxy: { url: demo, ulr: x }\nlogging: { level: loud }\n',
    });
    const { code, out, err } = await run(['check', '--config', 'a.yaml'], { cwd });
    expect(code).to.equal(78);
    expect(out).to.equal('');
    expect(err.trimEnd().split('\n')).to.have.lengthOf(3);
    for (const start of [
      'a.yaml:1:17: server.port: ',
      'a.yaml:2:28: target_proxy.ulr: ',
      'a.yaml:3:19: logging.level: ',
    ]) {
      expect(err).to.include(start);
    }
  });

  describe('a target that is the proxy itself', () => {
    const told = 'expected an upstream; this is the address of the proxy itself';
    const itself = (port: number) => `target_proxy:\n  url: http://localhost:${port}/v1\n`;

    it('is a problem, with its place, whatever names the port', async () => {
      const cwd = folder({ 'a.yaml': itself(8484), 'b.yaml': `${itself(9001)}server: { port: 9001 }\n` });
      const problem = (file: string) => `${file}:2:8: target_proxy.url: ${told}\n`;
      const cases = [
        [['--config', 'a.yaml'], problem('a.yaml')],
        [['--config', 'b.yaml'], problem('b.yaml')],
        [['--config', 'a.yaml', '--host', '0.0.0.0'], problem('a.yaml')],
        [['--config', 'b.yaml', '--port', '9001'], problem('b.yaml')],
        [['--target', 'http://127.0.0.1:8484'], `--target: ${told}\n`],
      ] as const;
      await Promise.all([
        ...cases.map(async ([args, err]) => {
          expect(await run(['check', ...args], { cwd }), args.join(' ')).to.deep.include({ code: 78, err, out: '' });
        }),
        run(['--config', 'a.yaml'], { cwd }).then((ran) =>
          expect(ran).to.deep.include({ code: 78, err: problem('a.yaml') }),
        ),
      ]);
    });

    it('is none behind another port', async () => {
      const cwd = folder({ 'a.yaml': itself(8484) });
      expect(await run(['check', '--config', 'a.yaml', '--port', '8485'], { cwd })).to.include({ code: 0, err: '' });
    });
  });

  describe('the config that it reads', () => {
    const named = (port: number) => `target_proxy: { url: demo }\nserver: { port: ${port} }\n`;
    const found = async (args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) =>
      (await run(['check', ...args], { cwd, env })).out.match(/port: (\d+)/)?.[1];

    it('is the one of --config, else of $SEAKING_CONFIG, else ./proxy.config.yaml', async () => {
      const cwd = folder({ 'flag.yaml': named(1), 'env.yaml': named(2), 'proxy.config.yaml': named(3) });
      const env = { SEAKING_CONFIG: join(cwd, 'env.yaml') };
      const ports = [found(['--config', 'flag.yaml'], cwd, env), found([], cwd, env), found([], cwd)];
      expect(await Promise.all(ports)).to.deep.equal(['1', '2', '3']);
    });

    it('is none with --target, however broken one may lie there', async () => {
      const cwd = folder({ 'proxy.config.yaml': 'colour: 1\n' });
      expect(await found(['--target', 'https://a.example/v1'], cwd)).to.equal('8484');
    });

    it('is reported where it cannot be read', async () => {
      const cwd = folder();
      const { code, err } = await run(['check', '--config', 'none.yaml'], { cwd });
      expect(code).to.equal(78);
      expect(err).to.equal(`${join(realpathSync(cwd), 'none.yaml')} does not exist\n`);
    });
  });
});
