import { createServer, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { selfSigned } from '../../lib/demo/certificate.js';
import { clock } from '../../lib/edge/clock.js';
import { httpProxyTransport } from '../../lib/edge/transport.js';
import { buffer } from '../../lib/stream/buffer.js';
import { listen } from '../support/listen.js';
import { eventually, pause } from '../support/proxy.js';
import { reply } from '../support/raw.js';
import { attempt } from '../support/values.js';
import { transportContract } from './transport.contract.js';

describe('the transport on http-proxy', () => {
  transportContract(httpProxyTransport);

  describe('over TLS', () => {
    const DAY_MS = 86_400_000;
    const identity = selfSigned({
      name: 'localhost',
      from: new Date(Date.now() - DAY_MS),
      until: new Date(Date.now() + DAY_MS),
    });

    /** What is told once the upstream has done so to a connection that lies idle. */
    const toldAfter = async (how: (socket: TLSSocket) => unknown) => {
      const warnings: string[] = [];
      const sockets: TLSSocket[] = [];
      const transport = httpProxyTransport((_, warning) => warnings.push(warning));
      const server = createServer(identity, (socket) => {
        sockets.push(socket);
        socket.on('error', () => {}).on('data', (piece) => piece.includes('{}') && socket.write(reply('asked')));
      });
      const url = `https://127.0.0.1:${(await listen(server)).port}`;
      const ask = async () => {
        const came = await transport.send(attempt(url, { target: { verifyTls: false } }))();
        if (E.isLeft(came) || came.right.body._tag !== 'Held') throw new Error('no reply');
        expect(E.isRight(await buffer(clock)(came.right.body, 1e6, () => O.none)())).to.equal(true);
      };
      try {
        await ask();
        await pause(120);
        await ask();
        expect(sockets).to.have.length(1);
        await pause(120);
        const [first] = sockets;
        how(first as TLSSocket);
        await eventually(() => (first as TLSSocket).destroyed);
        await pause(50);
        await ask();
      } finally {
        transport.close();
        for (const socket of sockets) socket.destroy();
        server.close();
      }
      return warnings;
    };

    it('keeps connections, and takes their end for no bytes', async () => {
      expect(await toldAfter((socket) => socket.end())).to.deep.equal([]);
      expect(await toldAfter((socket) => socket.destroy())).to.deep.equal([]);
    });
    it('keeps none once bytes came for which nobody asked', async () => {
      expect(await toldAfter((socket) => socket.write('x'))).to.deep.equal(['surplus_bytes']);
    });
  });
});
