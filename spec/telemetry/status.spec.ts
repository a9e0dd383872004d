import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../../lib/core/attempt.js';
import type { Event, RequestSummary } from '../../lib/core/event.js';
import { type Reason, reasons } from '../../lib/core/reason.js';
import { type StatusView, statusView } from '../../lib/telemetry/status.js';
import { started as proxyStarted } from '../support/events.js';

type Finished = Extract<Event, { _tag: 'RequestFinished' }>;

const attempt = (reason: O.Option<Reason>): Attempt => ({
  number: 1,
  target: 'target',
  reason,
  status: O.none,
  hintMs: O.none,
  durationMs: 1,
  waitMs: O.none,
});

const summary: RequestSummary = {
  id: 'id-1',
  method: 'POST',
  path: '/private/path',
  model: O.some('private-model'),
  attempts: [],
  reason: O.none,
};

const finished = (reason: O.Option<Reason>, changes: Partial<RequestSummary> = {}, status = 200): Finished => ({
  _tag: 'RequestFinished',
  summary: { ...summary, reason, ...changes },
  client: O.none,
  status,
  durationMs: 5,
});

const started: Event = { _tag: 'RequestStarted', id: 'id-1' };

const fresh = (): StatusView => statusView({ version: '1.2.3', now: () => 0, wallClock: () => 0 });

const reportAfter = (...events: readonly Event[]) => {
  const view = fresh();
  for (const event of events) view.emit(event);
  return view.report();
};

/** Their requests tell nothing of how well the proxy does its work. */
const NOT_COUNTED: readonly Reason[] = [
  'invalid_request',
  'authentication_failed',
  'host_not_allowed',
  'client_gone',
  'refused_by_stage',
];

const anyReason = fc.constantFrom(...(Object.keys(reasons) as Reason[]));

