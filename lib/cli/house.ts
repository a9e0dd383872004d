/** The one place where the rooms are given their effects, and become a proxy that can be started and stopped. */
import type * as O from 'fp-ts/lib/Option.js';
import type { Tell } from '../core/event.js';
import type { Settings } from '../core/settings.js';
import type { Warn } from '../core/warning.js';
import { gate } from '../edge/gate.js';
import { hold, skim } from '../edge/hold.js';
import { keepAlive } from '../edge/keep-alive.js';
import { lastLists, ownLists } from '../edge/models-store.js';
import { now, roll, sleep, wallClock } from '../edge/ports.js';
import { edge, type Server } from '../edge/server.js';
import { httpProxyTransport } from '../edge/transport.js';
import { pipeline } from '../pipeline.js';
import { ownRoutes } from '../watch/own-routes.js';
import { statusView } from '../watch/status.js';

export interface HouseDeps {
  readonly version: string;
  /** Where the list of models is kept; none: nowhere. */
  readonly folder: O.Option<string>;
  /** Is told every event, besides the status. */
  readonly tell: Tell;
}

/** A proxy on these settings, which does not listen yet. Closing it closes its connections to the upstream too. */
export const house = (settings: Settings, { version, folder, tell }: HouseDeps): Server => {
  const { streaming } = settings;
  const transport = httpProxyTransport();
  const status = statusView({ version, now, wallClock });
  const tellAll: Tell = (event) => {
    status.tell(event);
    tell(event);
  };
  const warn: Warn = (id, warning) => tellAll({ _tag: 'Warned', id, warning });
  const rooms = pipeline(settings, {
    send: transport.send,
    hold,
    skim,
    gate: gate({ commit: streaming.commit, warn }),
    keepAlive: streaming.keepalive === 'comments' ? keepAlive() : (inner) => inner,
    store: { own: ownLists(), last: lastLists(folder) },
    warn,
    now,
    wallClock,
    roll,
    sleep,
  });
  let isReady = true;
  const own = ownRoutes({ report: status.report, isReady: () => isReady });
  const proxy = edge(settings.server, { ...rooms, own }, tellAll);
  return {
    ...proxy,
    close: async (limitMs) => {
      isReady = false;
      await proxy.close(limitMs);
      transport.close();
    },
  };
};
