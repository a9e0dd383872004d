/** What start-up warns of: that others can spend the key of the config. */
import { isLoopback } from '../core/authority.js';
import { holdsCredential } from '../core/credentials.js';
import type { Settings } from '../core/settings.js';

const WARNING =
  'WARNING: other machines can reach this address, and whoever reaches it uses the API key of the config. ' +
  'If that is not meant, listen on 127.0.0.1 (server.host), or close the port in the firewall.';

/** One line, where the config has a key and the address is not of this machine alone. */
export const exposure = ({ server, target }: Pick<Settings, 'server' | 'target'>): readonly string[] => {
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  return holdsCredential(target) && !isLoopback(host) ? [WARNING] : [];
};
