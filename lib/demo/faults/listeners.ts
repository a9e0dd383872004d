/** Failures before a request can be sent: shown by an address, and not by a model name. */
import type { Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { UpstreamReason } from '../../core/reason.js';
import { type Authority, type Identity, selfSigned } from '../certificate.js';
import { origin } from '../wire.js';

/** The means that a running demo lends, so that its listeners end with it. */
export interface Ground {
  readonly host: string;
  /** The URL of the plain listener. */
  readonly port: number;
  readonly authority: Authority;
  /** Listens at any free port; gives the port. */
  readonly listen: (server: Server) => Promise<number>;
  readonly serve: (socket: Socket) => void;
}

export interface ListenerFault<R extends UpstreamReason = UpstreamReason> {
  readonly kind: 'listener';
  /** One sentence. */
  readonly says: string;
  /** The failure that it is to be taken for. */
  readonly reason: R;
  /** Gives a URL that shows it for as long as the demo runs. */
  readonly open: (ground: Ground) => Promise<string>;
}

const listener = <const R extends UpstreamReason>(
  reason: R,
  says: string,
  open: (ground: Ground) => Promise<string>,
): ListenerFault<R> => ({ kind: 'listener', reason, says, open });

const DAY_MS = 86_400_000;
const day = (fromToday: number): Date => new Date(Date.now() + fromToday * DAY_MS);
/** Good for a while from now. */
const valid = () => ({ from: day(-2), until: day(365) });

/** Serves the demo over TLS, as whoever it is given out for. Named `localhost`, since not all clients take IP addresses. */
const secure = (says: string, identity: (authority: Authority) => Identity) =>
  listener('tls_failed', says, async ({ authority, listen, serve }) => {
    const server = createTlsServer({ ...identity(authority) }, serve);
    return origin('https', 'localhost', await listen(server));
  });

export const listeners = {
  // A port that was free a moment ago may be another program's the next.
  'port-closed': listener('unreachable', 'A port at which nobody listens.', async ({ host }) =>
    origin('http', host, 1),
  ),
  // No packet leaves: there is no connection to everybody.
  'no-route': listener('unreachable', 'An address to which the system knows no way.', async () =>
    origin('http', '255.255.255.255', 80),
  ),
  'host-unknown': listener('unreachable', 'A host name that does not exist.', async () => 'http://demo.invalid'),
  'tls-plain': listener('tls_failed', 'A port that speaks no TLS, under https.', async ({ host, port }) =>
    origin('https', host, port),
  ),
  'tls-self-signed': secure('A certificate that nobody else vouches for.', () =>
    selfSigned({ name: 'localhost', ...valid() }),
  ),
  'tls-expired': secure('A certificate that has run out.', ({ issue }) =>
    issue({ name: 'localhost', from: day(-30), until: day(-1) }),
  ),
  'tls-wrong-name': secure('A certificate for another host.', ({ issue }) =>
    issue({ name: 'elsewhere.example', ...valid() }),
  ),
};
