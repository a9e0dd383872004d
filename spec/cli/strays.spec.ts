import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { main } from '../../lib/cli/main.js';
import { PARTS } from '../../lib/cli/strays.js';
import {
  chat,
  completionText,
  endAll,
  fakeWorld,
  folder,
  proxy,
  removeFolders,
  root,
  run,
  type Upstream,
  upstream,
} from './support.js';

/** A stage of which the seat does this, where `e` is the value and `said` the prompt. */
const doing = (code: string): string => `import { connect } from 'node:net';
export default {
  name: 'stray',
  make: () => ({
    decoded: (e) => {
      const said = e.call.body.messages[0].content;
      ${code}
      return e;
    },
  }),
};
`;

const good = "export default { name: 'good', make: () => ({ try: (e) => e }) };\n";

describe('cli: what a stage throws where nobody waits for it', () => {
  let plain: Upstream;
  before(async () => {
    plain = await upstream((request, response) => {
      request.resume();
      // Late enough that what was thrown meets the request in flight.
      request.on('end', () => {
        response.setHeader('content-type', 'application/json');
        setTimeout(() => response.end(completionText('well')), 20);
      });
    });
  });
  afterEach(() => {
    endAll();
    removeFolders();
  });
  after(() => plain.close());

  const config = (stage: string): string =>
    join(
      folder({ 's.js': stage, 'c.yaml': `target_proxy: { url: "${plain.url}" }\nstages: [{ use: ./s.js }]\n` }),
      'c.yaml',
    );

  const STRAYS: readonly (readonly [what: string, code: string, told: string])[] = [
    ['in a promise that it forgot', 'void (async () => { throw new RangeError(said) })();', 'RangeError (s.js:7)'],
    ['in a promise, as no error', 'void Promise.reject(said);', 'something'],
    ['in a timer, as no error', 'setTimeout(() => { throw said });', 'something'],
    ['in a timer', 'setTimeout(() => { throw new RangeError(said) });', 'RangeError (s.js:7)'],
    [
      'in a timer, though it was made while the proxy called',
      'const made = new RangeError(said); setTimeout(() => { throw made });',
      'RangeError (s.js:7)',
    ],
    [
      'at which nobody may look',
      "setTimeout(() => { throw Object.defineProperty(new Error(said), 'stack', { get: () => { throw said } }) });",
      'something',
    ],
    ['as an error event to which nothing listens', 'connect({ port: 1, host: "127.0.0.1" });', 'Error'],
  ];
  for (const [what, code, told] of STRAYS) {
    it(`${what}, ends nothing and is told without its message`, async () => {
      const { child, base } = await proxy(['--config', config(doing(code))]);
      const reply = await chat(base, { messages: [{ role: 'user', content: 'sekret' }] });
      expect(await reply.text()).to.equal(completionText('well'));
      await child.until(/"event":"stray_error"/);
      expect((await chat(base)).status).to.equal(200);
      child.signal('SIGTERM');
      expect(await child.ended).to.equal(0);
      expect(child.out()).to.include(`"event":"stray_error","thrown":"${told}"}`);
      expect(child.out() + child.err()).not.to.include('sekret');
    });
  }

  it('is what a listener of it throws that the proxy calls: of a package, or of what a stage has called', async () => {
    const shouting = "(signal) => signal.addEventListener('abort', () => { throw new RangeError('sekret') })";
    const files = {
      'node_modules/loud/package.json': '{ "type": "module", "exports": "./index.js" }',
      'node_modules/loud/index.js': `export const shout = ${shouting};
export default { name: 'loud', make: () => ({ decoded: (e) => { shout(e.signal); return e; } }) };\n`,
      's.js': `import { shout } from 'loud';
export default { name: 's', make: () => ({ decoded: (e) => { shout(e.signal); return e; } }) };\n`,
      'c.yaml': `target_proxy: { url: "${plain.url}" }\nstages: [{ use: loud }, { use: ./s.js }]\n`,
    };
    const { child, base } = await proxy(['--config', join(folder(files), 'c.yaml')]);
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] });
    const signal = AbortSignal.timeout(10);
    await fetch(`${base}/chat/completions`, { method: 'POST', body, signal }).catch(() => 'gone');
    await child.until(/"event":"stray_error".*"event":"stray_error"/s);
    expect((await chat(base)).status).to.equal(200);
    expect(child.out()).to.include('"thrown":"RangeError (index.js:1)"').and.not.include('sekret');
  });

  for (const [when, code] of [
    ['at once', 'void Promise.reject(new RangeError("boom"));'],
    ['soon', 'setTimeout(() => { throw new RangeError("boom") });\nawait new Promise((done) => setTimeout(done, 50));'],
  ] as const) {
    it(`${when} while it is loaded, is told by each command, and the rest holds`, async () => {
      const path = config(`${code}\n${good}`);
      const line = 'seaking-proxy: RangeError (s.js:1) was thrown where nobody waits for it\n';
      for (const command of ['check', 'stages']) {
        const { code: exit, out, err } = await run([command, '--config', path]);
        expect([exit, err]).to.deep.equal([0, line]);
        expect(out).not.to.equal('');
      }
      const { child, base } = await proxy(['--config', path]);
      await child.until(/RangeError \(s\.js:1\)/);
      expect((await chat(base)).status).to.equal(200);
    });
  }

  it('is told to people in the log', async () => {
    const world = fakeWorld();
    const code = main(['--target', 'demo', '--port', '0'], { world });
    while (!world.told().includes('\nTry it:')) await new Promise((resolve) => setImmediate(resolve));
    world.stray('Error (s.js:1)');
    world.stop();
    expect(await code).to.equal(0);
    expect(world.told()).to.match(/\n[\d:]{8} ! Error \(s\.js:1\) was thrown where nobody waits for it: .*\n/);
    expect(world.complained()).to.equal('');
  });

  const FAULTS: readonly (readonly [where: string, thrower: string])[] = [
    ['by itself', "throw new RangeError('sekret')"],
    ['in a package that it is made of', "pipe(1, () => { throw new RangeError('sekret') })"],
  ];
  for (const [where, thrower] of FAULTS) {
    it(`is not what the proxy throws ${where}: nobody knows what holds then, and it ends, without the message`, async () => {
      // In a listener of the proxy's own, which asks this at a SIGHUP.
      const fault = `import { pipe } from '${pathToFileURL(join(root, 'node_modules/fp-ts/lib/function.js'))}';
      process.once('SIGHUP', () => {
        Object.defineProperty(process.stdout, 'isTTY', { get: () => { ${thrower}; } });
      });`;
      for (const maps of [[], ['--enable-source-maps']]) {
        const node = [...maps, '--import', `data:text/javascript,${encodeURIComponent(fault)}`];
        const { child } = await proxy(['--target', plain.url], { node });
        child.signal('SIGHUP');
        expect(await child.ended).to.equal(1);
        expect(child.err()).to.match(
          /^seaking-proxy: a fault of the proxy itself: RangeError \([\w.-]+\.[jt]s:\d+\)\n$/,
        );
        expect(child.out() + child.err()).not.to.include('sekret');
      }
    });
  }

  it('is told from the proxy’s own by the packages that this is made of', () => {
    interface Package {
      readonly dev?: boolean;
    }
    const lock: { readonly packages: Readonly<Record<string, Package>> } = JSON.parse(
      readFileSync(join(root, 'package-lock.json'), 'utf8'),
    );
    const names = Object.entries(lock.packages).flatMap(([path, { dev = false }]) =>
      path === '' || dev ? [] : [path.replace(/^.*node_modules\//, '')],
    );
    const isTypes = (name: string): boolean => name.startsWith('@types/') || name === 'undici-types';
    expect(PARTS).to.have.members([...new Set(names)].filter((name) => !isTypes(name)));
  });
});

