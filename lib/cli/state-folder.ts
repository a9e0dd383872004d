/** The folder for files that should outlive the process, by the custom of each system. */
import { posix, win32 } from 'node:path';
import * as O from 'fp-ts/lib/Option.js';
import type { ProcessIo } from './process-io.js';

const NAME = 'seaking-proxy';

/** None: nothing says where the user's home is. */
export const stateFolder = (env: ProcessIo['env'], platform: NodeJS.Platform): O.Option<string> => {
  const { STATE_DIRECTORY, XDG_STATE_HOME, LOCALAPPDATA, USERPROFILE, HOME } = env;
  // Set by systemd, which separates several by colons.
  if (STATE_DIRECTORY)
    return O.some(platform === 'win32' ? STATE_DIRECTORY : (STATE_DIRECTORY.split(':')[0] as string));
  if (platform === 'win32') {
    const local = LOCALAPPDATA || (USERPROFILE && win32.join(USERPROFILE, 'AppData', 'Local'));
    return local ? O.some(win32.join(local, NAME)) : O.none;
  }
  // Their specification demands that a relative one is ignored.
  if (platform !== 'darwin' && XDG_STATE_HOME && posix.isAbsolute(XDG_STATE_HOME)) {
    return O.some(posix.join(XDG_STATE_HOME, NAME));
  }
  const custom = platform === 'darwin' ? 'Library/Application Support' : '.local/state';
  return HOME ? O.some(posix.join(HOME, custom, NAME)) : O.none;
};
