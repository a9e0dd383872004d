import { expect } from 'chai';
import { withBareNames } from '../../lib/telemetry/bare-names.js';

describe('a problem of the config, for whoever asks for the status', () => {
  for (const [told, expected] of [
    ['/etc/my app/c.yaml:3:11: server.prot: unknown key', 'c.yaml:3:11: server.prot: unknown key'],
    ['conf/c.yaml:3:11: server.prot: unknown key', 'c.yaml:3:11: server.prot: unknown key'],
    ['C:\\Users\\Bob B\\c.yaml:3:11: a: unknown key', 'c.yaml:3:11: a: unknown key'],
    ['/home/bob/c.yaml cannot be read (ENOENT)', 'c.yaml cannot be read (ENOENT)'],
    [
      "/my app/c.yaml:2:3: it cannot be imported: Cannot find module '/my app/x/none.js' imported from /my app/s.js",
      "c.yaml:2:3: it cannot be imported: Cannot find module 'x/none.js' imported from s.js",
    ],
    [
      "c.yaml:2:3: a: Cannot find module '/opt/lib/none.js' imported from file:///opt/lib/s.js?content=1",
      "c.yaml:2:3: a: Cannot find module 'none.js' imported from s.js?content=1",
    ],
    ['c.yaml:2:3: a: D:\\keys\\k.txt (ENOENT)', 'c.yaml:2:3: a: k.txt (ENOENT)'],
  ] as const) {
    it(`names files without their folders: ${told}`, () => {
      expect(withBareNames(told)).to.equal(expected);
    });
  }

  for (const told of [
    'c.yaml:1:17: server.port: expected a number from 0 to 65535',
    'c.yaml:2:9: target_proxy.url: expected a URL such as https://api.example.com/v1, or the word demo',
    'c.yaml:2:9: a: expected true and/or false / null',
    '--target: expected an upstream',
  ]) {
    it(`is what it is where it names none: ${told}`, () => {
      expect(withBareNames(told)).to.equal(told);
    });
  }
});