describe('cli: a stage that leaves something open', () => {
  afterEach(() => {
    endAll();
    removeFolders();
  });
  const open = "import { createServer } from 'node:net';\nsetInterval(() => {}, 1000);\ncreateServer().listen(0);\n";
  const at = (name: string, more = ''): string =>
    join(
      folder({ 's.js': `${open}${good}`, [name]: `target_proxy: { url: demo }\nstages: [{ use: ./s.js }]\n${more}` }),
      name,
    );

  it('keeps no command from its end', async () => {
    for (const command of ['check', 'stages']) {
      const { code, out, err } = await run([command, '--config', at('c.yaml')]);
      expect([code, err]).to.deep.equal([0, '']);
      expect(out).to.match(command === 'check' ? /^server:/ : /\[try\] +good\n/);
      expect(out.endsWith('\n')).to.equal(true);
    }
    expect((await run(['check', '--config', at('c.yaml', 'colour: 1\n')])).code).to.equal(78);
  });

  it('keeps no proxy that cannot start from its end', async () => {
    const wrong = await run(['--config', at('c.yaml', 'colour: 1\n')]);
    expect(wrong.code).to.equal(78);
    expect(wrong.err).to.match(/colour: unknown key/);
    const { code, err } = await run(['--config', at('c.yaml'), '--host', '192.0.2.1', '--port', '0']);
    expect(code).to.equal(69);
    expect(err).to.match(/cannot listen on 192\.0\.2\.1/);
  });

  it('is left behind with the code that tells how it went', async () => {
    const world = fakeWorld();
    expect(await main(['check', '--target', 'demo'], { world })).to.equal(0);
    expect(await main(['check', '--target', 'no-url'], { world })).to.equal(78);
    expect(world.left()).to.deep.equal([0, 78]);
    expect(world.exits()).to.deep.equal([]);
  });
});
