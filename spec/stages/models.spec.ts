import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../../lib/core/attempt.js';
import {
  type Answered,
  type Body,
  bytes,
  held,
  type Planned,
  type Request,
  type Target,
} from '../../lib/core/exchange.js';
import type { Failure, Simple } from '../../lib/core/failure.js';
import { value } from '../../lib/core/headers.js';
import type { Dated } from '../../lib/core/models-store.js';
import { always, type Status } from '../../lib/core/schedule.js';
import type { Stage } from '../../lib/core/stage.js';
import { dialects } from '../../lib/dialects/index.js';
import { models } from '../../lib/stages/models.js';
import { failures } from '../support/failures.js';
import { sourceOfPieces } from '../support/sources.js';
import { plan, planned, request, target, timeouts } from '../support/values.js';

const list = (...ids: readonly string[]): string => JSON.stringify({ object: 'list', data: ids.map((id) => ({ id })) });

const attempt: Attempt = {
  number: 1,
  target: 'target',
  reason: O.none,
  status: O.some(200),
  hintMs: O.none,
  durationMs: 5,
  waitMs: O.none,
};

interface Asking {
  readonly path?: string;
  readonly headers?: Request['headers'];
  readonly dialect?: 'openai' | 'anthropic';
  readonly target?: Partial<Target>;
  readonly url?: string;
}

const asking = ({ path = '/v1/models', headers = {}, dialect = 'openai', ...to }: Asking = {}): Planned => {
  const asked = request({ method: 'GET', path, headers, body: bytes(Buffer.alloc(0)) });
  return planned({
    request: asked,
    call: { _tag: 'Models', dialect: dialects[dialect] },
    plan: plan({ outgoing: asked, target: target(to.url ?? 'http://127.0.0.1:1', to.target) }),
  });
};

type Result = E.Either<Failure, Answered>;

const gaveUp = (last: Simple, rejected = false, attempts: readonly Attempt[] = [attempt, attempt]): Failure => ({
  _tag: 'GaveUp',
  last,
  rejected,
  attempts,
  elapsedMs: 1,
});
const down: Result = E.left(gaveUp(failures.Unreachable));
const badReply = (status: number): Simple => ({ ...failures.BadReply, reason: 'upstream_error', status });

/** The layer on a store in memory, an upstream that does what it is told, and a clock that stands. */
const app = (settings: { readonly ttlMs?: number; readonly fallback?: readonly string[] } = {}) => {
  const [own, last] = [new Map<string, Dated>(), new Map<string, Dated>()];
  const asked: Planned[] = [];
  const warnings: string[] = [];
  const clock = { nowMs: 0, wallMs: 1_000_000 };
  let upstream: (planned: Planned) => Result = () => down;
  let unwritable = false;
  let hung = false;
  const inner: Stage<Planned, Answered> = (value) => async () => {
    asked.push(value);
    return upstream(value);
  };
  const stage = models({
    settings: { ttlMs: settings.ttlMs ?? 60_000, fallback: settings.fallback ?? [] },
    store: {
      own: {
        recall: (key) => O.fromNullable(own.get(key)),
        keep: (key, dated) => void own.set(key, dated),
      },
      last: {
        recall: (key) => async () => O.fromNullable(last.get(key)),
        keep: (key, dated) => async () => {
          last.set(key, dated);
          if (hung) await new Promise(() => {});
          return unwritable ? O.some('models_not_kept') : O.none;
        },
      },
    },
    now: () => clock.nowMs,
    wallClock: () => clock.wallMs,
    warn: (id, warning) => warnings.push(`${id} ${warning}`),
  })(inner);
  return {
    asked,
    warnings,
    clock,
    last,
    ask: (value: Planned = asking()): Promise<Result> => stage(value)(),
    answers: (body: string | Body, headers = {}) => {
      const content = typeof body === 'string' ? bytes(Buffer.from(body)) : body;
      upstream = (value) => E.right({ ...value, reply: { status: 200, headers, body: content }, attempts: [attempt] });
    },
    fails: (result: Result = down) => {
      upstream = () => result;
    },
    hangDisk: () => {
      hung = true;
    },
    fillDisk: () => {
      unwritable = true;
    },
  };
};

const answer = (result: Result): Answered =>
  E.isRight(result) ? result.right : expect.fail(`no answer, but ${result.left._tag}`);
