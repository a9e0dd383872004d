import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { bytes, type Reply } from '../../lib/core/exchange.js';
import { stageHooks } from '../../lib/hooks/stage-hooks.js';
import { answer, defineStage, type Hooks, refuse, type StageDefinition, tryAgain } from '../../lib/index.js';
import { type Asking, request as asked, startProxy, type TestProxy } from '../../lib/testing/index.js';
import { eventually, pause } from '../support/proxy.js';

type HookName = 'request' | 'attempt' | 'reply' | 'response' | 'failure';

const HOOKS: readonly HookName[] = ['request', 'attempt', 'reply', 'response', 'failure'];

/** What a prompt would be, where an error tells of it. */
const CANARY = 'sekret-canary-0123456789';

// Whatever a stage may be, in JavaScript that nobody has checked.
type Anything = (e: never) => unknown;

const stage = (hooks: object): StageDefinition =>
  defineStage({ name: 'buggy', make: () => hooks as Hooks }) as StageDefinition;

const reply = (changes: object): Reply => ({ status: 200, headers: {}, body: bytes(Buffer.alloc(0)), ...changes });

const bang = (): never => {
  throw new Error(CANARY);
};

const ANYWHERE: readonly (readonly [string, Anything])[] = [
  ['throws', bang],
  [
    'throws a text',
    () => {
      throw CANARY;
    },
  ],
  [
    'throws null',
    () => {
      throw null;
    },
  ],
  [
    'throws an error of a strange name',
    () => {
      throw Object.assign(new Error(CANARY), { name: CANARY });
    },
  ],
  ['rejects', () => Promise.reject(new Error(CANARY))],
  [
    'rejects late',
    async () => {
      await pause(5);
      throw new Error(CANARY);
    },
  ],
  ['never answers', () => new Promise(() => {})],
  [
    'rejects after its time',
    async () => {
      await pause(60);
      throw new Error(CANARY);
    },
  ],
  ['gives nothing', () => undefined],
  ['gives null', () => null],
  ['gives a number', () => 5],
  ['gives a text', () => CANARY],
  ['gives nothing late', async () => undefined],
  ['gives a function that gives nothing', () => () => undefined],
  ['gives a function that throws', () => bang],
  ['gives a TaskEither that never settles', () => () => new Promise(() => {})],
  ['gives a Left of nonsense', () => ({ _tag: 'Left', left: 5 })],
  ['gives a Left of another failure', () => ({ _tag: 'Left', left: { _tag: 'ClientGone' } })],
  ['gives a Right of nothing', () => ({ _tag: 'Right', right: undefined })],
  ['refuses with a status that is none', () => refuse('No.', { status: 200 })],
  ['refuses without a word', () => refuse('')],
  ['answers with nonsense', () => ({ _tag: 'Early', reply: 5 })],
  ['answers with a status that is none', () => answer(reply({ status: 99 }))],
  ['answers with fields that cannot be sent', () => answer(reply({ headers: { a: 'b\r\nc: d' } }))],
  ['answers with a body that is none', () => answer(reply({ body: 'x' }))],
  [
    'answers with a stream that nobody has',
    () => answer(reply({ body: { _tag: 'Held', ticket: { _tag: 'Ticket' } } })),
  ],
  ['asks for another try of nonsense', () => tryAgain('no', { atMost: Number.NaN })],
];

const request = (change: object) => (e: { request: object }) => ({ ...e, request: { ...e.request, ...change } });
const body = (change: object) => (e: { call: { body: object } }) => ({
  ...e,
  call: { ...e.call, body: { ...e.call.body, ...change } },
});
const outgoing = (change: object) => (e: { outgoing: object }) => ({ ...e, outgoing: { ...e.outgoing, ...change } });

const ROUND: Record<string, unknown> = {};
ROUND.round = ROUND;

