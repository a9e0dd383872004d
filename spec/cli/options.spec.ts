import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { main } from '../../lib/cli/main.js';
import { type Options, parse } from '../../lib/cli/options.js';
import { fakeProcessIo } from './support.js';

const NONE: Options = {
  command: 'run',
  config: O.none,
  host: O.none,
  port: O.none,
  target: O.none,
  list: false,
  help: false,
  version: false,
};

describe('cli: the command line', () => {
  it('means run where it names no command', () => {
    expect(parse([])).to.deep.equal(E.right(NONE));
    expect(parse(['run'])).to.deep.equal(E.right(NONE));
  });

  it('names a command, before its options or after them', () => {
    expect(parse(['check', '--config', 'a.yaml'])).to.deep.equal(
      E.right({ ...NONE, command: 'check', config: O.some('a.yaml') }),
    );
    expect(parse(['--port', '0', 'demo', '--list'])).to.deep.equal(
      E.right({ ...NONE, command: 'demo', port: O.some(0), list: true }),
    );
  });

  it('takes addresses, with a blank or an equals sign', () => {
    expect(parse(['--host', '::1', '--port=65535', '--target=http://a.example/v1'])).to.deep.equal(
      E.right({ ...NONE, host: O.some('::1'), port: O.some(65_535), target: O.some('http://a.example/v1') }),
    );
  });

  it('has short forms for help and version', () => {
    expect(parse(['-h'])).to.deep.equal(E.right({ ...NONE, help: true }));
    expect(parse(['-v'])).to.deep.equal(E.right({ ...NONE, version: true }));
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['serve'], /^unknown command "serve"; commands: run, check, stages, demo$/],
    [['chek'], /^unknown command "chek"; did you mean check\? commands: run, check, stages, demo$/],
    [['sk-sekret'], /^unknown command; commands: run, check, stages, demo$/],
    [['run', 'demo'], /^too many words after run: a file goes with --config, an API with --target$/],
    [['--prot', '1'], /^Unknown option '--prot'$/],
    [['--port'], /^Option '--port <value>' argument missing$/],
    [['--host', '--port', '1'], /^Option '--host' argument is ambiguous$/],
    [['--list=all'], /^Option '--list' does not take an argument$/],
    [['--list'], /^--list works only with demo$/],
    [['check', '--list'], /^--list works only with demo$/],
    [['--port', ''], /^--port takes a number from 0 to 65535$/],
    [['--port', '65536'], /^--port takes a number from 0 to 65535$/],
    [['--port', '8e3'], /^--port takes a number from 0 to 65535$/],
    [['--port=-1'], /^--port takes a number from 0 to 65535$/],
    [['--config='], /need a value$/],
    [['--host='], /need a value$/],
    [['--target='], /need a value$/],
  ];
  for (const [argv, says] of wrong) {
    it(`refuses "${argv.join(' ')}" with one line, where to read on, and 64`, async () => {
      const processIo = fakeProcessIo();
      expect(await main(argv, { processIo })).to.equal(64);
      const [first = '', ...rest] = processIo.complained().split('\n');
      expect(first).to.match(/^seaking-proxy: /);
      expect(first.slice('seaking-proxy: '.length)).to.match(says);
      expect(rest).to.deep.equal(['For the commands and options, run: seaking-proxy --help', '']);
      expect(processIo.told()).to.equal('');
    });
  }

  it('is not repeated where a key may have slipped into it', async () => {
    for (const argv of [['sk-sekret'], ['--target', 'https://a.example', 'sk-sekret'], ['--api-key=sk-sekret']]) {
      const processIo = fakeProcessIo();
      expect(await main(argv, { processIo })).to.equal(64);
      expect(processIo.complained()).not.to.include('sekret');
    }
  });

  it('may ask for the usage, which names every command and option', async () => {
    const processIo = fakeProcessIo();
    expect(await main(['check', '--help'], { processIo })).to.equal(0);
    for (const word of ['run', 'check', 'demo', '--config', '--target', '--port', '--host', '--list', '--version']) {
      expect(processIo.told()).to.include(word);
    }
    expect(processIo.complained()).to.equal('');
  });
});
