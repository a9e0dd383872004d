/** `seaking-proxy run`: puts the house together, serves until told to stop, and lets what is in flight finish. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { DEMO } from '../config/http-url.js';
import type { Settings } from '../core/settings.js';
import { startDemo } from '../demo/server.js';
import { later, wallClock } from '../edge/ports.js';
import { log, readsPretty } from '../watch/log.js';
import { cannotListen, greeting, started } from './greeting.js';
import { house } from './house.js';
import type { Options } from './options.js';
import { settingsOf } from './settings.js';
import { stateFolder } from './state-folder.js';
import { EXIT, version, type World } from './world.js';

/** How long requests in flight may take to finish once the proxy was told to stop. */
const DRAIN_MS = 25_000;

/** How long the reader of the log may take for what it has not read by then. */
const LAST_LINES_MS = 2000;

const serve = async (settings: Settings, isDemo: boolean, world: World): Promise<number> => {
  // The demo is another target at each start: its lists are not worth a file.
  const folder = isDemo ? O.none : stateFolder(world.env, process.platform);
  const { level } = settings.logging;
  const isPretty = readsPretty(settings.logging, world.isTerminal);
  const tell = log({ level, isPretty, wallClock, stream: world.outStream() });
  const proxy = house(settings, { version: version(), folder, tell });
  const listening = await proxy.listen();
  if (E.isLeft(listening)) {
    world.err(cannotListen(settings.server, listening.left));
    return EXIT.unavailable;
  }
  const { port } = listening.right;
  // Where a machine reads the log, nothing else may stand there.
  const greet = isPretty ? world.out : world.err;
  greet(greeting(settings, port, isDemo));
  tell(started(settings, port, isDemo, version()));

  await world.stopped();
  // What is told below has to be true by then: a signal that nothing waits for would end the process with its own code.
  void world.stopped().then(() => world.exit(EXIT.ok));
  const inFlight = proxy.inFlight();
  const closed = proxy.close(DRAIN_MS);
  tell({ _tag: 'Stopping', inFlight });
  await closed;
  tell({ _tag: 'Stopped' });
  // Lines that are still to be written keep the process alive, and this ends it where nobody reads them.
  later(LAST_LINES_MS, () => world.exit(EXIT.ok));
  return EXIT.ok;
};

/** The demo ends with the proxy, on every way out: while it listened, the process would not end. */
const serveDemo = async (settings: Settings, world: World): Promise<number> => {
  const upstream = await startDemo();
  try {
    return await serve({ ...settings, target: { ...settings.target, url: upstream.url } }, true, world);
  } finally {
    await upstream.close();
  }
};

/** Resolves to the exit code, once nothing is in flight any more. */
export const run = async (options: Options, world: World): Promise<number> => {
  const settings = settingsOf(options, world);
  if (E.isLeft(settings)) {
    world.err(`${settings.left}\n`);
    return EXIT.config;
  }
  return settings.right.target.url === DEMO ? serveDemo(settings.right, world) : serve(settings.right, false, world);
};
