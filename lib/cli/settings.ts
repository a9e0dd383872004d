/** The settings that the command line and the config come to. */
import { existsSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { load, readText, settingsFor } from '../config/load.js';
import { lookup } from '../config/lookup.js';
import { type Problem, render } from '../config/report.js';
import type { Settings } from '../core/settings.js';
import type { Options } from './options.js';
import type { World } from './world.js';

const MINIMAL = `Write these two lines into proxy.config.yaml:

target_proxy:
  url: "https://your-api.example.com/v1"

or name the API on the command line:  seaking-proxy --target https://your-api.example.com/v1
`;

const fromFile = (options: Options, { env }: World): E.Either<string, Settings> => {
  const path = lookup(options.config, env, existsSync);
  if (E.isLeft(path)) return E.left(`${render([path.left])}\n\n${MINIMAL}`);
  return E.mapLeft((problems: readonly Problem[]) => render(problems))(load(path.right, { env, readText }));
};

/** `--host` and `--port` win over the config; with `--target` no config is read. Left: every problem, to be printed. */
export const settingsOf = (options: Options, world: World): E.Either<string, Settings> => {
  const settings = O.isSome(options.target)
    ? E.mapLeft((problem: Problem) => render([problem]))(settingsFor(options.target.value))
    : fromFile(options, world);
  return E.map((found: Settings) => ({
    ...found,
    server: {
      ...found.server,
      host: O.getOrElse(() => found.server.host)(options.host),
      port: O.getOrElse(() => found.server.port)(options.port),
    },
  }))(settings);
};
