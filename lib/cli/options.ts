/** What the command line says. */
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

  seaking-proxy [run]    serve; needs a config file, or --target
  seaking-proxy check    tell every problem of the config, and what it comes to
  seaking-proxy stages   tell the steps of a request, and the hooks of stages between them
  seaking-proxy demo     serve a demo API that misbehaves on demand

  --config FILE    the config; else $SEAKING_CONFIG, ./proxy.config.yaml, /etc/seaking-proxy/proxy.config.yaml
  --target URL     the API to stand in front of, with defaults for all else; no config file is read
  --port N         where to listen (8484; the demo 8485)
  --host ADDRESS   where to listen (127.0.0.1)
  --list           with demo: what it can do on demand
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

/** Left: what is wrong, in one line. */
export const parse = (argv: readonly string[]): E.Either<string, Options> => {
  const parsed = E.tryCatch(
    () => parseArgs({ args: [...argv], options: SPEC, allowPositionals: true }),
    (error) => (error as Error).message.split(/\.\s/)[0] as string,
  );
  if (E.isLeft(parsed)) return parsed;
  const { values, positionals } = parsed.right;
  const [command = 'run', ...more] = positionals;
  // Not quoted: it may be a key that was meant for somewhere else.
  if (!isCommand(command)) return E.left(`unknown command${meant(command)} commands: ${COMMANDS.join(', ')}`);
  if (more.length > 0) return E.left(`too much behind ${command}: a file goes with --config, an API with --target`);
  const { config, host, target, list, help, version } = values;
  if (list && command !== 'demo') return E.left('--list goes with demo');
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
