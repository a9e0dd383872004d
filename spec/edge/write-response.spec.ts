/** A reply whose status allows no body, though there is one on its way. */
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { held } from '../../lib/core/exchange.js';
import type { Delivered } from '../../lib/core/source.js';
import { writeResponse } from '../../lib/edge/write-response.js';
import { listen } from '../support/listen.js';
import { ask, replyTo } from '../support/messages.js';
import { eventually, pause, stand } from '../support/proxy.js';
import { reply } from '../support/raw.js';
import { sourceOfPieces } from '../support/sources.js';

describe('a reply without a body', () => {
  const { proxy, rawUpstream, client } = stand();
  let server: Server | undefined;
  afterEach(() => {
    server?.close();
  });

  for (const status of [204, 304]) {
    it(`goes out at once where a stage made it of a stream that hangs, which is given up: ${status}`, async () => {
      const source = sourceOfPieces('data: 1\n\n', 60_000, 'data: 2\n\n');
      const body = { ...held(source, O.none), prefix: Buffer.from('data: 0\n\n') };
      let delivered: Delivered | undefined;
      server = createServer(async (_request, response) => {
        delivered = await writeResponse(
          response,
          { status, headers: {}, body },
          { signal: new AbortController().signal, writeTimeoutMs: 60_000 },
        );
      });
      const { port } = await listen(server);
      expect(await replyTo(port, ask('GET', '/'))).to.include({ status, body: '' });
      await eventually(() => delivered !== undefined);
      expect(delivered).to.deep.equal({ cut: O.none, attempts: [] });
      expect(source.abandoned()).to.deep.equal({ _tag: 'ClientGone' });
    });
  }
  it('that an upstream sent leaves its connection to the next request', async () => {
    const { url, peers } = await rawUpstream(async (peer) => {
      for (const path of ['/v1/files/1', '/v1/files/2']) {
        await peer.until(`${path} HTTP/1.1`);
        peer.send('HTTP/1.1 204 No Content\r\n\r\n');
      }
      await peer.until('/v1/files/3 HTTP/1.1');
      peer.send(reply('three'));
    });
    const { port } = await proxy(url);
    const reader = await client(port);
    for (const number of [1, 2]) {
      reader.send(ask('GET', `/v1/files/${number}`, { close: false }));
      await eventually(() => reader.text().split('204 No Content').length === number + 1);
      // A connection is watched for a moment before it serves again.
      await pause(100);
    }
    expect(await replyTo(port, ask('GET', '/v1/files/3'))).to.include({ body: 'three' });
    expect(peers).to.have.length(1);
  });
});
