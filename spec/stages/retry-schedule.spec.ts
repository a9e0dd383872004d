import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as sinon from 'sinon';
import type { Event, RetryDecision } from '../../lib/core/event.js';
import {
  type Answered,
  bytes,
  type Outcome,
  type Plan,
  type Planned,
  type Request,
  type Tried,
  type Try,
} from '../../lib/core/exchange.js';
import type { Failure, Simple } from '../../lib/core/failure.js';
import { always } from '../../lib/core/schedule.js';
import type { RetrySettings } from '../../lib/core/settings.js';
import { accept, type Judge, retry } from '../../lib/core/verdict.js';
import { judge } from '../../lib/stages/judge.js';
import { retrySchedule, scheduleOf } from '../../lib/stages/retry-schedule.js';
import { failures } from '../support/failures.js';
import { settings as allSettings, plan, planned, replied } from '../support/values.js';

const RECEIVED_AT = 5000;

const settings = (changes: Partial<RetrySettings> = {}): RetrySettings => ({
  ...allSettings('http://127.0.0.1:1').retry,
  baseMs: 1000,
  maxDelayMs: 60_000,
  deadlineMs: 120_000,
  ...changes,
});

const NO_RETRY = settings({ maxRetries: 0 });

/** What one try comes to, and how long it takes. */
interface Play {
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** What a stage has made of what is sent. */
  readonly sent?: Request;
}

const came = (status: number, hintMs: O.Option<number> = O.none): Outcome =>
  E.right(replied({ status, headers: O.isSome(hintMs) ? { 'retry-after-ms': String(hintMs.value) } : {} }));

const GOOD = came(200);
const TIMED_OUT = E.left<Failure>(failures.TimedOut);
const NO_CONNECTION = E.left<Failure>({ _tag: 'TimedOut', phase: 'connect', limitMs: 10_000, sent: false });
const NO_SUCH_NAME = E.left<Failure>({ _tag: 'Unreachable', code: 'ENOTFOUND' });

interface ProcessIo {
  readonly plays: readonly Play[];
  readonly settings?: RetrySettings;
  readonly rolls?: readonly number[];
  /** During which of the waits, counted from 1, the client leaves. */
  readonly leavesInWait?: number;
  readonly judge?: Judge;
  readonly plan?: Partial<Plan>;
}

interface Wait {
  readonly ms: number;
  /** Since the request came, when the wait began. */
  readonly fromMs: number;
}

/** Runs the stage on a clock of its own; past the last of the plays, each try is the last one again. */
const run = async (processIo: ProcessIo) => {
  const { plays, rolls = [0], leavesInWait } = processIo;
  let nowMs = RECEIVED_AT + 7;
  let rolled = 0;
  let living = 0;
  const tries: Try[] = [];
  const startedMs: number[] = [];
  const waits: Wait[] = [];
  const decisions: RetryDecision[] = [];
  const events: Event[] = [];
  const warn = sinon.spy();
  const judging = sinon.spy(processIo.judge ?? judge(processIo.settings ?? settings()));
  const controller = new AbortController();
  const value: Planned = planned({
    receivedAt: RECEIVED_AT,
    signal: controller.signal,
    plan: plan({ schedule: scheduleOf(processIo.settings ?? settings()), ...processIo.plan }),
  });

  const stage = retrySchedule({
    judge: judging,
    warn,
    emit: (event) => {
      events.push(event);
      if (event._tag !== 'RetryDecided') return;
      const { _tag, ...decision } = event;
      expect(waits, 'it is told before it is waited for').to.have.lengthOf(decisions.length);
      decisions.push(decision);
    },
    maxTries: 4,
    now: () => nowMs,
    wallClock: () => 1_000_000 + nowMs,
    random: () => rolls[rolled++ % rolls.length] as number,
    sleep: (ms, signal) => async () => {
      expect(signal).to.equal(controller.signal);
      waits.push({ ms, fromMs: nowMs - RECEIVED_AT });
      if (waits.length === leavesInWait) return E.left(failures.ClientGone);
      nowMs += ms;
      return E.right(undefined);
    },
  })((attempt) => async () => {
    expect(living, 'attempts at one time').to.equal(0);
    living += 1;
    tries.push(attempt);
    startedMs.push(nowMs - RECEIVED_AT);
    const { outcome, durationMs, sent = attempt.outgoing } = plays[Math.min(tries.length, plays.length) - 1] as Play;
    await Promise.resolve();
    nowMs += durationMs;
    living -= 1;
    return E.map(
      ({ reply, reading, unwanted }: Tried): Tried => ({
        ...attempt,
        outgoing: sent,
        reply,
        reading,
        ...(unwanted === undefined ? {} : { unwanted }),
      }),
    )(outcome);
  });
  const result = await stage(value)();
  return { value, result, tries, startedMs, waits, decisions, events, judging, warn, elapsedMs: nowMs - RECEIVED_AT };
};

