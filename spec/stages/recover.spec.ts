import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { Attempt } from '../../lib/core/attempt.js';
import type { Dialect } from '../../lib/core/dialect.js';
import type { Event } from '../../lib/core/event.js';
import {
  type Answered,
  type Ask,
  type Body,
  bytes,
  type Further,
  type Held,
  held,
  type Planned,
  type Reply,
} from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { always, type Status } from '../../lib/core/schedule.js';
import type { Source } from '../../lib/core/source.js';
import { dialects } from '../../lib/dialects/index.js';
import { recover } from '../../lib/stages/recover.js';
import { sourceOfPieces } from '../support/sources.js';
import { plan, planned, request } from '../support/values.js';

const asked = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };
const sends = (body: Body) => planned({ plan: plan({ stream: true, schedule: always, outgoing: request({ body }) }) });
const json = (value: unknown): Body => bytes(Buffer.from(JSON.stringify(value)));
const value = sends(json(asked));
const attempt: Attempt = {
  number: 1,
  target: 'target',
  status: O.some(200),
  reason: O.none,
  hintMs: O.none,
  durationMs: 1,
  waitMs: O.none,
};
const status = (retries: number): Status => ({
  reason: 'upstream_error',
  retries,
  sameReason: 0,
  sinceHint: 0,
  elapsedMs: 0,
  hintMs: O.none,
  random: 0,
});

const open = (): Held => held(sourceOfPieces(), O.none);

/** Records what it is asked, and answers in so many attempts. */
const inner = (attempts: readonly number[], body: () => Body = open) => {
  const seen: Planned[] = [];
  const stage = (given: Planned): TE.TaskEither<Failure, Answered> => {
    const count = attempts[seen.length] ?? 1;
    seen.push(given);
    return TE.right({
      ...given,
      reply: { status: 200, headers: {}, body: body() },
      attempts: Array.from({ length: count }, () => attempt),
    });
  };
  return { seen, stage };
};
const replyOf = async (task: TE.TaskEither<Failure, Answered>): Promise<Reply> => {
  const answered = await task();
  if (E.isLeft(answered)) throw new Error(answered.left._tag);
  return answered.right.reply;
};
const layersOf = (reply: Reply) => (reply.body._tag === 'Held' ? reply.body.through : []);
/** What `recover` gives to the layer that goes on. */
const asks: Ask[] = [];
const settings = {
  onBreak: 'continue',
  maxContinues: 3,
  now: () => 500,
  warn: () => {},
  emit: () => {},
  resume: (_dialect: Dialect, ask: Ask) => {
    asks.push(ask);
    return (source: Source) => source;
  },
} as const;
const goOn = async (reply: Reply, partial: string): Promise<E.Either<Failure, Further>> => {
  expect(layersOf(reply)).to.have.length(1);
  return (asks.at(-1) as Ask)(partial)();
};
const again = async (came: E.Either<Failure, Further>, partial: string): Promise<E.Either<Failure, Further>> =>
  E.isRight(came) && O.isSome(came.right.ask) ? came.right.ask.value(partial)() : expect.fail('it cannot go on');

