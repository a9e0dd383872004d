import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as sinon from 'sinon';
import {
  clientError,
  type Failure,
  lastOf,
  match,
  type Phase,
  reasonOf,
  reasonOnceOpened,
  type Simple,
  stageFault,
} from '../../lib/core/failure.js';
import type { Reason } from '../../lib/core/reason.js';
import { failures } from '../support/failures.js';

describe('core/failure', () => {
  describe('match', () => {
    for (const failure of Object.values(failures)) {
      it(`hands ${failure._tag} to its own case and to no other`, () => {
        const cases = {
          Unreachable: sinon.stub().returns('unreachable'),
          TlsFailed: sinon.stub().returns('tls'),
          TimedOut: sinon.stub().returns('timed out'),
          Broken: sinon.stub().returns('broken'),
          Malformed: sinon.stub().returns('malformed'),
          BadReply: sinon.stub().returns('bad reply'),
          BrokenOff: sinon.stub().returns('broken off'),
          ClientGone: sinon.stub().returns('gone'),
          ShuttingDown: sinon.stub().returns('shutting down'),
          ClientError: sinon.stub().returns('client error'),
          HostNotAllowed: sinon.stub().returns('host'),
          Looped: sinon.stub().returns('looped'),
          OriginNotAllowed: sinon.stub().returns('origin'),
          Shedding: sinon.stub().returns('shedding'),
          StageFault: sinon.stub().returns('stage fault'),
          Unwanted: sinon.stub().returns('unwanted'),
          Refused: sinon.stub().returns('refused'),
          GaveUp: sinon.stub().returns('gave up'),
        };
        const answer = match<string>(cases)(failure);
        for (const [tag, stub] of Object.entries(cases)) {
          expect(stub.callCount, tag).to.equal(tag === failure._tag ? 1 : 0);
        }
        const own = cases[failure._tag];
        expect(own.firstCall.args[0]).to.equal(failure);
        expect(answer).to.equal(own());
      });
    }

    it('does not compile with a case missing, since the failure of that case would have nowhere to go', () => {
      // @ts-expect-error: `GaveUp` is not handled.
      const incomplete = match<string>({
        Unreachable: () => '',
        TlsFailed: () => '',
        TimedOut: () => '',
        Broken: () => '',
        Malformed: () => '',
        BadReply: () => '',
        BrokenOff: () => '',
        ClientGone: () => '',
        ShuttingDown: () => '',
        ClientError: () => '',
        HostNotAllowed: () => '',
        Looped: () => '',
        OriginNotAllowed: () => '',
        Shedding: () => '',
        StageFault: () => '',
        Unwanted: () => '',
        Refused: () => '',
      });
      expect(() => incomplete(failures.GaveUp)).to.throw(TypeError);
    });

    it('does not compile a case that reads a field of another kind of failure', () => {
      const read = match<unknown>({
        // @ts-expect-error: `phase` belongs to TimedOut.
        Unreachable: (failure) => failure.phase,
        TlsFailed: () => '',
        TimedOut: (failure) => failure.phase,
        Broken: () => '',
        Malformed: () => '',
        BadReply: () => '',
        BrokenOff: () => '',
        ClientGone: () => '',
        ShuttingDown: () => '',
        ClientError: () => '',
        HostNotAllowed: () => '',
        Looped: () => '',
        OriginNotAllowed: () => '',
        Shedding: () => '',
        StageFault: () => '',
        Unwanted: () => '',
        Refused: () => '',
        GaveUp: () => '',
      });
      expect(read(failures.Unreachable)).to.equal(undefined);
    });
  });

  describe('reasonOf', () => {
    const expected: Readonly<Record<Simple['_tag'], Reason>> = {
      Unreachable: 'unreachable',
      TlsFailed: 'tls_failed',
      TimedOut: 'timed_out',
      Broken: 'connection_broken',
      Malformed: 'malformed_reply',
      BadReply: 'overloaded',
      BrokenOff: 'broken_off',
      ClientGone: 'client_gone',
      ShuttingDown: 'shutting_down',
      ClientError: 'invalid_request',
      HostNotAllowed: 'host_not_allowed',
      Looped: 'loop_detected',
      OriginNotAllowed: 'host_not_allowed',
      Shedding: 'shedding',
      StageFault: 'stage_fault',
      Unwanted: 'unwanted_reply',
      Refused: 'refused_by_stage',
    };
    for (const failure of Object.values(failures)) {
      if (failure._tag === 'GaveUp') continue;
      const reason = expected[failure._tag];
      it(`calls ${failure._tag} ${reason}`, () => {
        expect(reasonOf(failure)).to.equal(reason);
      });
      it(`calls giving up after ${failure._tag} ${reason} too: the summary of the last failure`, () => {
        expect(reasonOf({ ...failures.GaveUp, last: failure })).to.equal(reason);
      });
    }

    it('takes the reason of a bad reply from its judge', () => {
      expect(reasonOf({ ...failures.BadReply, reason: 'empty_reply' })).to.equal('empty_reply');
    });

    it('calls a time-out while connecting unreachable, since nothing was sent, and any other timed_out', () => {
      const byPhase: Readonly<Record<Phase, Reason>> = {
        connect: 'unreachable',
        headers: 'timed_out',
        headers_whole: 'timed_out',
        first_content: 'timed_out',
        idle: 'timed_out',
        total: 'timed_out',
      };
      for (const [phase, reason] of Object.entries(byPhase) as [Phase, Reason][]) {
        expect(reasonOf({ ...failures.TimedOut, phase }), phase).to.equal(reason);
      }
    });
  });

  describe('reasonOnceOpened', () => {
    it('is that the upstream broke off, whatever it did; what tries, stages and the proxy did keeps its reason', () => {
      const own: readonly Simple['_tag'][] = [
        'ClientGone',
        'ShuttingDown',
        'ClientError',
        'HostNotAllowed',
        'Looped',
        'OriginNotAllowed',
        'Shedding',
      ];
      const stages: readonly Simple['_tag'][] = ['StageFault', 'Unwanted', 'Refused'];
      for (const failure of Object.values<Failure>(failures)) {
        const isTold = failure._tag === 'GaveUp' || [...own, ...stages].includes(failure._tag);
        const told = failure._tag === 'ClientError' ? 'broken_off' : reasonOf(failure);
        expect(reasonOnceOpened(failure), failure._tag).to.equal(isTold ? told : 'broken_off');
      }
    });
  });

  it('is taken apart from its tries', () => {
    for (const failure of Object.values<Failure>(failures)) {
      expect(lastOf(failure)).to.equal(failure._tag === 'GaveUp' ? failure.last : failure);
    }
  });

  it('reports a mistake of the client by its status and one sentence', () => {
    const expected: Failure = { _tag: 'ClientError', status: 404, says: 'There is no such route.' };
    expect(clientError(404, 'There is no such route.')).to.deep.equal(expected);
  });

  it('names the stage that is at fault', () => {
    expect(stageFault('cap-tokens')).to.deep.equal(E.left({ _tag: 'StageFault', stage: 'cap-tokens', why: '' }));
    const details = { place: 'try', cause: { at: 'a.js:1', says: 'Error', stack: [] } };
    expect(stageFault('cap-tokens', 'threw', details)).to.deep.equal(
      E.left({ _tag: 'StageFault', stage: 'cap-tokens', why: 'threw', ...details }),
    );
    expect(stageFault('cap-tokens', 'never answered')).to.have.nested.property('left.why', 'never answered');
  });
});
