/** The warning at start-up that others can use the key in the config. */
import { isLoopback } from '../core/authority.js';
import { holdsCredential } from '../core/credentials.js';
import type { Settings } from '../core/settings.js';

const WARNING =
  'WARNING: other machines can reach this address, and whoever reaches it can use the API key in the config. ' +
  'If you do not want that, listen on 127.0.0.1 (server.host), or close the port in the firewall.';

/** The warning, if the config has a key and other machines can reach the address. */
export const exposure = ({ server, target }: Pick<Settings, 'server' | 'target'>): readonly string[] => {
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  return holdsCredential(target) && !isLoopback(host) ? [WARNING] : [];
};
