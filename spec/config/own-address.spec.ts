import { expect } from 'chai';
import { isOwnAddress } from '../../lib/config/own-address.js';

const MACHINE = ['mybox', '192.168.1.5', 'fe80::1', '10.0.0.7'];
const isOwn = (url: string, host: string, port = 8484): boolean => isOwnAddress(url, { host, port }, MACHINE);

const LOOPBACK = [
  ...['localhost', 'LOCALHOST', 'localhost.', 'api.localhost', '127.0.0.1', '127.1', '2130706433', '0x7f.1', '0'],
  ...['[::1]', '[0:0:0:0:0:0:0:1]', '0.0.0.0', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '127.0.0.5'],
];

describe("the proxy's own address", () => {
  for (const host of ['127.0.0.1', 'localhost', '::1', '0.0.0.0', '::', '127.0.0.2', '::ffff:127.0.0.1']) {
    it(`is known by every name of this machine for itself, where it listens on ${host}`, () => {
      for (const name of LOOPBACK) {
        expect(isOwn(`http://${name}:8484`, host), name).to.equal(true);
        expect(isOwn(`https://${name}:8484/v1`, host), name).to.equal(true);
        expect(isOwn(`http://${name}:8485`, host), name).to.equal(false);
      }
    });
  }

  it('is also the name and each address of the machine, where all of them are listened on', () => {
    for (const name of ['mybox', 'MyBox', '192.168.1.5', '[::ffff:192.168.1.5]', '[fe80::1]']) {
      for (const host of ['0.0.0.0', '::']) expect(isOwn(`http://${name}:8484`, host), name).to.equal(true);
      expect(isOwn(`http://${name}:8484`, '127.0.0.1'), name).to.equal(false);
    }
    expect(isOwn('http://192.168.1.6:8484', '0.0.0.0')).to.equal(false);
  });

  it('is the one that it listens on, where that is another', () => {
    expect(isOwn('http://192.168.1.5:8484', '192.168.1.5')).to.equal(true);
    expect(isOwn('http://[fe80::1]:8484', 'fe80::1%eth0')).to.equal(true);
    expect(isOwn('http://proxy.lan:8484', 'proxy.lan')).to.equal(true);
    for (const name of LOOPBACK) expect(isOwn(`http://${name}:8484`, '192.168.1.5'), name).to.equal(false);
  });

  it('has the port that a URL leaves out', () => {
    expect(isOwn('http://localhost/v1', '127.0.0.1', 80)).to.equal(true);
    expect(isOwn('https://localhost', '127.0.0.1', 443)).to.equal(true);
    expect(isOwn('https://localhost', '127.0.0.1', 80)).to.equal(false);
  });

  it('is no upstream elsewhere, no demo, and none where the system gives the port', () => {
    expect(isOwn('https://api.example.com:8484/v1', '0.0.0.0')).to.equal(false);
    expect(isOwn('http://localhost.example.com:8484', '127.0.0.1')).to.equal(false);
    expect(isOwn('demo', '127.0.0.1')).to.equal(false);
    expect(isOwn('http://localhost', '127.0.0.1', 0)).to.equal(false);
    expect(isOwn('http://localhost:8484', 'not a host')).to.equal(false);
  });
});
