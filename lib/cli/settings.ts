/** The settings that the command line and the config come to. */
import { existsSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { type Loaded, load, readText, settingsFor } from '../config/load.js';
import { lookup } from '../config/lookup.js';
import { type Problem, render } from '../config/report.js';
import type { StageLogged } from '../core/event.js';
import type { Settings } from '../core/settings.js';
import { roll as random, sleep, wallClock } from '../edge/ports.js';
import type { Options } from './options.js';
import type { World } from './world.js';

const MINIMAL = `Write these two lines into proxy.config.yaml:

target_proxy:
  url: "https://your-api.example.com/v1"

or name the API on the command line:  seaking-proxy --target https://your-api.example.com/v1
`;

const fromFile = async (
  options: Options,
  { env }: World,
  tell: (line: StageLogged) => void,
): Promise<E.Either<string, Loaded>> => {
  const path = lookup(options.config, env, existsSync);
  if (E.isLeft(path)) return E.left(`${render([path.left])}\n\n${MINIMAL}`);
  const loaded = await load(path.right, { env, readText, now: wallClock, random, sleep, tell });
  return E.mapLeft((problems: readonly Problem[]) => render(problems))(loaded);
};

/** The lines of stages, where there is no log. */
const onStderr =
  ({ err }: World) =>
  ({ stage, message }: StageLogged): void =>
    err(`${stage}: ${message}\n`);

/** `--host` and `--port` win over the config; with `--target` no config is read. `tell`: takes what stages log. Left: every problem, to be printed. */
export const settingsOf = async (
  options: Options,
  world: World,
  tell: (line: StageLogged) => void = onStderr(world),
): Promise<E.Either<string, Loaded>> => {
  const loaded = O.isSome(options.target)
    ? E.bimap(
        (problem: Problem) => render([problem]),
        (settings: Settings): Loaded => ({ settings, stages: [] }),
      )(settingsFor(options.target.value))
    : await fromFile(options, world, tell);
  return E.map(({ settings, stages }: Loaded) => ({
    stages,
    settings: {
      ...settings,
      server: {
        ...settings.server,
        host: O.getOrElse(() => settings.server.host)(options.host),
        port: O.getOrElse(() => settings.server.port)(options.port),
      },
    },
  }))(loaded);
};
