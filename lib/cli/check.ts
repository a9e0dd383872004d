/** `seaking-proxy check`: every problem of the config, or what it comes to. */
import * as E from 'fp-ts/lib/Either.js';
import { effective } from '../config/effective.js';
import type { Options } from './options.js';
import { settingsOf } from './settings.js';
import { costs } from './stages.js';
import { EXIT, type World } from './world.js';

/** Prints either; resolves to the exit code. */
export const check = async (options: Options, world: World): Promise<number> => {
  const loaded = await settingsOf(options, world);
  if (E.isLeft(loaded)) {
    world.err(`${loaded.left}\n`);
    return EXIT.config;
  }
  const { settings, stages, file = '--target' } = loaded.right;
  // Comments, so that what is printed is a config still.
  world.out([effective(settings), ...[...costs(stages), `OK: ${file}`].map((line) => `# ${line}\n`)].join(''));
  return EXIT.ok;
};
