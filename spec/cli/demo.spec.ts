import { expect } from 'chai';
import { main } from '../../lib/cli/main.js';
import { faults, goodReplies, scriptOf } from '../../lib/demo/catalogue.js';
import type { Listening } from '../support/listen.js';
import { chat, endAll, fakeProcessIo, run, startChild, upstream } from './support.js';

describe('seaking-proxy demo', () => {
  let other: Listening;
  before(async () => {
    other = await upstream((_, response) => response.end());
  });
  afterEach(endAll);
  after(() => other.close());

  it('serves the demo alone, until it is stopped', async () => {
    const child = startChild(['demo', '--port', '0']);
    const [, url = ''] = await child.until(/^DEMO upstream on (http:\/\/127\.0\.0\.1:\d+);.*--list\n/);
    expect((await chat(`${url}/v1`)).status).to.equal(200);
    expect((await chat(`${url}/v1`, { model: 'demo:http-503' })).status).to.equal(503);
    child.signal('SIGTERM');
    expect(await child.ended).to.equal(0);
    expect(child.err()).to.equal('');
  });

  it('lists all that can be asked of it, and exits', async () => {
    const { code, out } = await run(['demo', '--list']);
    expect(code).to.equal(0);
    const names = out.split('\n').map((line) => line.split(' ')[0]);
    expect(names).to.include.members([...Object.keys(faults), ...Object.keys(goodReplies)]);
    expect(out).to.match(/^http-429 +rate_limited +429, with the usual error body:\n {49}Rate limit/m);
    expect(out).to.match(/^good-crlf +good +Lines that end/m);
  });

  it('shows how each is asked for, on a terminal of 80 columns', async () => {
    const processIo = fakeProcessIo();
    expect(await main(['demo', '--list'], { processIo })).to.equal(0);
    const lines = processIo.told().split('\n');
    for (const line of lines) expect(line).to.have.length.of.at.most(80);
    const forms = lines.slice(0, 10).flatMap((line) => /^ {2}(demo:\S+) /.exec(line)?.[1] ?? []);
    expect(forms).to.deep.equal(['demo:NAME', 'demo:NAME:2', 'demo:NAME:2:ID', 'demo:NAME+NAME']);
  });

  it('lists apart what no model’s name can ask for', async () => {
    const processIo = fakeProcessIo();
    await main(['demo', '--list'], { processIo });
    const [asked = '', ...rest] = processIo.told().split('\nNo model name can ask for these');
    const namesIn = (text: string) =>
      text.split('\n').flatMap((line) => Object.keys(faults).filter((name) => line.startsWith(`${name} `)));
    expect(rest).to.have.lengthOf(1);
    for (const name of namesIn(asked)) expect(scriptOf(name), name).to.be.a('function');
    expect(namesIn(rest.join(''))).to.include('tls-expired');
    for (const name of namesIn(rest.join(''))) expect(scriptOf(name), name).to.equal(undefined);
  });

  it('exits 69 where its port is taken, with the address and what to do', async () => {
    const { code, out, err } = await run(['demo', '--port', String(other.port)]);
    expect(code).to.equal(69);
    expect(out).to.equal('');
    expect(err).to.match(new RegExp(`^seaking-proxy: cannot listen on 127\\.0\\.0\\.1:${other.port}: .*--port.*\n$`));
  });

  it('exits 69 where the address is of another machine', async () => {
    const processIo = fakeProcessIo();
    expect(await main(['demo', '--host', '192.0.2.1', '--port', '0'], { processIo })).to.equal(69);
    expect(processIo.complained()).to.match(/192\.0\.2\.1:0: EADDRNOTAVAIL\. .*--host/);
  });

  it('listens on a port that differs from the proxy’s, where none is named', async () => {
    const processIo = fakeProcessIo();
    const code = main(['demo'], { processIo });
    // Should another program have taken it, that is told with the same address.
    while (processIo.told() + processIo.complained() === '') await new Promise((resolve) => setImmediate(resolve));
    expect(processIo.told() + processIo.complained()).to.include('127.0.0.1:8485');
    processIo.stop();
    expect(await code).to.be.oneOf([0, 69]);
  });
});
