import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../lib/cli/main.js';
import type { Listening } from '../support/listen.js';
import { eventually } from '../support/proxy.js';
import {
  chat,
  completionText,
  endAll,
  fakeProcessIo,
  folder,
  removeFolders,
  run,
  startCommand,
  upstream,
} from './support.js';

/** A stage of which a hook does this. */
const doing = (code: string): string => `import { connect } from 'node:net';
export default {
  name: 'careless',
  make: () => ({
    request: (e) => {
      ${code}
      return e;
    },
  }),
};
`;

const good = "export default { name: 'good', make: () => ({ attempt: (e) => e }) };\n";

describe('cli: an error that nobody waits for', () => {
  let plain: Listening;
  before(async () => {
    plain = await upstream((request, response) => {
      request.resume();
      // Late enough that what was thrown meets the request in flight.
      request.on('end', () => {
        response.setHeader('content-type', 'application/json');
        setTimeout(() => response.end(completionText('well')), 100);
      });
    });
  });
  afterEach(() => {
    endAll();
    removeFolders();
  });
  after(() => plain.close());

  const config = (stage: string, more = ''): string =>
    join(
      folder({ 's.js': stage, 'c.yaml': `target_proxy: { url: "${plain.url}" }\nstages: [{ use: ./s.js }]\n${more}` }),
      'c.yaml',
    );

  const UNCAUGHT: readonly (readonly [what: string, code: string, says: string, at: string])[] = [
    [
      'in a promise that was forgotten',
      "void (async () => { throw new RangeError('late') })();",
      'RangeError: late',
      '"s.js:6"',
    ],
    ['in a promise, as no error', "void Promise.reject('late');", 'something that is no error', 'null'],
    ['in a timer', "setTimeout(() => { throw new RangeError('late') });", 'RangeError: late', '"s.js:6"'],
    [
      'as an error event to which nothing listens',
      'connect({ port: 1, host: "127.0.0.1" });',
      'Error: connect ECONNREFUSED [cut]',
      'null',
    ],
  ];
  for (const [what, code, says, at] of UNCAUGHT) {
    it(`${what}, is reported with its message, lets requests in flight end, and ends the process with 1`, async () => {
      const { child, base } = await startCommand(['--config', config(doing(code))]);
      const reply = await chat(base);
      expect(await reply.text()).to.equal(completionText('well'));
      expect(await child.ended).to.equal(1);
      expect(child.out()).to.include(`"event":"uncaught_error","at":${at},"says":"${says}"`);
      expect(child.out()).not.to.include('"stack"');
      expect(child.out()).to.match(/"event":"stopping".*"event":"stopped"/s);
    });
  }

  it('is reported with its stack at debug', async () => {
    const stage = doing("setTimeout(() => { throw new RangeError('late') });");
    const { child, base } = await startCommand(['--config', config(stage, 'logging: { level: debug }\n')]);
    await (await chat(base)).text();
    expect(await child.ended).to.equal(1);
    expect(child.out()).to.match(/"event":"uncaught_error".*"stack":\["at .*s\.js/);
  });

  it('is none where a stage threw it in its own hook, whenever that was', async () => {
    const stage = `export default { name: 's', make: () => ({
      request: async (e) => { await 1; throw new RangeError('late'); },
      finished: async () => { throw new RangeError('too late'); },
    }) };`;
    const { child, base } = await startCommand(['--config', config(stage)]);
    expect((await chat(base)).status).to.equal(500);
    await child.until(/"place":"finished"/);
    expect((await chat(base)).status).to.equal(500);
    child.signal('SIGTERM');
    expect(await child.ended).to.equal(0);
    expect(child.out()).to.match(/"fault":\{"stage":"s","place":"request","at":"s\.js:2","says":"RangeError: late"\}/);
  });

  for (const [when, code] of [
    ['at once', 'void Promise.reject(new RangeError("boom"));'],
    ['soon', 'setTimeout(() => { throw new RangeError("boom") });\nawait new Promise((done) => setTimeout(done, 50));'],
  ] as const) {
    it(`${when} while a stage is loaded, ends each command with 1`, async () => {
      const path = config(`${code}\n${good}`);
      const ran = ['check', 'stages', 'run'].map((command) => run([command, '--config', path, '--port', '0']));
      for (const { code: exit, out, err } of await Promise.all(ran)) {
        expect(exit).to.equal(1);
        // A proxy that had a log by then has told it there.
        expect(err + out).to.match(
          /seaking-proxy: uncaught error: RangeError: boom \(s\.js:1\)\n|"at":"s\.js:1","says":"RangeError: boom"/,
        );
      }
    });
  }

  it('is shown to people in the log', async () => {
    const processIo = fakeProcessIo();
    const code = main(['--target', 'demo', '--port', '0'], { processIo });
    await eventually(() => processIo.told().includes('\nTry it:'));
    processIo.uncaught({ says: 'Error: late', at: 's.js:1', stack: [] });
    expect(await code).to.equal(1);
    expect(processIo.told()).to.match(
      /\n\d\d:\d\d:\d\d ! Uncaught error: Error: late \(s\.js:1\)\. The proxy stops\.\n/,
    );
    expect(processIo.complained()).to.equal('');
    // Like any stop, it is cut short by a signal.
    processIo.stop();
    await new Promise((resolve) => setImmediate(resolve));
    expect(processIo.exits()).to.deep.equal([1]);
  });
});

describe('cli: the log of a stage', () => {
  afterEach(() => {
    endAll();
    removeFolders();
  });

  it('has what it says while it is loaded, and of each request', async () => {
    const stage = `export default { name: 'talking', make: (_, { log }) => {
      log('Made.');
      return { request: (e) => { log('Asked.', e); return e; } };
    } };`;
    const at = folder({ 's.js': stage, 'c.yaml': 'target_proxy: { url: demo }\nstages: [{ use: ./s.js }]\n' });
    const { child, base } = await startCommand(['--config', join(at, 'c.yaml')]);
    await (await chat(base)).text();
    await child.until(/"event":"request"/);
    expect(child.out()).to.include('"event":"stage_log","id":null,"stage":"talking","message":"Made."');
    expect(child.out()).to.match(/"event":"stage_log","id":"[^"]+","stage":"talking","message":"Asked\."/);
    child.signal('SIGHUP');
    await child.until(/"event":"reloaded"/);
    expect(child.out().match(/Made\./g)).to.have.lengthOf(2);
    child.signal('SIGTERM');
    expect(await child.ended).to.equal(0);
    const checked = await run(['check', '--config', join(at, 'c.yaml')]);
    expect([checked.code, checked.err]).to.deep.equal([0, 'talking: Made.\n']);
  });

  it('is shown to people, also what it said before there was a log', async () => {
    const stage = "export default { name: 'talking', make: (_, { log }) => (log('Made.'), { request: (e) => e }) };";
    const config = 'target_proxy: { url: demo }\nserver: { port: 0 }\nstages: [{ use: ./s.js }]\n';
    const at = folder({ 's.js': stage, 'c.yaml': config });
    const processIo = fakeProcessIo();
    const code = main(['--config', join(at, 'c.yaml')], { processIo });
    await eventually(() => processIo.told().includes('\nTry it:'));
    processIo.reload();
    await eventually(() => processIo.told().includes('Reloaded: config 2'));
    processIo.stop();
    expect(await code).to.equal(0);
    expect(processIo.told().match(/^\d\d:\d\d:\d\d talking: Made\.$/gm)).to.have.lengthOf(2);
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
    const [check, stages, wrong] = await Promise.all([
      run(['check', '--config', at('c.yaml')]),
      run(['stages', '--config', at('c.yaml')]),
      run(['check', '--config', at('c.yaml', 'colour: 1\n')]),
    ]);
    for (const [{ code, out, err }, says] of [
      [check, /^server:/],
      [stages, /\[attempt\] +good\n/],
    ] as const) {
      expect([code, err]).to.deep.equal([0, '']);
      expect(out).to.match(says);
      expect(out.endsWith('\n')).to.equal(true);
    }
    expect(wrong.code).to.equal(78);
  });

  it('keeps no proxy that cannot start from its end', async () => {
    const [wrong, elsewhere] = await Promise.all([
      run(['--config', at('c.yaml', 'colour: 1\n')]),
      run(['--config', at('c.yaml'), '--host', '192.0.2.1', '--port', '0']),
    ]);
    expect(wrong.code).to.equal(78);
    expect(wrong.err).to.match(/colour: unknown key/);
    expect(elsewhere.code).to.equal(69);
    expect(elsewhere.err).to.match(/cannot listen on 192\.0\.2\.1/);
  });

  it('is left behind with the code that shows how it went', async () => {
    const processIo = fakeProcessIo();
    expect(await main(['check', '--target', 'demo'], { processIo })).to.equal(0);
    expect(await main(['check', '--target', 'no-url'], { processIo })).to.equal(78);
    expect(processIo.left()).to.deep.equal([0, 78]);
    expect(processIo.exits()).to.deep.equal([]);
  });
});
