/** The command line: its commands and options. */
import { parseArgs } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { closest } from '../codecs/did-you-mean.js';

export const COMMANDS = ['run', 'check', 'stages', 'demo'] as const;
export type Command = (typeof COMMANDS)[number];

export interface Options {
  readonly command: Command;
  readonly config: O.Option<string>;
  readonly host: O.Option<string>;
  readonly port: O.Option<number>;
  readonly target: O.Option<string>;
  readonly list: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

export const USAGE = `seaking-proxy stands between a chat front end and an unreliable OpenAI- or Anthropic-compatible API.

  seaking-proxy [run]    serve requests; needs a config file, or --target
  seaking-proxy check    check the config: print every problem, or the config that results
  seaking-proxy stages   print the steps of a request, and the stages that are called between them
  seaking-proxy demo     serve a demo API that misbehaves on demand

  --config FILE    the config file; otherwise $SEAKING_CONFIG, ./proxy.config.yaml or /etc/seaking-proxy/proxy.config.yaml
  --target URL     the upstream API; the proxy then uses defaults and reads no config file
  --port N         the port to listen on (8484; the demo 8485)
  --host ADDRESS   the address to listen on (127.0.0.1)
  --list           with demo: print the faults that it can play
  --help, --version
`;

const SPEC = {
  config: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  target: { type: 'string' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
  version: { type: 'boolean', default: false, short: 'v' },
} as const;

const isCommand = (word: string): word is Command => (COMMANDS as readonly string[]).includes(word);

/** A word in quotes, unless it may be a key that was meant for somewhere else. */
const quoted = (word: string): string => (/^[a-z]{1,12}$/.test(word) ? ` "${word}"` : '');

const meant = (word: string): string => {
  const command = closest(word, COMMANDS);
  return command === undefined ? ';' : `; did you mean ${command}?`;
};

const portOf = (text: string | undefined): E.Either<string, O.Option<number>> => {
  if (text === undefined) return E.right(O.none);
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535
    ? E.right(O.some(Number(text)))
    : E.left('--port takes a number from 0 to 65535');
};

/** The options that the arguments say. Left: the mistake, in one line. */
export const parse = (argv: readonly string[]): E.Either<string, Options> => {
  const parsed = E.tryCatch(
    () => parseArgs({ args: [...argv], options: SPEC, allowPositionals: true }),
    (error) => (error as Error).message.split(/\.\s/)[0] as string,
  );
  if (E.isLeft(parsed)) return parsed;
  const { values, positionals } = parsed.right;
  const [command = 'run', ...more] = positionals;
  const commands = `commands: ${COMMANDS.join(', ')}`;
  if (!isCommand(command)) return E.left(`unknown command${quoted(command)}${meant(command)} ${commands}`);
  if (more.length > 0) {
    return E.left(`too many words after ${command}: a file goes with --config, an API with --target`);
  }
  const { config, host, target, list, help, version } = values;
  if (list && command !== 'demo') return E.left('--list works only with demo');
  // An empty host is taken by Node for every address of the machine.
  if ([config, host, target].includes('')) return E.left('--config, --host and --target need a value');
  return E.map(
    (port: O.Option<number>): Options => ({
      command,
      config: O.fromNullable(config),
      host: O.fromNullable(host),
      port,
      target: O.fromNullable(target),
      list,
      help,
      version,
    }),
  )(portOf(values.port));
};
