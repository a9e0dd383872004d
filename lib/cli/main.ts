/** From the command line to an exit code. */
import * as E from 'fp-ts/lib/Either.js';
import { placed } from '../core/thrown.js';
import { check } from './check.js';
import { demo } from './demo.js';
import { type Command, type Options, parse, USAGE } from './options.js';
import { EXIT, type ProcessIo, thisProcess, version } from './process-io.js';
import { run } from './run.js';
import { stages } from './stages.js';

type Run = (options: Options, processIo: ProcessIo) => Promise<number>;

const COMMANDS: Readonly<Record<Command, Run>> = { run, check, stages, demo };

export interface Surroundings {
  readonly processIo?: ProcessIo;
}

/** Runs a command. `argv` begins after the name of the program. Resolves to the exit code; rejects only by a fault of our own. */
export const main = async (
  argv: readonly string[],
  { processIo = thisProcess }: Surroundings = {},
): Promise<number> => {
  const options = parse(argv);
  if (E.isLeft(options)) {
    // The whole usage would push the error off the screen.
    processIo.err(`seaking-proxy: ${options.left}\nFor the commands and options, run: seaking-proxy --help\n`);
    return EXIT.usage;
  }
  if (options.right.help || options.right.version) {
    processIo.out(options.right.help ? USAGE : `${version()}\n`);
    return EXIT.ok;
  }
  const { command } = options.right;
  processIo.onUncaught((cause) => {
    processIo.err(`seaking-proxy: uncaught error: ${placed(cause)}\n`);
    processIo.leave(EXIT.crash);
  });
  try {
    const code = await COMMANDS[command](options.right, processIo);
    // A stage may have left a timer or a socket open. A proxy that was stopped sees to its own end.
    if (command !== 'run' || code !== EXIT.ok) processIo.leave(code);
    return code;
  } catch (error) {
    // Node reports it then.
    processIo.onUncaught(undefined);
    throw error;
  }
};
