/** The one place where the pipeline is given its effects, and becomes a proxy that can be started and stopped. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Loaded } from './config/load.js';
import { mostNeeded } from './core/custom-stage.js';
import type { Emit } from './core/event.js';
import { preflight } from './core/origin.js';
import type { Settings } from './core/settings.js';
import type { Warn } from './core/warning.js';
import { clientAddress } from './edge/client-address.js';
import { clock, now, random, sleep, wallClock } from './edge/clock.js';
import { loopMark } from './edge/loop-mark.js';
import { lastLists, ownLists } from './edge/models-store.js';
import { edge, type Served, type Server } from './edge/server.js';
import { httpProxyTransport, type Transport } from './edge/transport.js';
import { pipeline } from './pipeline.js';
import { buffer, readPrefix } from './stream/buffer.js';
import { gate } from './stream/gate.js';
import { keepAlive } from './stream/keep-alive.js';
import { resume } from './stream/resume.js';
import { ownRoutes } from './telemetry/own-routes.js';
import { statusView } from './telemetry/status.js';

/** From settings, effects and stages to what answers requests. */
export type Build = typeof pipeline;

export interface AppDeps {
  readonly version: string;
  /** The folder for lists of models; none: they are kept in memory alone. */
  readonly folder: O.Option<string>;
  /** Takes every event; the status takes it too. */
  readonly emit: Emit;
  /** Something around the pipeline, for the testing kit. */
  readonly build?: Build;
}

export interface App extends Server {
  /** Puts another config in force, for the requests to come. The address that is listened on stays. */
  readonly swap: (loaded: Loaded) => void;
  /** Takes the events of the app itself; the status takes them too. */
  readonly emit: Emit;
}

/** Until when a stream is held back: as the user wants it, or longer where a stage must see more. */
const commitFor = ({ streaming }: Settings, needs: ReturnType<typeof mostNeeded>) =>
  needs === 'whole'
    ? ({ commit: 'complete', needChars: 0 } as const)
    : { commit: streaming.commit, needChars: needs.chars };

/** A proxy on these settings, which does not listen yet. Closing it closes its connections to the upstream too. */
export const app = (loaded: Loaded, { version, folder, emit, build = pipeline }: AppDeps): App => {
  const status = statusView({ version, now, wallClock });
  const emitAll: Emit = (event) => {
    status.emit(event);
    emit(event);
  };
  const warn: Warn = (id, warning) => emitAll({ _tag: 'Warned', id, warning });
  const transport = httpProxyTransport(warn);
  let isReady = true;
  const own = ownRoutes({ report: status.report, isReady: () => isReady });
  const store = { own: ownLists(), last: lastLists(folder) };
  const mark = loopMark();
  const send: Transport['send'] = (attempt) => transport.send(mark.on(attempt));
  const clocks = { now, wallClock, random, sleep, inTurns: clock.inTurns };
  const ports = {
    ...clocks,
    send,
    buffer: buffer(clock),
    readPrefix: readPrefix(clock),
    store,
    warn,
    resume,
    emit: emitAll,
  };
  /** Before all else: whatever a request of the proxy's own would be answered, it would be asked again. */
  const unlooped =
    (admit: Served['admit']): Served['admit'] =>
    (head) =>
      mark.isOn(head.headers) ? E.left({ _tag: 'Looped' }) : admit(head);
  const serving = ({ settings, stages }: Loaded): Served => {
    const built = build(
      settings,
      {
        ...ports,
        gate: gate({ ...commitFor(settings, mostNeeded(stages)), onBreak: settings.streaming.onBreak, warn, clock }),
        keepAlive: settings.streaming.keepalive === 'comments' ? keepAlive(clock) : (inner) => inner,
      },
      stages,
    );
    return {
      ...built,
      admit: unlooped(built.admit),
      own: (head) => O.alt(() => own(head))(preflight(head)),
      limits: settings.server,
      clientOf: clientAddress(settings.server.trustedProxies),
    };
  };
  let current = serving(loaded);
  const proxy = edge(loaded.settings.server, () => current, emitAll);
  return {
    ...proxy,
    emit: emitAll,
    swap: (next) => {
      current = serving(next);
    },
    close: async (limitMs) => {
      isReady = false;
      await proxy.close(limitMs);
      transport.close();
    },
  };
};