/** What is nonsense at one hook. */
const SOMEWHERE: readonly (readonly [HookName, string, Anything])[] = [
  ['attempt', 'answers', () => answer(reply({}))],
  ['response', 'answers', () => answer(reply({}))],
  ['reply', 'answers', () => answer(reply({}))],
  ['attempt', 'refuses', () => refuse('No.')],
  ['response', 'refuses', () => refuse('No.')],
  ...(['request', 'attempt', 'response', 'failure'] as const).map(
    (hook) => [hook, 'asks for another try', () => tryAgain('no')] as const,
  ),
  ...[
    { path: '/a b' },
    { path: 'v1' },
    { method: 'A B' },
    { headers: { 'X-A': 'b' } },
    { headers: { a: 'b\nc' } },
    { body: 'x' },
  ].flatMap(
    (change) =>
      [
        ['request', `gives a request with ${JSON.stringify(change)}`, request(change)],
        ['attempt', `sends a request with ${JSON.stringify(change)}`, outgoing(change)],
      ] as const,
  ),
  ['request', 'gives no request', (e: object) => ({ ...e, request: null })],
  ['request', 'gives bytes that are no JSON', request({ body: bytes(Buffer.from('{')) })],
  ['request', 'gives bytes that are no chat', request({ body: bytes(Buffer.from('{}')) })],
  ['request', 'gives a call that is none', (e: object) => ({ ...e, call: 5 })],
  ...[{ model: 5 }, { messages: [] }, { messages: 'x' }, { model: false }].map(
    (change) => ['request', `gives a chat with ${JSON.stringify(change)}`, body(change)] as const,
  ),
  ['request', 'gives a chat that goes round in circles', body(ROUND)],
  ['request', 'gives a number that JSON does not know', body({ n: 5n })],
  ['attempt', 'names no target', (e: object) => ({ ...e, target: undefined })],
  ['attempt', 'names another target', (e: object) => ({ ...e, target: { name: 'other' } })],
  ...(['reply', 'response'] as const).flatMap((hook) =>
    [
      { status: 99 },
      { status: 700 },
      { headers: { a: '\0' } },
      { reasonPhrase: 'a\r\nb' },
      { body: null },
      { body: { _tag: 'Held', ticket: { _tag: 'Ticket' }, prefix: Buffer.alloc(0) } },
    ].map(
      (change) =>
        [
          hook,
          `gives a reply with ${JSON.stringify(change)}`,
          (e: { reply: Reply }) => ({ ...e, reply: { ...e.reply, ...change } }),
        ] as const,
    ),
  ),
  ['failure', 'gives a failure of its own', (e: object) => ({ ...e, failure: { _tag: 'ClientGone' } })],
];

