/** How much is taken on at once, where it is little. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { admission } from '../../lib/edge/admission.js';

const limits = { maxInFlight: 3 };

describe('admission', () => {
  const few = (connections: number, turnedAway = 2) => admission(() => ({ connections, turnedAway }));
  const connect = (places: ReturnType<typeof admission>, closeIdle = () => {}) => {
    const socket = new Socket();
    return { socket, refused: places.connect(socket, closeIdle) };
  };

  it('takes as many connections as there are files for, and turns the next away', async () => {
    const places = few(2);
    const [one, two, three] = [connect(places), connect(places), connect(places)];
    expect([one.refused, two.refused]).to.deep.equal([O.none, O.none]);
    expect(three.refused).to.deep.equal(O.some({ _tag: 'Shedding', limit: 'open files', retryAfterMs: 1000 }));
    expect([one, three].map(({ socket }) => places.isTurnedAway(socket))).to.deep.equal([false, true]);
    one.socket.destroy();
    await once(one.socket, 'close');
    expect(connect(places).refused).to.deep.equal(O.none);
  });
  it('lets go of the one that it turned away first, where those are too many', () => {
    const places = few(1, 2);
    connect(places);
    const away = [connect(places), connect(places), connect(places)];
    expect(away.map(({ socket }) => socket.destroyed)).to.deep.equal([true, false, false]);
  });
  it('has idle connections closed once it is nearly full', () => {
    const places = few(4);
    let closed = 0;
    const counts = [1, 2, 3, 4].map(() => {
      connect(places, () => {
        closed += 1;
      });
      return closed;
    });
    expect(counts).to.deep.equal([0, 0, 0, 1]);
  });
  for (const [limit, connections, maxInFlight] of [
    ['server.max_in_flight', 9, 2],
    ['open files', 2, 9],
  ] as const)
    it(`lets in as many requests as the least limit allows, and names it: ${limit}`, () => {
      const places = few(connections);
      const enter = () => places.enter('a', { maxInFlight });
      expect([enter(), enter()]).to.deep.equal([E.right('a'), E.right('a')]);
      expect(enter()).to.deep.equal(E.left({ _tag: 'Shedding', limit, retryAfterMs: 1000 }));
      places.leave();
      expect(enter()).to.deep.equal(E.right('a'));
    });
  it('counts no more files than the system says', () => {
    expect(admission().enter('a', limits)).to.deep.equal(E.right('a'));
  });
});
