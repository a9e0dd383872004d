/** `seaking-proxy run`: puts the proxy together, serves until it is stopped, and lets requests in flight finish. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { app } from '../app.js';
import { DEMO } from '../config/http-url.js';
import type { Loaded } from '../config/load.js';
import type { Emit, StageLogged } from '../core/event.js';
import { startDemo } from '../demo/server.js';
import { later, wallClock } from '../edge/clock.js';
import { log, readsPretty } from '../telemetry/log.js';
import { cannotListen, greeting, inForce, started } from './greeting.js';
import type { Options } from './options.js';
import { EXIT, type ProcessIo, version } from './process-io.js';
import { type Reloads, reloader, reloads } from './reload.js';
import { settingsOf } from './settings.js';
import { stateFolder } from './state-folder.js';
import { withoutTarget } from './uncaught.js';

/** The time in which requests in flight may finish after a stop. */
const DRAIN_MS = 25_000;

/** The time in which the reader of the log may read the rest. */
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
  readonly stageEvents: DeferredEmit;
}

/** Takes the lines that stages log while they are loaded, and emits them once there is a log. */
interface DeferredEmit {
  readonly emit: (line: StageLogged) => void;
  readonly begin: (log: Emit) => void;
}

const deferredEmit = (): DeferredEmit => {
  const early: StageLogged[] = [];
  let log = (line: StageLogged): void => void early.push(line);
  return {
    emit: (line) => log(line),
    begin: (emit) => {
      log = emit;
      for (const line of early) emit(line);
    },
  };
};

const serve = async ({ loaded, asked, reload, stageEvents }: Serving, processIo: ProcessIo): Promise<number> => {
  const { settings } = loaded;
  // The demo is another target at each start: its lists are not worth a file.
  const folder = loaded.isDemo === true ? O.none : stateFolder(processIo.env, process.platform);
  const { level } = settings.logging;
  const isPretty = readsPretty(settings.logging, processIo.isTerminal);
  const stream = log({ level, isPretty, wallClock, stream: processIo.outStream() });
  const proxy = app(loaded, { version: version(), folder, emit: stream });
  stageEvents.begin(proxy.emit);
  const crashed = new Promise<true>((crash) => {
    processIo.onUncaught((cause) => {
      proxy.emit({ _tag: 'Uncaught', cause: withoutTarget(settings.target, cause) });
      crash(true);
    });
  });
  const listening = await proxy.listen();
  if (E.isLeft(listening)) {
    processIo.err(cannotListen(settings.server, listening.left));
    return EXIT.unavailable;
  }
  const start = { port: listening.right.port, pid: processIo.pid };
  // Where a machine reads the log, nothing else may stand there: its first line has the same facts.
  if (isPretty) processIo.out(greeting(loaded, start));
  proxy.emit(started(loaded, start, version()));
  asked.begin(reloader(loaded, { load: reload, swap: proxy.swap, emit: proxy.emit, inForce }));

  // What holds after an error that nobody waited for is not known: a service manager starts the proxy again.
  const code = (await Promise.race([crashed, processIo.stopped()])) === true ? EXIT.crash : EXIT.ok;
  // The event below has to be true by then: a signal that nothing waits for would end the process with its own code.
  void processIo.stopped().then(() => processIo.exit(code));
  const inFlight = proxy.inFlight();
  const closed = proxy.close(DRAIN_MS);
  proxy.emit({ _tag: 'Stopping', inFlight });
  await closed;
  proxy.emit({ _tag: 'Stopped' });
  // Lines that are still to be written keep the process alive, and this ends it where nobody reads them.
  later(LAST_LINES_MS, () => processIo.exit(code));
  return code;
};

/** Resolves to the exit code, once nothing is in flight any more. */
export const run = async (options: Options, processIo: ProcessIo): Promise<number> => {
  const asked = reloads();
  // At once: unheard, a SIGHUP ends the process.
  processIo.onReload(asked.ask);
  const stageEvents = deferredEmit();
  const first = await settingsOf(options, processIo, stageEvents.emit);
  if (E.isLeft(first)) {
    processIo.err(`${first.left}\n`);
    return EXIT.config;
  }
  const demo = demoOnDemand();
  const reload = async () => {
    const loaded = await settingsOf(options, processIo, stageEvents.emit);
    return E.isLeft(loaded) ? loaded : E.right(await demo.aimed(loaded.right));
  };
  try {
    return await serve({ loaded: await demo.aimed(first.right), asked, reload, stageEvents }, processIo);
  } finally {
    await demo.close();
  }
};