const text = (result: Result): string => {
  const { body } = answer(result).reply;
  return body._tag === 'Bytes' ? body.bytes.toString() : 'held';
};
const field = (result: Result, name: string): string => value(answer(result).reply.headers, name);
const passes = (hours: number, { clock }: ReturnType<typeof app>) => {
  clock.nowMs += hours * 3_600_000;
  clock.wallMs += hours * 3_600_000;
};

describe('stages/models', () => {
  it('leaves all other calls alone, though they look alike', async () => {
    const { ask, answers, asked, last } = app({ fallback: ['a'] });
    answers('[{"id":"a"}]');
    const other = { ...asking(), call: { _tag: 'Other', dialect: dialects.openai } } as const;
    expect(text(await ask(other))).to.equal('[{"id":"a"}]');
    expect(text(await ask(planned()))).to.equal('[{"id":"a"}]');
    expect(last.size).to.equal(0);
    expect(asked).to.have.length(2);
    expect(asked[0]).to.equal(other);
  });

  describe('a good list', () => {
    it('is passed on as JSON, with the attempts that it took and the fields of the reply', async () => {
      const { ask, answers, warnings } = app();
      answers(list('a'), { 'content-type': 'text/plain', server: 'x' });
      const result = await ask();
      expect(text(result)).to.equal(list('a'));
      expect(answer(result).attempts).to.deep.equal([attempt]);
      expect(field(result, 'content-type')).to.equal('application/json');
      expect(field(result, 'server')).to.equal('x');
      expect(field(result, 'x-seaking-models')).to.equal('');
      expect(warnings).to.deep.equal([]);
    });

    it('is mended', async () => {
      const { ask, answers, fails, clock } = app();
      answers('[{"id":"a"}]');
      expect(text(await ask())).to.equal(list('a'));
      expect(text(await ask()), 'fresh').to.equal(list('a'));
      fails();
      passes(1, { ...app(), clock });
      expect(text(await ask()), 'stale').to.equal(list('a'));
    });

    it('that was too long to be read is passed on, and not kept', async () => {
      const { ask, answers, asked, last } = app();
      const unread = held(sourceOfPieces(), O.none);
      answers(unread);
      expect(answer(await ask()).reply.body).to.equal(unread);
      await ask();
      expect(asked).to.have.length(2);
      expect(last.size).to.equal(0);
    });

    it('that is not written to disk is told of, and answered all the same', async () => {
      const { ask, answers, fillDisk, warnings } = app();
      fillDisk();
      answers(list('a'));
      expect(text(await ask())).to.equal(list('a'));
      await Promise.resolve();
      expect(warnings).to.deep.equal(['id-1 models_not_kept']);
    });

    it('does not wait for the disk', async () => {
      const slow = app();
      const { ask, answers, fails, hangDisk } = slow;
      hangDisk();
      answers(list('a'));
      expect(text(await ask())).to.equal(list('a'));
      passes(1, slow);
      fails();
      expect(field(await ask(), 'x-seaking-models'), 'and is kept all the same').to.equal('stale');
    });
  });

  describe('a fresh list', () => {
    it('is answered without a question to the upstream for as long as its time to live, and no longer', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(100_000), fc.nat(200_000), async (ttlMs, elapsedMs) => {
          const { ask, answers, asked, clock } = app({ ttlMs });
          answers(list('old'));
          await ask();
          answers(list('new'));
          clock.nowMs += elapsedMs;
          const result = await ask();
          const isFresh = elapsedMs < ttlMs;
          expect(text(result)).to.equal(list(isFresh ? 'old' : 'new'));
          expect(asked).to.have.length(isFresh ? 1 : 2);
          expect(answer(result).attempts).to.have.length(isFresh ? 0 : 1);
          expect(field(result, 'age')).to.equal(isFresh ? String(Math.floor(elapsedMs / 1000)) : '');
        }),
      );
    });

    it('does not grow older or younger when the clock on the wall is set', async () => {
      const { ask, answers, asked, clock } = app({ ttlMs: 1000 });
      answers(list('a'));
      await ask();
      clock.wallMs += 1e9;
      expect(field(await ask(), 'age')).to.equal('0');
      clock.wallMs = 0;
      clock.nowMs += 1000;
      await ask();
      expect(asked).to.have.length(2);
    });

    it('is never seen by another credential, in whichever field it comes', async () => {
      const carried = fc.record({
        name: fc.constantFrom('authorization', 'x-api-key', 'x-goog-api-key', '?key'),
        secret: fc.stringMatching(/^[a-z0-9]{1,4}$/),
      });
      const asks = ({ name, secret }: { readonly name: string; readonly secret: string }) =>
        name === '?key'
          ? asking({ path: `/v1/models?key=${secret}` })
          : asking({ headers: { [name]: name === 'authorization' ? `Bearer ${secret}` : secret } });
      await fc.assert(
        fc.asyncProperty(carried, carried, async (one, other) => {
          fc.pre(one.secret !== other.secret);
          const { ask, answers } = app();
          answers(list('of one'));
          await ask(asks(one));
          answers(list('of the other'));
          expect(text(await ask(asks(other)))).to.equal(list('of the other'));
          expect(text(await ask(asks(one)))).to.equal(list('of one'));
          expect(text(await ask())).to.equal(list('of the other'));
        }),
      );
    });

    it("is everyone's where the target has a key of its own, which is the one that is sent", async () => {
      const { ask, answers, asked } = app();
      const own = { apiKey: O.some('secret') };
      answers(list('a'));
      await ask(asking({ target: own, headers: { authorization: 'Bearer one' } }));
      await ask(asking({ target: own, headers: { authorization: 'Bearer other' } }));
      expect(asked).to.have.length(1);
    });

    it('is of one path, one dialect and one target', async () => {
      const { ask, answers, asked } = app();
      answers(list('a'));
      const ways = [
        {},
        { path: '/v2/models' },
        { dialect: 'anthropic' },
        { url: 'http://127.0.0.1:2' },
      ] as const satisfies readonly Asking[];
      for (const way of [...ways, ...ways]) await ask(asking(way));
      expect(asked).to.have.length(ways.length);
    });
  });

  describe('while the upstream fails, and an earlier list is kept,', () => {
    const kept = async (settings?: Parameters<typeof app>[0]) => {
      const made = app(settings);
      made.answers(list('kept'));
      await made.ask();
      passes(1, made);
      made.fails();
      return made;
    };

    it('that one is answered, with its age, the attempts that were made, and a warning', async () => {
      const { ask, warnings, clock } = await kept();
      clock.wallMs += 1999;
      const result = await ask();
      expect(text(result)).to.equal(list('kept'));
      expect(answer(result).reply.status).to.equal(200);
      expect(answer(result).attempts).to.deep.equal([attempt, attempt]);
      expect({ ...answer(result).reply.headers }).to.deep.equal({
        'content-type': 'application/json',
        'x-seaking-models': 'stale',
        age: '3601',
      });
      expect(warnings).to.deep.equal(['id-1 stale_models']);
    });

    it('its age is never below nothing, when the clock was set back', async () => {
      const { ask, clock } = await kept();
      clock.wallMs = 0;
      expect(field(await ask(), 'age')).to.equal('0');
    });

    it('the upstream is asked once, for at most five seconds', async () => {
      const { ask, asked } = await kept();
      const question = asking({ target: { timeouts: { ...timeouts, totalMs: 1_800_000 } } });
      await ask(question);
      expect(asked).to.have.length(2);
      const hurried = asked[1] as Planned;
      expect(hurried.plan.target.timeouts.totalMs).to.equal(5000);
      const status: Status = {
        reason: 'unreachable',
        retries: 0,
        sameReason: 0,
        sinceHint: 0,
        elapsedMs: 0,
        hintMs: O.none,
        random: 0,
      };
      expect(hurried.plan.schedule(status)).to.deep.equal(O.none);
      expect(hurried.plan.outgoing).to.equal(question.plan.outgoing);
    });

    it('the upstream gets no more time than it has otherwise', async () => {
      const { ask, asked } = await kept();
      await ask(asking({ target: { timeouts: { ...timeouts, totalMs: 3000 } } }));
      expect(asked[1]?.plan.target.timeouts).to.deep.equal({ ...timeouts, totalMs: 3000 });
    });

    it('a stale list does not become a fresh one', async () => {
      const { ask, asked, answers } = await kept();
      await ask();
      answers(list('new'));
      expect(text(await ask())).to.equal(list('new'));
      expect(asked).to.have.length(3);
    });

    it('it is preferred to the fallback', async () => {
      const { ask } = await kept({ fallback: ['f'] });
      expect(text(await ask())).to.equal(list('kept'));
    });

    it('it is answered to any credential, by any path, but not in another dialect nor of another target', async () => {
      const { ask } = await kept();
      expect(text(await ask(asking({ headers: { authorization: 'Bearer x' }, path: '/models' })))).to.equal(
        list('kept'),
      );
      expect(await ask(asking({ dialect: 'anthropic' }))).to.equal(down);
      expect(await ask(asking({ url: 'http://127.0.0.1:2' }))).to.equal(down);
    });

    it('it is answered for whatever an upstream can do', async () => {
      for (const last of [badReply(404), badReply(402), badReply(429), badReply(500), failures.TlsFailed]) {
        const { ask, fails } = await kept();
        fails(E.left(gaveUp(last, true)));
        expect(text(await ask())).to.equal(list('kept'));
      }
    });

    it('a refused credential is told of, and so are failures that are not of the upstream', async () => {
      const { GaveUp, ClientGone, StageFault } = failures;
      for (const failure of [
        gaveUp(badReply(401), true),
        gaveUp(badReply(403), true),
        { ...GaveUp, last: ClientGone },
        StageFault,
      ]) {
        const { ask, fails, warnings } = await kept({ fallback: ['f'] });
        fails(E.left(failure));
        expect(await ask()).to.deep.equal(E.left(failure));
        expect(warnings).to.deep.equal([]);
      }
    });

    it('a 401 or 403 that the user wants tried again is a failure like others', async () => {
      const { ask, fails } = await kept();
      fails(E.left(gaveUp(badReply(403), false)));
      expect(text(await ask())).to.equal(list('kept'));
    });

    it('a failure without a summary has no attempts', async () => {
      const { ask, fails } = await kept();
      fails(E.left(failures.Unreachable));
      expect(answer(await ask()).attempts).to.deep.equal([]);
    });
  });

  describe('while the upstream fails, and nothing is kept,', () => {
    it('all tries are made, and then the failure is told', async () => {
      const { ask, asked } = app();
      const question = asking();
      expect(await ask(question)).to.equal(down);
      expect(asked[0]).to.equal(question);
      expect(question.plan.schedule).to.equal(always);
    });

    it('the fallback is answered after all tries', async () => {
      const { ask, asked, warnings, last } = app({ fallback: ['a', 'b'] });
      const question = asking();
      const result = await ask(question);
      const { data } = JSON.parse(text(result)) as { data: readonly { id: string }[] };
      expect(data.map(({ id }) => id)).to.deep.equal(['a', 'b']);
      expect({ ...answer(result).reply.headers }).to.deep.equal({
        'content-type': 'application/json',
        'x-seaking-models': 'fallback',
      });
      expect(answer(result).attempts).to.deep.equal([attempt, attempt]);
      expect(asked).to.deep.equal([question]);
      expect(warnings).to.deep.equal([]);
      await ask();
      expect(asked, 'the fallback is not fresh').to.have.length(2);
      expect(last.size, 'nor kept').to.equal(0);
    });

    it('the fallback has the dialect of who asks', async () => {
      const { ask } = app({ fallback: ['a'] });
      expect(JSON.parse(text(await ask(asking({ dialect: 'anthropic' }))))).to.include({ has_more: false });
      expect(JSON.parse(text(await ask()))).to.include({ object: 'list' });
    });

    it('a refused credential is told of', async () => {
      const { ask, fails } = app({ fallback: ['a'] });
      const refused = E.left(gaveUp(badReply(401), true));
      fails(refused);
      expect(await ask()).to.equal(refused);
    });
  });

  describe('a page of the list, or a choice from it,', () => {
    const page = asking({ path: '/v1/models?after_id=a&key=k' });

    it('is asked for each time, mended, and not kept', async () => {
      const { ask, answers, asked, last } = app();
      answers('[{"id":"b"}]');
      expect(text(await ask(page))).to.equal(list('b'));
      await ask(page);
      expect(asked).to.deep.equal([page, page]);
      expect(last.size).to.equal(0);
    });

    it('is not the whole list in its stead: a client that turns pages would never end', async () => {
      const { ask, answers, fails } = app({ fallback: ['f'] });
      answers(list('a'));
      await ask();
      fails();
      expect(await ask(page)).to.equal(down);
    });
  });
});
