/** The settings that the command line and the config come to. */
import { existsSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { type Loaded, load, readText, settingsFor } from '../config/load.js';
import { lookup } from '../config/lookup.js';
import { isOwnAddress } from '../config/own-address.js';
import { type Finding, type Problem, render } from '../config/report.js';
import type { StageLogged } from '../core/event.js';
import type { Settings } from '../core/settings.js';
import { random, sleep, wallClock } from '../edge/clock.js';
import type { Options } from './options.js';
import type { ProcessIo } from './process-io.js';

const MINIMAL = `Write these two lines into proxy.config.yaml:

target_proxy:
  url: "https://your-api.example.com/v1"

or name the API on the command line:  seaking-proxy --target https://your-api.example.com/v1
`;

/** `--host` and `--port` win over the config. */
const listening = ({ server }: Settings, options: Options): Settings['server'] => ({
  ...server,
  host: O.getOrElse(() => server.host)(options.host),
  port: O.getOrElse(() => server.port)(options.port),
});

const machineNames = (): readonly string[] => [
  hostname(),
  ...Object.values(networkInterfaces()).flatMap((each = []) => each.map(({ address }) => address)),
];

/** A proxy in front of itself would ask itself for ever. */
const noLoop =
  (options: Options) =>
  (settings: Settings): readonly Finding[] =>
    isOwnAddress(settings.target.url, listening(settings, options), machineNames())
      ? [
          {
            path: ['target_proxy', 'url'],
            at: 'value',
            says: 'expected an upstream; this is the address of the proxy itself',
          },
        ]
      : [];

const fromFile = async (
  options: Options,
  { env }: ProcessIo,
  emit: (line: StageLogged) => void,
): Promise<E.Either<string, Loaded>> => {
  const path = lookup(options.config, env, existsSync);
  if (E.isLeft(path)) return E.left(`${render([path.left])}\n\n${MINIMAL}`);
  const loaded = await load(path.right, { env, readText, now: wallClock, random, sleep, emit }, noLoop(options));
  return E.mapLeft((problems: readonly Problem[]) => render(problems))(loaded);
};

/** The lines of stages, where there is no log. */
const onStderr =
  ({ err }: ProcessIo) =>
  ({ stage, message }: StageLogged): void =>
    err(`${stage}: ${message}\n`);

/** The settings, or every problem, to be printed. With `--target` no config is read. `emit`: takes what stages log. */
export const settingsOf = async (
  options: Options,
  processIo: ProcessIo,
  emit: (line: StageLogged) => void = onStderr(processIo),
): Promise<E.Either<string, Loaded>> => {
  const loaded = O.isSome(options.target)
    ? E.bimap(
        (problem: Problem) => render([problem]),
        (settings: Settings): Loaded => ({ settings, stages: [] }),
      )(settingsFor(options.target.value, noLoop(options)))
    : await fromFile(options, processIo, emit);
  return E.map(({ settings, ...more }: Loaded) => ({
    ...more,
    settings: { ...settings, server: listening(settings, options) },
  }))(loaded);
};