describe('hooks: a stage with a bug', () => {
  let proxy: TestProxy;
  let unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  beforeEach(() => {
    unhandled = [];
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    process.off('unhandledRejection', note);
    await proxy.close();
    expect(unhandled).to.deep.equal([]);
  });

  /** One request that meets it, and one that does not. */
  const meets = async (hook: HookName, buggy: Anything, asked: Asking) => {
    let isOn = true;
    const hooks = { [hook]: (e: never) => (isOn ? buggy(e) : e) };
    proxy = await startProxy({ stages: [{ stage: stage(hooks), timeoutMs: 40 }] });
    const came = await proxy.ask({ ...asked, ...(hook === 'failure' ? { faults: ['http-401'] } : {}) });
    isOn = false;
    expect((await proxy.ask(asked)).status, 'the next request').to.equal(200);
    return came;
  };
  /** What the log is told of stages that failed: of their requests, or behind their end. */
  const faults = () =>
    proxy.events.flatMap((event) => {
      if (event._tag === 'StageFailed') return [event.fault];
      return event._tag === 'RequestFinished' && event.summary.fault !== undefined ? [event.summary.fault] : [];
    });

  const isFault = ({ status, body: told, attempts }: Awaited<ReturnType<typeof meets>>, hook: HookName): void => {
    expect(status, told).to.equal(500);
    const { error } = JSON.parse(told);
    expect(error).to.include({ code: 'stage_fault', type: 'server_error' });
    expect(error.message).to.match(
      new RegExp(`^A stage of the proxy failed \\(buggy [^()]*(\\([\\w.-]+:\\d+\\) )?.*at ${hook}[^)]*\\)\\.$`),
    );
    expect(told).not.to.include('sekret');
    expect(attempts.length).to.be.at.most(1);
    const ended = proxy.events.find((event) => event._tag === 'RequestFinished');
    expect(ended?._tag === 'RequestFinished' && ended.summary.reason).to.deep.equal(O.some('stage_fault'));
    const [fault, ...more] = faults();
    expect(more).to.deep.equal([]);
    expect(fault?.stage).to.equal('buggy');
    expect(fault?.place).to.equal(hook);
  };

  for (const hook of HOOKS) {
    describe(`at ${hook}`, () => {
      for (const [name, buggy] of ANYWHERE) {
        it(`that ${name} ends its request alone`, async () => {
          isFault(await meets(hook, buggy, { stream: hook === 'response' || hook === 'reply' }), hook);
        });
      }
      for (const [where, name, buggy] of SOMEWHERE) {
        if (where !== hook) continue;
        it(`that ${name} ends its request alone`, async () => {
          isFault(await meets(hook, buggy, {}), hook);
        });
      }
    });
  }

  it('is reported in the log with the message of its error and its stack', async () => {
    await meets('request', bang, {});
    const [fault] = faults();
    expect(fault).to.include({ stage: 'buggy', place: 'request', says: `Error: ${CANARY}` });
    expect(fault?.at).to.match(/^faults\.spec\.[jt]s:\d+$/);
    expect(fault?.stack[0]).to.match(/^at bang /);
  });

  it('is reported with its file, where no line is known', async () => {
    proxy = await startProxy();
    const told: string[] = [];
    const deps = {
      sleep: () => TE.right(undefined),
      now: () => 0,
      discard: () => {},
      // It is given on as it is, with what would be done for it left out.
      classify: (e: object) => TE.right(e as never),
      read: () => TE.left({ _tag: 'ClientGone' as const }),
    };
    const installed = { label: 'mine', file: 'mine.js', timeoutMs: 2000 };
    for (const hook of [() => 5 as never, () => new Promise<never>(() => {})]) {
      const layers = stageHooks(deps, [{ ...installed, hooks: { request: hook } }]);
      const came = await layers.request(() => TE.left({ _tag: 'ClientGone' }))(asked())();
      told.push(E.isLeft(came) && came.left._tag === 'StageFault' ? came.left.why : 'no fault');
    }
    expect(told).to.deep.equal([
      'returned no value (mine.js) at request',
      'did not answer in 2 s (mine.js) at request',
    ]);
  });

  it('of which the state throws ends its request alone, before anything is sent', async () => {
    let isOn = true;
    const hooks = { state: () => (isOn ? bang() : {}), request: <A>(e: A) => e };
    proxy = await startProxy({ stages: [{ stage: stage(hooks) }] });
    const { status, body: told, sent } = await proxy.ask();
    expect([status, sent]).to.deep.equal([500, []]);
    expect(told)
      .to.match(/\(buggy threw Error \(faults\.spec\.[jt]s:\d+\) at state\)/)
      .and.not.include('sekret');
    isOn = false;
    expect((await proxy.ask()).status).to.equal(200);
  });

  it('changes nothing for the client where it fails at finished, and is reported in the log', async () => {
    const bugs = [bang, async () => bang(), () => new Promise(() => {})];
    for (const finished of bugs) {
      proxy = await startProxy({ stages: [{ stage: stage({ finished }), timeoutMs: 20 }] });
      expect((await proxy.ask()).status).to.equal(200);
      await proxy.close();
      expect(faults()).to.have.lengthOf(1);
      expect(faults()[0]?.place).to.equal('finished');
      expect(faults()[0]?.says).to.match(/^Error: |^did not answer in 0\.02 s at finished$/);
    }
  });

  it('keeps no other stage from its finished', async () => {
    const told: number[] = [];
    const after = defineStage({ name: 'after', make: () => ({ finished: (e) => void told.push(e.status) }) });
    proxy = await startProxy({ stages: [{ stage: after }, { stage: stage({ finished: bang }) }] });
    await proxy.ask();
    await proxy.close();
    expect(told).to.deep.equal([200]);
  });

  it('behind the tries leaves them in the log', async () => {
    const ends: readonly (readonly [number, object])[] = [
      [500, { response: bang }],
      [500, { text: bang }],
      [500, { json: bang }],
    ];
    for (const [expected, hooks] of ends) {
      proxy = await startProxy({ stages: [{ stage: stage(hooks) }] });
      const { status, attempts, headers } = await proxy.ask({ faults: ['http-503'] });
      expect([status, attempts.length, headers.get('x-seaking-attempts')]).to.deep.equal([expected, 2, '2']);
      await proxy.close();
    }
  });

  it('that answers after the client has left disturbs nobody', async () => {
    let late: ((e: unknown) => void) | undefined;
    const waiting = stage({
      request: () =>
        new Promise((resolve) => {
          late = resolve;
        }),
    });
    proxy = await startProxy({ stages: [{ stage: waiting }] });
    const leaving = new AbortController();
    const went = fetch(`${proxy.url}/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      body: JSON.stringify({ model: 'm', messages: [{}] }),
    }).catch(() => 'gone');
    await eventually(() => late !== undefined);
    leaving.abort();
    expect(await went).to.equal('gone');
    await eventually(() => proxy?.events.some((event) => event._tag === 'RequestFinished') === true);
    late?.({});
    await pause(10);
    expect(faults()).to.deep.equal([]);
  });

  for (const hook of HOOKS) {
    it(`that never answers at ${hook} lets go when the client leaves`, async () => {
      let isWaiting = false;
      const waiting = () => {
        isWaiting = true;
        return new Promise(() => {});
      };
      proxy = await startProxy({ stages: [{ stage: stage({ [hook]: waiting }) }] });
      const at = proxy;
      const leaving = new AbortController();
      const went = fetch(`${at.url}/chat/completions`, {
        method: 'POST',
        signal: leaving.signal,
        body: JSON.stringify({ model: hook === 'failure' ? 'demo:http-401:always' : 'm', messages: [{}] }),
      }).catch(() => 'gone');
      await eventually(() => isWaiting);
      leaving.abort();
      expect(await went).to.equal('gone');
      const ended = () => at.events.find((event) => event._tag === 'RequestFinished');
      await eventually(() => ended() !== undefined);
      expect(ended()).to.have.nested.property('summary.reason').that.deep.equals(O.some('client_gone'));
    });
  }

  it('never shows its words to a client, whatever it throws', async () => {
    let words = '';
    const loud = stage({
      attempt: () => {
        throw new Error(words);
      },
    });
    proxy = await startProxy({ stages: [{ stage: loud }] });
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 40 }), async (more) => {
        words = `${more} ${CANARY}\n    at ${CANARY} (${CANARY}:1:1)\n    at sekret.canary.js:1:1\n    at f (/x/canary.js:2:2) ${more}`;
        const { body: told, status, headers } = await proxy.ask();
        expect(status).to.equal(500);
        expect(told + [...headers].join()).not.to.include('canary');
      }),
      { numRuns: 30 },
    );
  });
});
