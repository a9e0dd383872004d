import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../lib/cli/main.js';
import { fakeProcessIo, folder, removeFolders, run } from './support.js';

const stage = (name: string, hooks: string): string => `export default { name: '${name}', make: () => (${hooks}) };\n`;

const FILES = {
  'first.js': stage('first', '{ request: (e) => e, attempt: (e) => e, text: () => 5 }'),
  'holding.js': stage('holding', '{ reply: (e) => e, request: (e) => e, text: () => 5, needs: { chars: 200 } }'),
  'whole.js': stage('whole', "{ reply: (e) => e, needs: 'whole' }"),
};

const config = (...uses: readonly string[]): string =>
  join(
    folder({
      ...FILES,
      'c.yaml': `target_proxy: { url: demo }\nstages: [${uses.map((use) => `{ use: ${use} }`).join(', ')}]\n`,
    }),
    'c.yaml',
  );

const told = async (...argv: readonly string[]) => {
  const processIo = fakeProcessIo();
  const code = await main(argv, { processIo });
  return { code, out: processIo.told(), err: processIo.complained() };
};

describe('seaking-proxy stages', () => {
  afterEach(removeFolders);

  it('tells which hooks the stages have, in the order in which they are called', async () => {
    const { code, out } = await told('stages', '--config', config('./first.js', './holding.js'));
    expect(code).to.equal(0);
    expect(out).to.match(/^ {4}\[request\] +first, holding$/m);
    expect(out).to.match(/^ {4}\[attempt\] +first$/m);
    expect(out).to.match(/^ {4}\[text\] +holding, first$/m);
    expect(out).to.match(/^ {4}\[failure\] +-$/m);
  });

  it('tells the steps and hooks of a proxy without a config, and what is built in', async () => {
    const { code, out } = await told('stages', '--target', 'demo');
    expect(code).to.equal(0);
    const words = out
      .replace(/Built in:.*/s, '')
      .replace(/^.*?:\n/s, '')
      .replace(/[[\]]/g, '')
      .split(/\s+/);
    const order = [
      'decode',
      'request',
      'classify',
      'attempt',
      'forward',
      'reply',
      'judge',
      'response',
      'json',
      'text',
      'failure',
      'encode',
      'finished',
    ];
    expect(words.filter((word) => order.includes(word))).to.deep.equal(order);
    expect(out).to.match(/^Built in:\n {2}set-fields +Changes/m);
  });

  it('tells what each stage costs a stream, as check does', async () => {
    const holding = 'holding holds each stream back until 200 characters of it are there.';
    const whole = 'whole holds each stream back until it is whole.';
    const path = config('./first.js', './holding.js', './whole.js');
    expect((await told('stages', '--config', path)).out).to.include(`${holding}\n${whole}\n`);
    expect((await told('check', '--config', path)).out).to.match(new RegExp(`\n# ${holding}\n# ${whole}\n# OK: .*\n$`));
    expect((await told('check', '--config', config('./first.js'))).out).not.to.match(/# (?!OK: )/);
  });

  it('can be read on a terminal of 80 columns', async () => {
    const name = (at: number) => `stage-of-quite-a-long-name-${at}`;
    const files = Array.from({ length: 5 }, (_, at) => [`${at}.js`, stage(name(at), '{ request: (e) => e }')]);
    const long = '{ reply: (e) => e, needs: { chars: 2000 } }';
    const uses = [...files.map(([file]) => file), 'long.js'];
    const at = folder({
      ...Object.fromEntries(files),
      'long.js': stage('one-that-has-a-long-name', long),
      'c.yaml': `target_proxy: { url: demo }\nstages: [${uses.map((use) => `{ use: ./${use} }`).join(', ')}]\n`,
    });
    const { out } = await told('stages', '--config', join(at, 'c.yaml'));
    for (const line of out.split('\n')) expect(line).to.have.length.of.at.most(80);
    const indent = ' '.repeat(18);
    expect(out).to.include(
      `    [request]     ${name(0)}, ${name(1)},\n${indent}${name(2)}, ${name(3)},\n${indent}${name(4)}\n`,
    );
    expect(out).to.include('2000 characters of it are\nthere.\n');
    expect(out).to.match(/^ {2}set-fields {4}Changes .*\n {16}\S/m);
  });

  it('tells what there is where no config is', async () => {
    const { code, out } = await run(['stages'], { cwd: folder() });
    expect(code).to.equal(0);
    expect(out).to.match(/^ {4}\[request\] +-$/m);
  });

  it('tells what is wrong with a config', async () => {
    const { code, err } = await told('stages', '--config', config('./none.js'));
    expect(code).to.equal(78);
    expect(err).to.match(/stages\[0\]\.use: the file \/.*\/none\.js does not exist/);
  });
});
