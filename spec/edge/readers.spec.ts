/** Clients that do not read what they asked for. */

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import type { Event } from '../../lib/core/event.js';
import { readTables } from '../../lib/edge/write-response.js';
import { ask, replyIn } from '../support/messages.js';
import { eventually, pause, stand } from '../support/proxy.js';
import { reply } from '../support/raw.js';

const MIB = 1024 * 1024;
const LIMIT_MS = 400;

describe('a client that reads nothing', () => {
  const { proxy, rawUpstream, client } = stand();
  const LENGTH = 16 * MIB;
  const processIo = async () => {
    const { url } = await rawUpstream(async (peer) => {
      await peer.until('\r\n\r\n');
      peer.send(reply('x'.repeat(LENGTH)));
    });
    const served = await proxy(url, { server: { writeTimeoutMs: LIMIT_MS } });
    const one = await client(served.port);
    const ended = () => served.events.filter((event: Event) => event._tag === 'RequestFinished');
    return { ...served, one, ended };
  };

  it('is given up after a while, and is told as one that has gone', async () => {
    const { one, ended, inFlight } = await processIo();
    one.send(ask('GET', '/v1/files/1/content'));
    await one.until('\r\n\r\n');
    one.socket.pause();
    await pause(LIMIT_MS / 2);
    expect(inFlight()).to.equal(1);
    await eventually(() => inFlight() === 0);
    expect(ended()).to.have.length(1);
    expect(ended()[0]).to.have.deep.nested.property('summary.reason', O.some('client_gone'));
  });
  it('is given up with all that waits behind on its connection', async () => {
    const { one, ended, inFlight } = await processIo();
    one.send(ask('GET', '/v1/files/1/content', { close: false }) + ask('GET', '/healthz'));
    await one.until('\r\n\r\n');
    one.socket.pause();
    await eventually(() => inFlight() === 0);
    expect(ended()).to.have.length(1);
  });
  it('is none that reads a little now and then', async () => {
    const { one } = await processIo();
    one.send(ask('GET', '/v1/files/1/content'));
    await one.until('\r\n\r\n');
    let came = 0;
    one.socket.pause();
    one.socket.removeAllListeners('data');
    for (let at = 0; at < 12; at++) {
      await pause(LIMIT_MS / 4);
      // A piece of the buffer of the socket at most.
      const piece: Buffer | null = one.socket.read();
      came += piece?.length ?? 0;
    }
    expect(came).to.be.within(1, LENGTH / 2);
    let rest = 0;
    one.socket.on('data', (piece: Buffer) => {
      rest += piece.length;
    });
    one.socket.resume();
    await one.closed;
    expect(came + rest).to.be.above(LENGTH - MIB);
  });
  it('is none that waits for the upstream', async () => {
    const { url } = await rawUpstream(async (peer) => {
      await peer.until('\r\n\r\n');
      await pause(2 * LIMIT_MS);
      peer.send(reply('late'));
    });
    const { port } = await proxy(url, { server: { writeTimeoutMs: LIMIT_MS } });
    const one = await client(port);
    one.send(ask('GET', '/v1/files/1/content'));
    await one.closed;
    expect(replyIn(one.text()).body).to.equal('late');
  });
});

describe('the table of connections', () => {
  it('is empty where the system has none', async () => {
    expect(await readTables([join(tmpdir(), 'no-such-table')])).to.have.property('size', 0);
  });
});