const inOrder = (...outcomes: readonly Outcome[]): readonly Play[] =>
  outcomes.map((outcome) => ({ outcome, durationMs: 0 }));

const gaveUp = (result: E.Either<Failure, Answered>) =>
  E.isLeft(result) && result.left._tag === 'GaveUp' ? result.left : expect.fail('it did not give up');

const waitsAfter = async (processIo: ProcessIo): Promise<readonly number[]> =>
  (await run(processIo)).waits.map(({ ms }) => ms);

const anyHint = fc.option(fc.integer({ min: 0, max: 90_000 })).map(O.fromNullable);
const anyFailing: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constantFrom(TIMED_OUT, NO_CONNECTION, NO_SUCH_NAME, E.left<Failure>(failures.Broken)),
  fc.tuple(fc.constantFrom(408, 429, 500, 503), anyHint).map(([status, hint]) => came(status, hint)),
);
const anyFinal = fc.constantFrom<Outcome[]>(GOOD, came(401), E.left(failures.TlsFailed), E.left(failures.ClientGone));
const anyDuration = fc.oneof(fc.constant(0), fc.nat(5000), fc.nat(120_000));
const played = (outcome: fc.Arbitrary<Outcome>): fc.Arbitrary<Play> => fc.record({ outcome, durationMs: anyDuration });

const anySettings: fc.Arbitrary<RetrySettings> = fc
  .record({
    maxRetries: fc.nat(6),
    timeoutRetries: fc.nat(4),
    baseMs: fc.nat(5000),
    factor: fc.double({ min: 1, max: 4, noNaN: true }),
    maxDelayMs: fc.nat(60_000),
    deadlineMs: fc.nat(180_000),
    jitter: fc.boolean(),
  })
  .map(settings);

const anyWorld: fc.Arbitrary<Required<Pick<ProcessIo, 'plays' | 'settings' | 'rolls'>>> = fc.record({
  plays: fc
    .tuple(fc.array(played(anyFailing), { maxLength: 8 }), played(fc.oneof(anyFinal, anyFailing)))
    .map(([failing, last]) => [...failing, last]),
  settings: anySettings,
  rolls: fc.array(
    fc.nat(999).map((n) => n / 1000),
    { minLength: 1 },
  ),
});

/** Whatever happens: any outcomes, hints, durations, dice and settings. */
const whatever = (
  promise: (processIo: Required<Pick<ProcessIo, 'plays' | 'settings'>>, ran: Awaited<ReturnType<typeof run>>) => void,
) =>
  fc.assert(
    fc.asyncProperty(anyWorld, async (processIo) => {
      promise(processIo, await run(processIo));
    }),
    { numRuns: 300 },
  );

const attemptsOf = (result: E.Either<Failure, Answered>) =>
  E.isRight(result) ? result.right.attempts : gaveUp(result).attempts;

