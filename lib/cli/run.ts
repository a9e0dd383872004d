/** `seaking-proxy run`: puts the proxy together, serves until told to stop, and lets what is in flight finish. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { DEMO } from '../config/http-url.js';
import type { Loaded } from '../config/load.js';
import type { StageLogged, Tell } from '../core/event.js';
import { startDemo } from '../demo/server.js';
import { later, wallClock } from '../edge/ports.js';
import { house } from '../house.js';
import { log, readsPretty } from '../watch/log.js';
import { cannotListen, greeting, inForce, started } from './greeting.js';
import type { Options } from './options.js';
import { type Reloads, reloader, reloads } from './reload.js';
import { settingsOf } from './settings.js';
import { stateFolder } from './state-folder.js';
import { withoutTarget } from './uncaught.js';
import { EXIT, version, type World } from './world.js';

/** How long requests in flight may take to finish once the proxy was told to stop. */
const DRAIN_MS = 25_000;

/** How long the reader of the log may take for what it has not read by then. */
const LAST_LINES_MS = 2000;

/** A demo upstream, once a config asks for it. */
const demoOnDemand = () => {
  let demo: ReturnType<typeof startDemo> | undefined;
  return {
    /** With the address of the demo, where the target is that. */
    aimed: async (loaded: Loaded): Promise<Loaded> => {
      const { settings } = loaded;
      if (settings.target.url !== DEMO) return loaded;
      demo ??= startDemo().catch((error) => {
        // The next reload may have more luck.
        demo = undefined;
        throw error;
      });
      return {
        ...loaded,
        isDemo: true,
        settings: { ...settings, target: { ...settings.target, url: (await demo).url } },
      };
    },
    /** While it listened, the process would not end. */
    close: async (): Promise<void> => (await demo)?.close(),
  };
};

interface Serving {
  readonly loaded: Loaded;
  readonly asked: Reloads;
  readonly reload: () => Promise<E.Either<string, Loaded>>;
  readonly stageEvents: LateTell;
}

/** Takes what stages log while they are loaded, and tells it once there is a log. */
interface LateTell {
  readonly tell: (line: StageLogged) => void;
  readonly begin: (log: Tell) => void;
}

const lateTell = (): LateTell => {
  const early: StageLogged[] = [];
  let log = (line: StageLogged): void => void early.push(line);
  return {
    tell: (line) => log(line),
    begin: (tell) => {
      log = tell;
      for (const line of early) tell(line);
    },
  };
};

const serve = async ({ loaded, asked, reload, stageEvents }: Serving, world: World): Promise<number> => {
  const { settings } = loaded;
  // The demo is another target at each start: its lists are not worth a file.
  const folder = loaded.isDemo === true ? O.none : stateFolder(world.env, process.platform);
  const { level } = settings.logging;
  const isPretty = readsPretty(settings.logging, world.isTerminal);
  const stream = log({ level, isPretty, wallClock, stream: world.outStream() });
  const proxy = house(loaded, { version: version(), folder, tell: stream });
  stageEvents.begin(proxy.tell);
  const crashed = new Promise<true>((crash) => {
    world.onUncaught((cause) => {
      proxy.tell({ _tag: 'Uncaught', cause: withoutTarget(settings.target, cause) });
      crash(true);
    });
  });
  const listening = await proxy.listen();
  if (E.isLeft(listening)) {
    world.err(cannotListen(settings.server, listening.left));
    return EXIT.unavailable;
  }
  const start = { port: listening.right.port, pid: world.pid };
  // Where a machine reads the log, nothing else may stand there: its first line has the same facts.
  if (isPretty) world.out(greeting(loaded, start));
  proxy.tell(started(loaded, start, version()));
  asked.begin(reloader(loaded, { load: reload, swap: proxy.swap, tell: proxy.tell, inForce }));

  // What holds after an error that nobody waited for is not known: a service manager starts the proxy again.
  const code = (await Promise.race([crashed, world.stopped()])) === true ? EXIT.crash : EXIT.ok;
  // What is told below has to be true by then: a signal that nothing waits for would end the process with its own code.
  void world.stopped().then(() => world.exit(code));
  const inFlight = proxy.inFlight();
  const closed = proxy.close(DRAIN_MS);
  proxy.tell({ _tag: 'Stopping', inFlight });
  await closed;
  proxy.tell({ _tag: 'Stopped' });
  // Lines that are still to be written keep the process alive, and this ends it where nobody reads them.
  later(LAST_LINES_MS, () => world.exit(code));
  return code;
};

/** Resolves to the exit code, once nothing is in flight any more. */
export const run = async (options: Options, world: World): Promise<number> => {
  const asked = reloads();
  // At once: unheard, a SIGHUP ends the process.
  world.onReload(asked.ask);
  const stageEvents = lateTell();
  const first = await settingsOf(options, world, stageEvents.tell);
  if (E.isLeft(first)) {
    world.err(`${first.left}\n`);
    return EXIT.config;
  }
  const demo = demoOnDemand();
  const reload = async () => {
    const loaded = await settingsOf(options, world, stageEvents.tell);
    return E.isLeft(loaded) ? loaded : E.right(await demo.aimed(loaded.right));
  };
  try {
    return await serve({ loaded: await demo.aimed(first.right), asked, reload, stageEvents }, world);
  } finally {
    await demo.close();
  }
};
