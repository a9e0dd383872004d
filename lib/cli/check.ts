/** `seaking-proxy check`: every problem of the config, or what it comes to. */
import * as E from 'fp-ts/lib/Either.js';
import { effective } from '../config/effective.js';
import type { Options } from './options.js';
import { EXIT, type ProcessIo } from './process-io.js';
import { settingsOf } from './settings.js';
import { costs } from './stages.js';

/** Checks the config, and prints either; resolves to the exit code. */
export const check = async (options: Options, processIo: ProcessIo): Promise<number> => {
  const loaded = await settingsOf(options, processIo);
  if (E.isLeft(loaded)) {
    processIo.err(`${loaded.left}\n`);
    return EXIT.config;
  }
  const { settings, stages, file = '--target' } = loaded.right;
  // Comments, so that what is printed is a config still.
  processIo.out([effective(settings), ...[...costs(stages), `OK: ${file}`].map((line) => `# ${line}\n`)].join(''));
  return EXIT.ok;
};
