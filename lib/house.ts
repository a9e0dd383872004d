/** The one place where the pipeline is given its effects, and becomes a proxy that can be started and stopped. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Loaded } from './config/load.js';
import { mostNeeded } from './core/custom-stage.js';
import type { RetryDecision, Tell } from './core/event.js';
import { preflight } from './core/origin.js';
import type { Settings } from './core/settings.js';
import type { Warn } from './core/warning.js';
import { clientAddress } from './edge/client-address.js';
import { gate } from './edge/gate.js';
import { hold, skim } from './edge/hold.js';
import { keepAlive } from './edge/keep-alive.js';
import { loopMark } from './edge/loop-mark.js';
import { lastLists, ownLists } from './edge/models-store.js';
import { now, roll, sleep, wallClock } from './edge/ports.js';
import { edge, type Served, type Server } from './edge/server.js';
import { discard } from './edge/tickets.js';
import { httpProxyTransport, type Transport } from './edge/transport.js';
import { pipeline } from './pipeline.js';
import { ownRoutes } from './watch/own-routes.js';
import { statusView } from './watch/status.js';

/** From settings, effects and stages to what answers requests. */
export type Build = typeof pipeline;

export interface HouseDeps {
  readonly version: string;
  /** Where the list of models is kept; none: nowhere. */
  readonly folder: O.Option<string>;
  /** Is told every event, besides the status. */
  readonly tell: Tell;
  /** Something around the pipeline, for the testing kit. */
  readonly build?: Build;
}

export interface House extends Server {
  /** Puts another config in force, for the requests to come. The address that is listened on stays. */
  readonly swap: (loaded: Loaded) => void;
  /** The house's own: the status sees every event that is told here. */
  readonly tell: Tell;
}

/** Until when a stream is held back: as the user wants it, or longer where a stage must see more. */
const commitFor = ({ streaming }: Settings, needs: ReturnType<typeof mostNeeded>) =>
  needs === 'whole'
    ? ({ commit: 'complete', needChars: 0 } as const)
    : { commit: streaming.commit, needChars: needs.chars };

/** A proxy on these settings, which does not listen yet. Closing it closes its connections to the upstream too. */
export const house = (loaded: Loaded, { version, folder, tell, build = pipeline }: HouseDeps): House => {
  const status = statusView({ version, now, wallClock });
  const tellAll: Tell = (event) => {
    status.tell(event);
    tell(event);
  };
  const warn: Warn = (id, warning) => tellAll({ _tag: 'Warned', id, warning });
  const tellRetry = (decision: RetryDecision) => tellAll({ _tag: 'RetryDecided', ...decision });
  const transport = httpProxyTransport(warn);
  let isReady = true;
  const own = ownRoutes({ report: status.report, isReady: () => isReady });
  const store = { own: ownLists(), last: lastLists(folder) };
  const mark = loopMark();
  const send: Transport['send'] = (attempt) => transport.send(mark.on(attempt));
  const clocks = { now, wallClock, roll, sleep };
  const ports = { ...clocks, send, hold, skim, store, warn, tellRetry, discard, tell: tellAll };
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
        gate: gate({ ...commitFor(settings, mostNeeded(stages)), onBreak: settings.streaming.onBreak, warn }),
        keepAlive: settings.streaming.keepalive === 'comments' ? keepAlive() : (inner) => inner,
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
  const proxy = edge(loaded.settings.server, () => current, tellAll);
  return {
    ...proxy,
    tell: tellAll,
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