describe('recovery', () => {
  it('asks the same again, with what was said as the last message, and a deadline of its own', async () => {
    const { seen, stage } = inner([1, 1]);
    await goOn(await replyOf(recover(settings)(stage)(value)), 'Hi th');
    expect(seen).to.have.length(2);
    expect(seen[1]?.receivedAt).to.equal(500);
    const body = seen[1]?.plan.outgoing.body;
    expect(body?._tag === 'Bytes' && JSON.parse(body.bytes.toString())).to.deep.equal({
      ...asked,
      messages: [...asked.messages, { role: 'assistant', content: 'Hi th' }],
    });
  });
  it('asks with what was sent, which is not what came where stages have changed it', async () => {
    const seen: Planned[] = [];
    const system = { role: 'system', content: 'Be brief.' };
    // As a stage at `try` does it, to the first request alone.
    const stage = (given: Planned): TE.TaskEither<Failure, Answered> => {
      const sent = seen.length === 0 ? json({ model: 'other', messages: [system, ...asked.messages] }) : json('later');
      seen.push(given);
      const outgoing = { ...given.plan.outgoing, body: sent };
      const reply: Reply = { status: 200, headers: {}, body: open() };
      return TE.right({ ...given, plan: { ...given.plan, outgoing }, reply, attempts: [attempt] });
    };
    const second = await goOn(await replyOf(recover(settings)(stage)(value)), 'Hi');
    await again(second, 'Hi there');
    for (const [at, content] of [
      [1, 'Hi'],
      [2, 'Hi there'],
    ] as const) {
      const body = seen[at]?.plan.outgoing.body;
      expect(body?._tag === 'Bytes' && JSON.parse(body.bytes.toString())).to.deep.equal({
        model: 'other',
        messages: [system, ...asked.messages, { role: 'assistant', content }],
      });
    }
  });
  it('tells that it asks for more, since that may be billed', async () => {
    const told: unknown[] = [];
    const warn = (...warning: unknown[]) => told.push(warning);
    const reply = await replyOf(recover({ ...settings, warn })(inner([1, 1]).stage)(value));
    expect(told).to.deep.equal([]);
    await goOn(reply, 'Hi');
    expect(told).to.deep.equal([['id-1', 'asked_to_go_on']]);
  });
  it('emits that another reply goes on with the stream', async () => {
    const events: Event[] = [];
    const emit = (event: Event) => void events.push(event);
    const reply = await replyOf(recover({ ...settings, emit })(inner([1, 1]).stage)(value));
    await goOn(reply, 'Hi');
    expect(events).to.deep.equal([{ _tag: 'Continued', id: 'id-1' }]);
  });
  it('makes so many more tries in all, however they are spread', async () => {
    const { seen, stage } = inner([5, 1, 2, 1]);
    const first = await replyOf(recover(settings)(stage)(value));
    const second = await goOn(first, 'a');
    expect(seen[1]?.plan.schedule(status(1))).to.deep.equal(O.some(0));
    expect(seen[1]?.plan.schedule(status(2))).to.deep.equal(O.none);
    if (E.isLeft(second)) throw new Error('left');
    expect(second.right.answered.attempts, 'what it took').to.have.length(1);
    const third = await again(second, 'ab');
    expect(seen[2]?.plan.schedule(status(0))).to.deep.equal(O.some(0));
    expect(seen[2]?.plan.schedule(status(1))).to.deep.equal(O.none);
    if (E.isLeft(third)) throw new Error('left');
    expect(third.right.ask).to.deep.equal(O.none);
  });
  it('fails where the request cannot be gone on with', async () => {
    const several = sends(json({ ...asked, n: 2 }));
    const { seen, stage } = inner([1]);
    expect(await goOn(await replyOf(recover(settings)(stage)(several)), 'a')).to.deep.equal(
      E.left({ _tag: 'BrokenOff', by: 'end' }),
    );
    expect(seen).to.have.length(1);
    const unread = sends(open());
    expect(await goOn(await replyOf(recover(settings)(stage)(unread)), 'a')).to.have.property('_tag', 'Left');
  });
  for (const [name, [changes, given]] of Object.entries({
    'the user did not ask for it': [{ onBreak: 'error' }, value],
    'no stream was asked for': [{}, planned({ plan: plan({ stream: false }) })],
    'it is no chat': [{}, { ...value, call: { _tag: 'Other', dialect: dialects.openai } }],
    'it may go on no times': [{ maxContinues: 0 }, value],
  } as Record<string, readonly [object, Planned]>)) {
    it(`leaves a reply as it is where ${name}`, async () => {
      const reply = await replyOf(recover({ ...settings, ...changes })(inner([1]).stage)(given));
      expect(layersOf(reply)).to.deep.equal([]);
    });
  }
  it('leaves a reply as it is that came whole', async () => {
    const whole = bytes(Buffer.from('x'));
    expect((await replyOf(recover(settings)(inner([1], () => whole).stage)(value))).body).to.equal(whole);
  });
});
