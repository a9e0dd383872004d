import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { stateFolder } from '../../lib/cli/state-folder.js';

describe('cli/state-folder', () => {
  for (const [title, platform, env, expected] of [
    ['is the one that systemd gives', 'linux', { STATE_DIRECTORY: '/var/lib/s', HOME: '/h' }, '/var/lib/s'],
    ['is the first that systemd gives', 'linux', { STATE_DIRECTORY: '/var/lib/s:/var/lib/t' }, '/var/lib/s'],
    ['may be given on Windows too', 'win32', { STATE_DIRECTORY: 'D:\\s', LOCALAPPDATA: 'C:\\l' }, 'D:\\s'],
    ["is under the user's state folder", 'linux', { XDG_STATE_HOME: '/x', HOME: '/h' }, '/x/seaking-proxy'],
    ['is where that usually is', 'linux', { HOME: '/h' }, '/h/.local/state/seaking-proxy'],
    ['is there for an empty setting too', 'linux', { XDG_STATE_HOME: '', HOME: '/h' }, '/h/.local/state/seaking-proxy'],
    ['is never relative', 'linux', { XDG_STATE_HOME: 'x', HOME: '/h' }, '/h/.local/state/seaking-proxy'],
    ['is there on a phone too', 'android', { HOME: '/h' }, '/h/.local/state/seaking-proxy'],
    [
      "is in macOS's own place",
      'darwin',
      { XDG_STATE_HOME: '/x', HOME: '/h' },
      '/h/Library/Application Support/seaking-proxy',
    ],
    ["is in Windows' own place", 'win32', { LOCALAPPDATA: 'C:\\l', USERPROFILE: 'C:\\u' }, 'C:\\l\\seaking-proxy'],
    ['is where that usually is', 'win32', { USERPROFILE: 'C:\\u' }, 'C:\\u\\AppData\\Local\\seaking-proxy'],
  ] as const) {
    it(`${title} (${platform})`, () => {
      expect(stateFolder(env, platform)).to.deep.equal(O.some(expected));
    });
  }

  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    it(`is none where nothing says where the user's home is (${platform})`, () => {
      expect(stateFolder({}, platform)).to.deep.equal(O.none);
    });
  }
});