describe('telemetry/status', () => {
  it('is all zeros at the start, with no rate of success yet', () => {
    expect(reportAfter()).to.deep.equal({
      version: '1.2.3',
      uptime_s: 0,
      upstream: null,
      config_file: null,
      config_generation: 1,
      config_problems: null,
      in_flight: 0,
      requests: 0,
      outcomes: {},
      attempts: {},
      success_rate: null,
      last_failure: null,
    });
  });

  it('counts whole seconds since it was made', () => {
    let nowMs = 5000;
    const view = statusView({ version: '1', now: () => nowMs, wallClock: () => 0 });
    nowMs += 61_999;
    expect(view.report().uptime_s).to.equal(61);
  });

  it('counts requests as they start, and those in flight until they finish', () => {
    const { requests, in_flight } = reportAfter(started, started, started, finished(O.none));
    expect({ requests, in_flight }).to.deep.equal({ requests: 3, in_flight: 2 });
  });

  it('counts how requests and their attempts ended', () => {
    const attempts = [attempt(O.some('overloaded')), attempt(O.some('overloaded')), attempt(O.none)];
    const status = reportAfter(
      finished(O.none, { attempts }),
      finished(O.none, { attempts: [attempt(O.none)] }),
      finished(O.some('timed_out'), { attempts: [attempt(O.some('timed_out'))] }),
    );
    expect(status.outcomes).to.deep.equal({ ok: 2, timed_out: 1 });
    expect(status.attempts).to.deep.equal({ overloaded: 2, ok: 2, timed_out: 1 });
  });

  it('holds the last failure, its time and the sentence for the client; a success after it does not wipe it out', () => {
    let wallMs = Date.UTC(2026, 0, 2, 3, 4, 5);
    const view = statusView({ version: '1', now: () => 0, wallClock: () => wallMs });
    view.emit(finished(O.some('unreachable'), {}, 502));
    wallMs += 1000;
    view.emit(finished(O.some('rate_limited'), {}, 429));
    wallMs += 1000;
    view.emit(finished(O.none));
    view.emit(finished(O.some('client_gone')));
    view.emit(finished(O.some('invalid_request'), {}, 400));
    expect(view.report().last_failure).to.deep.equal({
      at: '2026-01-02T03:04:06.000Z',
      reason: 'rate_limited',
      status: 429,
    });
  });

  for (const reason of NOT_COUNTED) {
    it(`leaves ${reason} out of the rate of success`, () => {
      expect(reportAfter(finished(O.some(reason))).success_rate).to.equal(null);
      expect(reportAfter(finished(O.none), finished(O.some(reason))).success_rate).to.equal(1);
    });
  }

  it('reports which config is in force, and why the last new one is not', () => {
    const inForce = { upstream: 'b.example', config: O.some('/etc/b/c.yaml') };
    const taken = { _tag: 'Reloaded', generation: 2, stages: [], restart: [], ...inForce } as const;
    const refused = { _tag: 'ReloadFailed', problems: ['c.yaml:1:1: a: unknown key'] } as const;
    const pathed = { ...refused, problems: ['/home/me/c.yaml:1:1: a: unknown key'] };
    expect(reportAfter(pathed)).to.deep.include({ config_problems: refused.problems });
    expect(reportAfter(taken)).to.include({ config_generation: 2, config_problems: null });
    expect(reportAfter(taken, refused)).to.deep.include({ config_generation: 2, config_problems: refused.problems });
    expect(reportAfter(refused, taken)).to.include({ config_generation: 2, config_problems: null });
  });

  it('names the upstream and the config by its file name alone, as they are since the start or the last reload', () => {
    const reloaded = { _tag: 'Reloaded', generation: 2, stages: [], restart: [] } as const;
    const none = { upstream: 'b.example:81', config: O.none };
    expect(reportAfter(proxyStarted)).to.include({ upstream: 'api.example.com', config_file: 'proxy.config.yaml' });
    expect(reportAfter(proxyStarted, { ...reloaded, ...none })).to.include({
      upstream: 'b.example:81',
      config_file: null,
    });
  });

  it('names files in problems without their folders', () => {
    const problems = {
      '/etc/a b/c.yaml:1:1: a: unknown key': 'c.yaml:1:1: a: unknown key',
      '/home/me/c.yaml does not exist': 'c.yaml does not exist',
      'c.yaml:2:3: stages[0].use: the file /home/me/s/mine.js cannot be read (ENOENT)':
        'c.yaml:2:3: stages[0].use: the file mine.js cannot be read (ENOENT)',
      'C:\\Users\\me\\c.yaml does not exist': 'c.yaml does not exist',
      'c.yaml:1:1: url: expected a URL such as https://api.example.com/v1, or the word demo':
        'c.yaml:1:1: url: expected a URL such as https://api.example.com/v1, or the word demo',
    };
    for (const [problem, shown] of Object.entries(problems)) {
      expect(reportAfter({ _tag: 'ReloadFailed', problems: [problem] }).config_problems).to.deep.equal([shown]);
    }
  });

  it('is the share of good replies among all others', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.array(anyReason), (good, bad) => {
        const events = [...Array.from({ length: good }, () => O.none), ...bad.map(O.some)];
        const failed = bad.filter((reason) => !NOT_COUNTED.includes(reason)).length;
        const rate = reportAfter(...events.map((reason) => finished(reason))).success_rate;
        expect(rate).to.equal(good + failed === 0 ? null : good / (good + failed));
      }),
    );
  });

  it('is not touched by events that are no request', () => {
    const decision = {
      id: 'id-1',
      method: 'GET',
      path: '/',
      model: O.none,
      target: 'target',
      reason: 'overloaded',
      status: O.none,
    } as const;
    const others: readonly Event[] = [
      { _tag: 'RetryDecided', ...decision, number: 2, of: 4, waitMs: 1, isAsked: false },
      { _tag: 'Uncaught', cause: { says: 'Error', at: '', stack: [] } },
      { _tag: 'Warned', id: 'id-1', warning: 'reply_too_long_to_judge' },
      { _tag: 'Stopping', inFlight: 1 },
      { _tag: 'Stopped' },
    ];
    expect(reportAfter(...others)).to.deep.equal(reportAfter());
  });

  it('holds no path and no model', () => {
    expect(JSON.stringify(reportAfter(started, finished(O.some('overloaded'), {}, 503)))).not.to.include('private');
  });

  it('is a report of its moment, which later events do not change', () => {
    const view = fresh();
    const before = view.report();
    view.emit(finished(O.some('overloaded'), { attempts: [attempt(O.some('overloaded'))] }));
    expect(before).to.deep.equal(reportAfter());
  });
});
