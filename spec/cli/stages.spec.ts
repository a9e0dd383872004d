import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../lib/cli/main.js';
import { fakeWorld, folder, removeFolders, run } from './support.js';

const stage = (name: string, seats: string): string => `export default { name: '${name}', make: () => (${seats}) };\n`;

const FILES = {
  'first.js': stage('first', '{ decoded: (e) => e, try: (e) => e }'),
  'holding.js': stage('holding', '{ replied: (e) => e, decoded: (e) => e, needs: { chars: 200 } }'),
  'whole.js': stage('whole', "{ replied: (e) => e, needs: 'whole' }"),
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
  const world = fakeWorld();
  const code = await main(argv, { world });
  return { code, out: world.told(), err: world.complained() };
};

describe('seaking-proxy stages', () => {
  afterEach(removeFolders);

  it('tells who sits where, in their order', async () => {
    const { code, out } = await told('stages', '--config', config('./first.js', './holding.js'));
    expect(code).to.equal(0);
    expect(out).to.match(/^ {4}\[decoded\] +first, holding$/m);
    expect(out).to.match(/^ {4}\[try\] +first$/m);
    expect(out).to.match(/^ {4}\[failed\] +-$/m);
  });

  it('tells the seats and rooms of a proxy without a config, and what is built in', async () => {
    const { code, out } = await told('stages', '--target', 'demo');
    expect(code).to.equal(0);
    const words = out
      .replace(/Built in:.*/s, '')
      .replace(/[[\]]/g, '')
      .split(/\s+/);
    const order = [
      'received',
      'decode',
      'decoded',
      'classify',
      'planned',
      'try',
      'forward',
      'replied',
      'judge',
      'answered',
      'json',
      'text',
      'failed',
      'encode',
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
    const files = Array.from({ length: 5 }, (_, at) => [`${at}.js`, stage(name(at), '{ decoded: (e) => e }')]);
    const long = '{ replied: (e) => e, needs: { chars: 2000 } }';
    const uses = [...files.map(([file]) => file), 'long.js'];
    const at = folder({
      ...Object.fromEntries(files),
      'long.js': stage('one-that-has-a-long-name', long),
      'c.yaml': `target_proxy: { url: demo }\nstages: [${uses.map((use) => `{ use: ./${use} }`).join(', ')}]\n`,
    });
    const { out } = await told('stages', '--config', join(at, 'c.yaml'));
    for (const line of out.split('\n')) expect(line).to.have.length.of.at.most(80);
    const seat = ' '.repeat(18);
    expect(out).to.include(
      `    [decoded]     ${name(0)}, ${name(1)},\n${seat}${name(2)}, ${name(3)},\n${seat}${name(4)}\n`,
    );
    expect(out).to.include('2000 characters of it are\nthere.\n');
    expect(out).to.match(/^ {2}set-fields {4}Changes .*\n {16}\S/m);
  });

  it('tells what there is where no config is', async () => {
    const { code, out } = await run(['stages'], { cwd: folder() });
    expect(code).to.equal(0);
    expect(out).to.match(/^ {4}\[decoded\] +-$/m);
  });

  it('tells what is wrong with a config', async () => {
    const { code, err } = await told('stages', '--config', config('./none.js'));
    expect(code).to.equal(78);
    expect(err).to.match(/stages\[0\]\.use: the file \/.*\/none\.js cannot be read \(ENOENT\)/);
  });
});
