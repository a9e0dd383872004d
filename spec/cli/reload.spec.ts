import { rmSync, writeFileSync } from 'node:fs';
import { Server } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import sinon from 'sinon';
import { main } from '../../lib/cli/main.js';
import { reloader } from '../../lib/cli/reload.js';
import type { Loaded } from '../../lib/config/load.js';
import type { Event } from '../../lib/core/event.js';
import type { Status } from '../../lib/telemetry/status.js';
import type { Listening } from '../support/listen.js';
import { eventually } from '../support/proxy.js';
import { settings } from '../support/values.js';
import {
  type Child,
  chat,
  completionText,
  endAll,
  fakeProcessIo,
  folder,
  removeFolders,
  startChild,
  startCommand,
  upstream,
} from './support.js';

/** Puts a word of its own behind each reply. */
const saying = (word: string): string => `export default ({ bytes }) => ({
  name: 'saying',
  make: () => ({
    response: (e) => {
      const value = JSON.parse(e.reply.body.bytes);
      value.choices[0].message.content += ' ${word}';
      return { ...e, reply: { ...e.reply, body: bytes(Buffer.from(JSON.stringify(value))) } };
    },
  }),
});
`;

describe('a reload, at SIGHUP', () => {
  let first: Listening;
  let second: Listening;
  const waiting: (() => void)[] = [];
  const children: Child[] = [];

  before(async () => {
    first = await upstream((request, response) => {
      const answer = () => response.setHeader('content-type', 'application/json').end(completionText('first'));
      request.resume().on('end', () => (request.headers['x-slow'] === 'yes' ? waiting.push(answer) : answer()));
    });
    second = await upstream((request, response) => {
      const body = completionText('second');
      request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(body));
    });
  });
  after(async () => {
    await first.close();
    await second.close();
  });
  afterEach(async () => {
    sinon.restore();
    // In good order, so that what they did is counted.
    for (const child of children.splice(0)) {
      child.signal('SIGTERM');
      await child.ended;
    }
    endAll();
    removeFolders();
  });

  const config = (target: Listening, more = ''): string => `target_proxy: { url: "${target.url}" }\n${more}`;
  const started = async (text: string, files: Readonly<Record<string, string>> = {}) => {
    const at = folder({ ...files, 'c.yaml': text });
    const running = await startCommand(['--config', join(at, 'c.yaml')]);
    children.push(running.child);
    const write = (name: string, content: string) => writeFileSync(join(at, name), content);
    const reload = async (line: RegExp) => {
      const seen = running.child.out().length;
      running.child.signal('SIGHUP');
      await eventually(() => line.test(running.child.out().slice(seen)));
    };
    const status = async () => (await (await fetch(running.base.replace(/v1$/, 'status'))).json()) as Status;
    return { ...running, at, write, reload, status };
  };
  const TAKEN = /"event":"reloaded"/;
  const REFUSED = /"event":"reload_failed"/;
  const content = async (reply: Promise<Response>): Promise<string> => {
    const { choices } = (await (await reply).json()) as { choices: { message: { content: string } }[] };
    return String(choices[0]?.message.content);
  };

  it('takes a new config for the requests to come; those in flight keep what they started with', async () => {
    const { base, write, reload, status } = await started(config(first));
    const inFlight = content(chat(base, {}, { 'x-slow': 'yes' }));
    await eventually(() => waiting.length > 0);
    write('c.yaml', config(second));
    await reload(TAKEN);
    expect(await content(chat(base))).to.equal('second');
    waiting.pop()?.();
    expect(await inFlight).to.equal('first');
    expect(await status()).to.include({ config_generation: 2, config_problems: null });
  });

  it('imports the file of a stage again once it has changed', async () => {
    const text = config(first, 'stages: [{ use: ./s.js }]\n');
    const { base, write, reload, child } = await started(text, { 's.js': saying('one') });
    expect(await content(chat(base))).to.equal('first one');
    write('s.js', saying('two'));
    await reload(TAKEN);
    expect(await content(chat(base))).to.equal('first two');
    expect(child.out()).to.match(/"stages":\["saying"\],"stage_imports":"kept_until_restart","needs_restart":\[\]/);
  });

  it('takes a stage that could not be imported, once it can be', async () => {
    const { base, write, reload, status } = await started(config(first));
    write('c.yaml', config(first, 'stages: [{ use: ./s.js }]\n'));
    write('s.js', `import './none.js';\n${saying('late')}`);
    await reload(REFUSED);
    expect((await status()).config_problems?.join()).to.match(/Cannot find module/);
    write('none.js', '');
    await reload(TAKEN);
    expect(await content(chat(base))).to.equal('first late');
  });

  it('that is asked for before the proxy listens follows once it does', async () => {
    const slow = "console.error('loading');\nawait new Promise((done) => setTimeout(done, 300));\n";
    const text = config(first, 'stages: [{ use: ./s.js }]\n');
    const at = folder({ 's.js': `${slow}${saying('slow')}`, 'c.yaml': text });
    const child = startChild(['--config', join(at, 'c.yaml'), '--port', '0']);
    children.push(child);
    await child.until(/loading/);
    child.signal('SIGHUP');
    await child.until(/"event":"reloaded","generation":2/);
    expect(child.out()).to.match(/^[^\n]*"event":"started"[^\n]*\n[^\n]*"event":"reloaded"[^\n]*\n$/);
    child.signal('SIGHUP');
    await child.until(/"generation":3/);
  });

  it('that throws changes nothing, and is reported by what was thrown and where; the next one is another', async () => {
    const loaded: Loaded = { settings: settings('http://a.example'), stages: [] };
    const told: Event[] = [];
    const faults = ['load', 'swap', 'none'];
    const fault = (where: string) => {
      if (faults[0] === where) throw new RangeError('sekret');
    };
    const reload = reloader(loaded, {
      load: async () => {
        fault('load');
        return E.right(loaded);
      },
      swap: () => fault('swap'),
      emit: (event) => told.push(event),
      inForce: () => ({ upstream: 'a.example', config: O.none }),
    });
    await reload();
    faults.shift();
    await reload();
    faults.shift();
    await reload();
    for (const event of told.slice(0, 2)) {
      expect(event._tag === 'ReloadFailed' && event.problems.join()).to.match(
        /^it cannot be loaded: RangeError \(reload\.spec\.[jt]s:\d+\)$/,
      );
    }
    expect(told[2]).to.include({ _tag: 'Reloaded', generation: 2, upstream: 'a.example' });
  });

  it('changes nothing where the new config is bad, and says why', async () => {
    const { base, write, reload, status, at } = await started(config(first));
    write('c.yaml', config(second, 'stages: [{ use: ./none.js }]\nserver: { prot: 1 }\n'));
    await reload(REFUSED);
    expect(await content(chat(base))).to.equal('first');
    const { config_generation, config_problems } = await status();
    expect(config_generation).to.equal(1);
    expect((config_problems ?? []).join('\n')).to.match(
      /^c\.yaml:2:17: stages\[0\]\.use: the file none\.js does not exist\nc\.yaml:3:11: server\.prot: unknown key/,
    );
    rmSync(join(at, 'c.yaml'));
    await reload(REFUSED);
    expect((await status()).config_problems).to.have.lengthOf(1);
    expect(await content(chat(base))).to.equal('first');
  });

  it('says which changes need a restart', async () => {
    const { write, reload, child } = await started(config(first));
    write('c.yaml', config(first, 'server: { host: "127.0.0.2" }\nlogging: { level: debug }\n'));
    await reload(TAKEN);
    expect(child.out()).to.include('"needs_restart":["server.host","logging"]');
  });

  it('shows people what came of it', async () => {
    const at = folder({ 's.js': saying('one'), 'c.yaml': 'target_proxy: { url: demo }\nserver: { port: 0 }\n' });
    const processIo = fakeProcessIo();
    const code = main(['--config', join(at, 'c.yaml')], { processIo });
    const until = (pattern: RegExp) => eventually(() => pattern.test(processIo.told()));
    await until(/Try it/);
    processIo.reload();
    await until(/^[\d:]{8} Reloaded: config 2 is in force\. Upstream: demo\.$/m);
    writeFileSync(join(at, 'c.yaml'), 'target_proxy: { url: demo }\nserver: { port: 1 }\nstages: [{ use: ./s.js }]\n');
    processIo.reload();
    await until(
      /^[\d:]{8} Reloaded: config 3 is in force, with saying\. Upstream: demo\. Files that a stage imports are read again only at a restart\. A restart is needed for the change of server\.port\.$/m,
    );
    writeFileSync(join(at, 'c.yaml'), 'target_proxy: { url: 5 }\n');
    processIo.reload();
    await until(
      /^[\d:]{8} ! The new config was not taken\. The old one stays in force: \S*c\.yaml:1:22: target_proxy\.url: expected/m,
    );
    processIo.stop();
    expect(await code).to.equal(0);
  });

  it('can bring the demo, also where that could not be started before', async () => {
    const at = folder({ 'c.yaml': `${config(first)}server: { port: 0 }\n` });
    const processIo = fakeProcessIo();
    const code = main(['--config', join(at, 'c.yaml')], { processIo });
    const until = (pattern: RegExp) => eventually(() => pattern.test(processIo.told()));
    await until(/Retries/);
    writeFileSync(join(at, 'c.yaml'), 'target_proxy: { url: demo }\nserver: { port: 0 }\n');
    sinon.stub(Server.prototype, 'listen').throws(new RangeError('no more'));
    processIo.reload();
    await until(/^[\d:]{8} ! The new config was not taken.*: it cannot be loaded: RangeError/m);
    sinon.restore();
    processIo.reload();
    await until(/^[\d:]{8} Reloaded: config 2/m);
    processIo.stop();
    expect(await code).to.equal(0);
  });

  it('can bring the demo', async () => {
    const { base, write, reload } = await started(config(first));
    write('c.yaml', 'target_proxy: { url: demo }\n');
    await reload(TAKEN);
    expect((await chat(base, { model: 'demo:good-plain:always' })).status).to.equal(200);
  });

  it('loses no request, fifty times under load', async () => {
    const { base, write, child } = await started(config(first));
    let done = false;
    const told: string[] = [];
    const load = Array.from({ length: 8 }, async () => {
      while (!done) told.push(await content(chat(base)));
    });
    for (let round = 0; round < 50; round++) {
      write('c.yaml', config(round % 2 === 0 ? second : first));
      child.signal('SIGHUP');
      // Two signals at once may arrive as one.
      await child.until(new RegExp(`"generation":${round + 2},`));
    }
    done = true;
    await Promise.all(load);
    expect(new Set(told)).to.deep.equal(new Set(['first', 'second']));
    expect(told).to.have.length.above(50);
  });
});