const reasonIs = (reason: string, attempt: { readonly reason: O.Option<string> } | undefined): boolean =>
  attempt !== undefined && O.isSome(attempt.reason) && attempt.reason.value === reason;

describe('stages/retry-schedule', () => {
  describe('whatever happens', () => {
    it('tries at least once and at most 1 + max_retries times, and counts what it did', () =>
      whatever(({ settings: { maxRetries } }, { tries, result }) => {
        expect(tries.length).to.be.within(1, 1 + maxRetries);
        const numbers = tries.map((_, i) => i + 1);
        expect(tries.map(({ number }) => number)).to.deep.equal(numbers);
        expect(attemptsOf(result).map(({ number }) => number)).to.deep.equal(numbers);
      }));

    it('tells of each retry when it is decided on: what for, which, and after what wait', () =>
      whatever((_, { decisions, waits, tries, result }) => {
        expect(decisions.map(({ waitMs }) => waitMs)).to.deep.equal(waits.map(({ ms }) => ms));
        expect(decisions.map(({ number }) => number)).to.deep.equal(tries.slice(1).map(({ number }) => number));
        for (const [at, { reason, status, isAsked }] of decisions.entries()) {
          const attempt = attemptsOf(result)[at];
          expect(O.some(reason)).to.deep.equal(attempt?.reason);
          expect(status).to.deep.equal(attempt?.status);
          expect(isAsked).to.equal(O.isSome(attempt?.hintMs ?? O.none));
        }
      }));

    it('comes to one outcome: the good reply of the last try, or the failure of the last try', () =>
      whatever(({ plays }, { tries, result }) => {
        const { outcome } = plays[Math.min(tries.length, plays.length) - 1] as Play;
        if (E.isLeft(outcome)) expect(gaveUp(result).last).to.equal(outcome.left);
        else if (E.isRight(result)) expect(result.right.reply).to.equal(outcome.right.reply);
        else expect(gaveUp(result).last).to.include({ _tag: 'BadReply', status: outcome.right.reply.status });
      }));

    it('starts no try, and ends no wait, past the deadline, unless it follows a time-out', () =>
      whatever(({ settings: { deadlineMs } }, { startedMs, waits, result }) => {
        for (const [i, { ms, fromMs }] of waits.entries()) {
          expect(startedMs[i + 1]).to.be.closeTo(fromMs + ms, 1e-6);
          if (!reasonIs('timed_out', attemptsOf(result)[i])) expect(fromMs + ms).to.be.at.most(deadlineMs);
        }
      }));

    it('tries again at most timeout_retries times after time-outs', () =>
      whatever(({ settings: { timeoutRetries } }, { result }) => {
        const retried = attemptsOf(result).slice(0, -1);
        expect(retried.filter((attempt) => reasonIs('timed_out', attempt)).length).to.be.at.most(timeoutRetries);
      }));

    it('waits no shorter than a hint, no longer than max_delay without one, and never for a hint above max_delay', () =>
      whatever(({ settings: its }, { result, waits }) => {
        let sinceHint = 0;
        for (const [i, { ms }] of waits.entries()) {
          const grown = Math.min(its.baseMs * its.factor ** sinceHint, its.maxDelayMs);
          const hintMs = attemptsOf(result)[i]?.hintMs ?? O.none;
          const least = its.jitter ? grown / 2 : grown;
          const floor = O.isSome(hintMs) ? hintMs.value : 0;
          expect(floor).to.be.at.most(its.maxDelayMs);
          expect(ms)
            .to.be.at.least(Math.max(floor, least))
            .and.at.most(Math.max(floor * 1.1, grown));
          sinceHint = O.isSome(hintMs) ? 0 : sinceHint + 1;
        }
      }));

    it('gives up before the tries are used up only where something forbids the next one', () =>
      whatever(({ settings: its, plays }, { result, tries, elapsedMs }) => {
        if (E.isRight(result)) return;
        const { last, rejected, attempts } = gaveUp(result);
        if (rejected || tries.length === 1 + its.maxRetries) return;
        const timeouts = attempts.filter((attempt) => reasonIs('timed_out', attempt)).length;
        const tooManyTimeouts = last._tag === 'TimedOut' && last.phase !== 'connect' && timeouts > its.timeoutRetries;
        const hintMs = last._tag === 'BadReply' ? O.getOrElse(() => 0)(last.hintMs) : 0;
        const longestMs = Math.max(hintMs * 1.1, its.maxDelayMs);
        const noSuchName = plays.some(({ outcome }) => outcome === NO_SUCH_NAME);
        const forbidden =
          tooManyTimeouts || hintMs > its.maxDelayMs || elapsedMs + longestMs > its.deadlineMs || noSuchName;
        expect(forbidden).to.equal(true);
      }));

    it('tells of each attempt why it failed, and how long was waited after it', () =>
      whatever((_, { result, waits, elapsedMs }) => {
        const attempts = attemptsOf(result);
        expect(attempts.slice(0, -1).map(({ waitMs }) => waitMs)).to.deep.equal(waits.map(({ ms }) => O.some(ms)));
        expect(attempts.at(-1)?.waitMs).to.deep.equal(O.none);
        const good = attempts.map(({ reason }) => O.isNone(reason));
        expect(good).to.deep.equal(attempts.map((_attempt, i) => E.isRight(result) && i === attempts.length - 1));
        if (E.isLeft(result)) expect(gaveUp(result).elapsedMs).to.equal(elapsedMs);
      }));

    it('sends once what cannot be sent again, and waits for nothing', () =>
      fc.assert(
        fc.asyncProperty(anyWorld, async (processIo) => {
          const { tries, waits } = await run({ ...processIo, plan: { replayable: false } });
          expect(tries.length).to.equal(1);
          expect(waits).to.deep.equal([]);
        }),
      ));

    it('tries no more once the client has left during a wait', () =>
      fc.assert(
        fc.asyncProperty(anyWorld, fc.integer({ min: 1, max: 4 }), async (processIo, leavesInWait) => {
          const { tries, waits, result } = await run({ ...processIo, leavesInWait });
          fc.pre(waits.length === leavesInWait);
          expect(tries.length).to.equal(leavesInWait);
          expect(gaveUp(result).last).to.deep.equal(failures.ClientGone);
        }),
      ));
  });

  describe('waits', () => {
    const busy = inOrder(came(503));

    it('1, 2 and 4 s by default, and then gives up', async () => {
      const { waits, result, tries } = await run({ plays: busy });
      expect(waits.map(({ ms }) => ms)).to.deep.equal([1000, 2000, 4000]);
      expect(tries.length).to.equal(4);
      expect(gaveUp(result)).to.include({ rejected: false });
    });

    it('no longer than max_delay', async () => {
      expect(await waitsAfter({ plays: busy, settings: settings({ maxDelayMs: 1500 }) })).to.deep.equal([
        1000, 1500, 1500,
      ]);
    });

    it('between a half and the whole of it with jitter', async () => {
      const jittery = settings({ jitter: true });
      expect(await waitsAfter({ plays: busy, settings: jittery, rolls: [0, 0.5, 0.75] })).to.deep.equal([
        500, 1500, 3500,
      ]);
    });

    it('as long as the upstream asks, plus up to a tenth, and begins at base again after it', async () => {
      const plays = inOrder(came(503), came(429, O.some(10_000)), came(503), came(503), GOOD);
      const its = settings({ maxRetries: 5 });
      expect(await waitsAfter({ plays, settings: its })).to.deep.equal([1000, 10_000, 1000, 2000]);
      expect((await waitsAfter({ plays, settings: its, rolls: [0.5] }))[1]).to.be.closeTo(10_500, 0.001);
    });

    it('as long as it would have anyway where the upstream asks for less', async () => {
      expect(await waitsAfter({ plays: inOrder(came(429, O.some(3)), GOOD) })).to.deep.equal([1000]);
    });

    it('not at all for a hint above max_delay: the failure goes back at once, with the hint', async () => {
      const { waits, tries, result } = await run({ plays: inOrder(came(429, O.some(60_001))) });
      expect(waits).to.deep.equal([]);
      expect(tries.length).to.equal(1);
      expect(gaveUp(result).last).to.deep.include({ hintMs: O.some(60_001) });
      expect(gaveUp(result)).to.include({ rejected: false });
    });

    it('for a hint of exactly max_delay', async () => {
      expect(await waitsAfter({ plays: inOrder(came(429, O.some(60_000)), GOOD) })).to.deep.equal([60_000]);
    });

    it('until exactly the deadline, and no longer', async () => {
      const spend = (durationMs: number) => run({ plays: [{ outcome: came(503), durationMs }] });
      expect((await spend(118_993)).tries.length).to.equal(2);
      expect((await spend(118_994)).tries.length).to.equal(1);
    });

    it('not at all before it fails for good', async () => {
      for (const final of [came(401), E.left<Failure>(failures.TlsFailed), E.left<Failure>(failures.ClientGone)]) {
        const { waits, tries, result } = await run({ plays: inOrder(final, GOOD) });
        expect(waits).to.deep.equal([]);
        expect(tries.length).to.equal(1);
        expect(gaveUp(result)).to.include({ rejected: true });
      }
    });
  });

  describe('time-outs', () => {
    it('are tried again once by default, the others as often as there are tries', async () => {
      expect((await run({ plays: inOrder(TIMED_OUT) })).tries.length).to.equal(2);
      const mixed = inOrder(TIMED_OUT, came(503), came(500), TIMED_OUT, GOOD);
      expect((await run({ plays: mixed, settings: settings({ maxRetries: 9 }) })).tries.length).to.equal(4);
      const never = settings({ timeoutRetries: 0 });
      expect((await run({ plays: inOrder(TIMED_OUT), settings: never })).tries.length).to.equal(1);
    });

    it('may be followed by a try past the deadline, which another failure may not', async () => {
      const late = { outcome: TIMED_OUT, durationMs: 130_000 };
      expect((await run({ plays: [late, ...inOrder(GOOD)] })).tries.length).to.equal(2);
      expect((await run({ plays: [late, ...inOrder(came(503), GOOD)] })).tries.length).to.equal(2);
    });

    it('before there was a connection count as unreachable: nothing was sent', async () => {
      expect((await run({ plays: inOrder(NO_CONNECTION) })).tries.length).to.equal(4);
      const late = { outcome: NO_CONNECTION, durationMs: 130_000 };
      expect((await run({ plays: [late] })).tries.length).to.equal(1);
    });
  });

  it('tries a name that does not exist again once', async () => {
    expect((await run({ plays: inOrder(NO_SUCH_NAME) })).tries.length).to.equal(2);
  });

  it('tries a filtered reply again as often as retry_filtered says', async () => {
    const filtered: Simple = { ...failures.BadReply, reason: 'content_filtered' };
    const judging: Judge = () => retry(filtered);
    for (const retryFiltered of [0, 2]) {
      const { tries } = await run({ plays: inOrder(GOOD), settings: settings({ retryFiltered }), judge: judging });
      expect(tries.length).to.equal(1 + retryFiltered);
    }
  });

  it('tries again no more often than the verdict or the schedule allows, whichever is less', async () => {
    for (const [atMost, maxRetries, expected] of [
      [2, 5, 3],
      [5, 2, 3],
      [0, 5, 1],
    ] as const) {
      const judging: Judge = () => retry(failures.Broken, O.some(atMost));
      const { tries } = await run({ plays: inOrder(GOOD), settings: settings({ maxRetries }), judge: judging });
      expect(tries.length).to.equal(expected);
    }
  });

  it("waits as the plan's schedule says, not as any other", async () => {
    const schedule = sinon.stub().returns(O.some(42)).onCall(2).returns(O.none);
    const { waits, tries } = await run({ plays: inOrder(came(503)), plan: { schedule } });
    expect(waits.map(({ ms }) => ms)).to.deep.equal([42, 42]);
    expect(tries.length).to.equal(3);
  });

  it('shows the schedule why the last try failed, and what came before', async () => {
    const schedule = sinon.spy(always);
    await run({
      plays: [
        { outcome: came(429, O.some(9)), durationMs: 100 },
        { outcome: came(503), durationMs: 10 },
        { outcome: came(429), durationMs: 1 },
        { outcome: GOOD, durationMs: 0 },
      ],
      rolls: [0.25, 0.5, 0.75],
      plan: { schedule },
    });
    const common = { hintMs: O.none, sameReason: 0 };
    expect(schedule.args.map(([status]) => status)).to.deep.equal([
      { ...common, reason: 'rate_limited', retries: 0, sinceHint: 0, elapsedMs: 107, hintMs: O.some(9), random: 0.25 },
      { ...common, reason: 'overloaded', retries: 1, sinceHint: 0, elapsedMs: 117, random: 0.5 },
      { ...common, reason: 'rate_limited', retries: 2, sinceHint: 1, elapsedMs: 118, random: 0.75, sameReason: 1 },
    ]);
  });

  it('hands each try the same request, target and number, and gives the reply that the judge accepts', async () => {
    const mended = { status: 200, headers: {}, body: bytes(Buffer.from('mended')) };
    const { value, tries, result } = await run({ plays: inOrder(GOOD), judge: () => accept(mended) });
    const { target, outgoing } = value.plan;
    expect(tries).to.deep.equal([{ ...value, number: 1, target, outgoing }]);
    const attempts = [
      {
        number: 1,
        target: 'target',
        reason: O.none,
        status: O.some(200),
        hintMs: O.none,
        durationMs: 0,
        waitMs: O.none,
      },
    ];
    expect(result).to.deep.equal(E.right({ ...value, reply: mended, attempts }));
  });

  it('gives, as what was planned to be sent, what the last try has sent', async () => {
    const outgoing = { method: 'POST', path: '/changed', headers: {}, body: bytes(Buffer.from('changed')) };
    const { value, result } = await run({ plays: [{ outcome: GOOD, durationMs: 1, sent: outgoing }] });
    expect(E.isRight(result) && result.right.plan).to.deep.equal({ ...value.plan, outgoing });
  });

  it('tells the judge the outcome, and the time by the wall clock', async () => {
    const reading = { _tag: 'Empty' } as const;
    const empty = replied({}, { reading });
    const { judging, tries } = await run({ plays: [{ outcome: E.right(empty), durationMs: 50 }], settings: NO_RETRY });
    const outcome = E.right({ ...tries[0], reply: empty.reply, reading });
    expect(judging.args).to.deep.equal([[outcome, 1_000_000 + RECEIVED_AT + 57]]);
  });

  describe('a warning of the judge', () => {
    const warning = O.some('cut_while_thinking' as const);

    it('is told, of this exchange, with the reply that it is about', async () => {
      const { reply } = replied();
      const { warn, value } = await run({ plays: inOrder(GOOD), judge: () => accept(reply, warning) });
      expect(warn.args).to.deep.equal([[value.id, 'cut_while_thinking']]);
    });

    it('is not there where a reply is simply good, or where there is none', async () => {
      for (const outcome of [GOOD, came(401), came(503)]) {
        sinon.assert.notCalled((await run({ plays: inOrder(outcome) })).warn);
      }
    });
  });

  describe('a kept connection that died unused', () => {
    const unused: Simple = { _tag: 'Broken', code: 'ECONNRESET', unused: true };
    const UNUSED = E.left<Failure>(unused);

    it('has the same try sent again at once, which does not count', async () => {
      const { tries, waits, result } = await run({ plays: inOrder(UNUSED, GOOD), settings: NO_RETRY });
      expect(tries).to.have.length(2);
      expect(tries[1]).to.deep.equal(tries[0]);
      expect(waits).to.deep.equal([]);
      expect(attemptsOf(result)).to.have.length(1);
      expect(E.isRight(result)).to.equal(true);
    });

    it('has it sent again once a request and no more, not once a try', async () => {
      const { tries, waits, result } = await run({ plays: inOrder(UNUSED) });
      expect(tries.map(({ number }) => number)).to.deep.equal([1, 1, 2, 3, 4]);
      expect(waits).to.have.length(3);
      expect(gaveUp(result).last).to.equal(unused);
    });

    it('has it sent again also where it was a retry that died', async () => {
      const { tries } = await run({ plays: inOrder(came(503), UNUSED, GOOD) });
      expect(tries.map(({ number }) => number)).to.deep.equal([1, 2, 2]);
    });

    it('comes to what the second sending comes to', async () => {
      const { tries, result } = await run({ plays: inOrder(UNUSED, came(401), GOOD) });
      expect(tries).to.have.length(2);
      expect(gaveUp(result).last).to.include({ _tag: 'BadReply', status: 401 });
    });

    it('has nothing sent again whose body cannot be', async () => {
      const { tries, result } = await run({ plays: inOrder(UNUSED, GOOD), plan: { replayable: false } });
      expect(tries).to.have.length(1);
      expect(gaveUp(result).last).to.equal(unused);
    });

    it('is the only failure that is made good so', async () => {
      for (const failure of Object.values<Failure>(failures)) {
        const { tries } = await run({ plays: inOrder(E.left(failure), GOOD), settings: NO_RETRY });
        expect(tries, failure._tag).to.have.length(1);
      }
    });
  });

  describe('a reply that a stage does not want', () => {
    const by = (stage: string, outcome: Outcome, atMost = 1): Outcome =>
      E.map((tried: Tried): Tried => ({ ...tried, unwanted: { ...failures.Unwanted, stage, atMost: O.some(atMost) } }))(
        outcome,
      );

    it('is tried again as often as the stage asks, if it is good by itself, and then told so', async () => {
      const { tries, result } = await run({ plays: inOrder(by('a', GOOD, 2)) });
      expect(tries.length).to.equal(3);
      expect(gaveUp(result)).to.deep.include({ rejected: false }).and.have.nested.property('last._tag', 'Unwanted');
    });

    it('is tried again as often, and waited for as long, as without the stage, if it is bad by itself', async () => {
      const bad = [came(503), came(429, O.some(9000)), came(503), came(500)];
      const without = await run({ plays: inOrder(...bad) });
      const withIt = await run({ plays: inOrder(...bad.map((outcome) => by('a', outcome))) });
      expect(withIt.waits).to.deep.equal(without.waits);
      expect(withIt.result).to.deep.equal(without.result);
    });

    it('is tried again for the stage where it would be final, as often as it asks, and then told as what it is', async () => {
      const { tries, waits, result } = await run({ plays: inOrder(by('a', came(401, O.some(7000)), 2)) });
      expect(tries.length).to.equal(3);
      expect(waits.map(({ ms }) => ms)).to.deep.equal([7000, 7000]);
      expect(gaveUp(result)).to.deep.include({ rejected: true });
      expect(gaveUp(result).last).to.include({ reason: 'authentication_failed', status: 401 });
      expect(attemptsOf(result).every((attempt) => reasonIs('authentication_failed', attempt))).to.equal(true);
    });

    it('counts for the stage only where nothing else has it tried again', async () => {
      const plays = inOrder(by('a', came(503)), by('a', came(401)), by('b', GOOD), by('a', GOOD));
      const { tries, result } = await run({ plays, settings: settings({ maxRetries: 9 }) });
      expect(tries.length).to.equal(4);
      expect(gaveUp(result).last).to.include({ _tag: 'Unwanted', stage: 'a' });
    });

    it('is tried again for the stage where a limit of its own kind is met', async () => {
      const filtered = E.right(replied({}, { reading: { _tag: 'Filtered', text: '' } }));
      const tried = async (outcome: Outcome, retryFiltered: number) =>
        (await run({ plays: inOrder(outcome), settings: settings({ retryFiltered }) })).tries.length;
      expect([await tried(filtered, 0), await tried(filtered, 1)]).to.deep.equal([1, 2]);
      expect([await tried(by('a', filtered), 0), await tried(by('a', filtered), 1)]).to.deep.equal([2, 3]);
    });

    it('is within the limits of the config, and never waited for beyond max_delay', async () => {
      const few = await run({ plays: inOrder(by('a', came(401), 9)), settings: settings({ maxRetries: 2 }) });
      expect(few.tries.length).to.equal(3);
      expect((await run({ plays: inOrder(by('a', came(401, O.some(60_001)))) })).tries.length).to.equal(1);
      const once = await run({ plays: inOrder(by('a', came(401))), plan: { replayable: false } });
      expect(once.tries.length).to.equal(1);
    });
  });

  it('tells of every attempt its status, hint and duration', async () => {
    const plays = [
      { outcome: came(429, O.some(2000)), durationMs: 300 },
      { outcome: E.left<Failure>(failures.Broken), durationMs: 20 },
      { outcome: GOOD, durationMs: 1 },
    ];
    const { result } = await run({ plays });
    expect(attemptsOf(result)).to.deep.equal([
      {
        number: 1,
        target: 'target',
        reason: O.some('rate_limited'),
        status: O.some(429),
        hintMs: O.some(2000),
        durationMs: 300,
        waitMs: O.some(2000),
      },
      {
        number: 2,
        target: 'target',
        reason: O.some('connection_broken'),
        status: O.none,
        hintMs: O.none,
        durationMs: 20,
        waitMs: O.some(1000),
      },
      {
        number: 3,
        target: 'target',
        reason: O.none,
        status: O.some(200),
        hintMs: O.none,
        durationMs: 1,
        waitMs: O.none,
      },
    ]);
  });

  it('tells of a retry by what was asked for, without the query, which may hold a key', async () => {
    const { decisions } = await run({ plays: inOrder(came(503), GOOD) });
    expect(decisions).to.deep.equal([
      {
        id: 'id-1',
        method: 'POST',
        path: '/v1/chat/completions',
        model: O.some('m'),
        target: 'target',
        reason: 'overloaded',
        status: O.some(503),
        number: 2,
        of: 4,
        waitMs: 1000,
        isAsked: false,
      },
    ]);
  });

  it('emits each try when it starts and when it ends', async () => {
    const { events, result } = await run({ plays: inOrder(came(503), GOOD) });
    const { attempts } = E.isRight(result) ? result.right : expect.fail('no good reply');
    const common = { id: 'id-1', target: 'target' };
    expect(events.filter(({ _tag }) => _tag !== 'RetryDecided')).to.deep.equal([
      { _tag: 'AttemptStarted', number: 1, ...common },
      { _tag: 'AttemptFinished', id: 'id-1', attempt: attempts[0] },
      { _tag: 'AttemptStarted', number: 2, ...common },
      { _tag: 'AttemptFinished', id: 'id-1', attempt: attempts[1] },
    ]);
  });

  it('tries nothing before it is run', () => {
    const inner = sinon.stub().returns(TE.left(failures.Broken));
    const clock = { now: () => 0, wallClock: () => 0, random: () => 0, sleep: () => TE.right(undefined) };
    retrySchedule({
      ...clock,
      warn: () => undefined,
      emit: () => undefined,
      maxTries: 1,
      judge: () => retry(failures.Broken),
    })(inner)(planned());
    sinon.assert.notCalled(inner);
  });
});
