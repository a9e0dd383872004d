import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import { bytes, type Reply } from '../../lib/core/exchange.js';
import { defineStage, refuse, type Seats, type StageDefinition, tryAgain } from '../../lib/index.js';
import { type Asking, startProxy, type TestProxy } from '../../lib/testing/index.js';

type SeatName = 'received' | 'decoded' | 'planned' | 'try' | 'replied' | 'answered' | 'failed';

const SEATS: readonly SeatName[] = ['received', 'decoded', 'planned', 'try', 'replied', 'answered', 'failed'];

/** What a prompt would be, where an error tells of it. */
const CANARY = 'sekret-canary-0123456789';

// Whatever a stage may be, in JavaScript that nobody has checked.
type Anything = (e: never) => unknown;

const stage = (seats: Partial<Record<SeatName, Anything>>): StageDefinition =>
  defineStage({ name: 'hostile', make: () => seats as Seats }) as StageDefinition;

/** Throws on every look at it. */
const trap = (): object =>
  new Proxy(
    {},
    {
      get: () => {
        throw new Error(CANARY);
      },
      has: () => {
        throw new Error(CANARY);
      },
      ownKeys: () => {
        throw new Error(CANARY);
      },
    },
  );

const throwing = (value: object): object =>
  Object.defineProperty({ ...value }, 'request', {
    get: () => {
      throw new Error(CANARY);
    },
    enumerable: true,
  });

class Odd extends Error {
  override get name(): string {
    throw new Error(CANARY);
  }
}

const ANYWHERE: readonly (readonly [string, Anything])[] = [
  [
    'throws',
    () => {
      throw new Error(CANARY);
    },
  ],
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
    'throws what throws when it is looked at',
    () => {
      throw new Odd(CANARY);
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
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error(CANARY);
    },
  ],
  ['never answers', () => new Promise(() => {})],
  ['gives nothing', () => undefined],
  ['gives null', () => null],
  ['gives a number', () => 5],
  ['gives a text', () => CANARY],
  ['gives a function that gives nothing', () => () => undefined],
  [
    'gives a function that throws',
    () => () => {
      throw new Error(CANARY);
    },
  ],
  ['gives a TaskEither that never settles', () => () => new Promise(() => {})],
  [
    'gives a thenable that throws',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the point.
      then: () => {
        throw new Error(CANARY);
      },
    }),
  ],
  // biome-ignore lint/suspicious/noThenProperty: that is the point.
  ['gives a thenable that never settles', () => ({ then: () => {} })],
  ['gives what throws when it is looked at', () => trap()],
  ['gives a Left of nonsense', () => ({ _tag: 'Left', left: 5 })],
  ['gives a Left of another failure', () => ({ _tag: 'Left', left: { _tag: 'ClientGone' } })],
  ['gives a Left that throws when it is looked at', () => ({ _tag: 'Left', left: trap() })],
  ['gives a Right of nothing', () => ({ _tag: 'Right', right: undefined })],
  ['refuses with a status that is none', () => refuse('No.', { status: 200 })],
  ['refuses without a word', () => refuse('')],
  ['answers with nonsense', () => ({ _tag: 'Early', reply: 5 })],
  [
    'answers with a status that is none',
    () => ({ _tag: 'Early', reply: { status: 99, headers: {}, body: bytes(Buffer.alloc(0)) } }),
  ],
  [
    'answers with fields that cannot be sent',
    () => ({ _tag: 'Early', reply: { status: 200, headers: { a: 'b\r\nc: d' }, body: bytes(Buffer.alloc(0)) } }),
  ],
  ['answers with a body that is none', () => ({ _tag: 'Early', reply: { status: 200, headers: {}, body: 'x' } })],
  [
    'answers with a stream that nobody has',
    () => ({
      _tag: 'Early',
      reply: { status: 200, headers: {}, body: { _tag: 'Held', ticket: { _tag: 'Ticket' }, peek: Buffer.alloc(0) } },
    }),
  ],
  [
    'changes what it was given',
    (e: { id: string }) => {
      e.id = 'x';
      return e;
    },
  ],
  [
    'changes what it was given, deep within',
    (e: { request: { headers: { a?: string } } }) => {
      e.request.headers.a = 'x';
      return e;
    },
  ],
  ['asks for another try of nonsense', () => tryAgain('no', { atMost: Number.NaN })],
];

type Message = { readonly body: { readonly bytes?: Buffer; readonly peek?: Buffer } };
type Writable = {
  readonly request: Message;
  readonly plan?: { readonly outgoing: Message };
  readonly outgoing?: Message;
  readonly reply?: Message;
};

const scribble = (message: Message | undefined): void => {
  message?.body.bytes?.fill(0x20);
  message?.body.peek?.fill(0x20);
};

/** What is nonsense at one seat. */
const SOMEWHERE: readonly (readonly [SeatName, string, Anything])[] = [
  ['try', 'asks for another try', () => tryAgain('no')],
  ['answered', 'asks for another try', () => tryAgain('no')],
  ...SEATS.filter((seat) => seat !== 'failed').map(
    (seat) =>
      [
        seat,
        'gives what throws at a look at its request',
        (e: object) => throwing({ ...e, plan: undefined, call: undefined, outgoing: undefined, reply: undefined }),
      ] as const,
  ),
  ...(['received', 'decoded'] as const).flatMap((seat) =>
    [
      { path: '/a b' },
      { path: 'http://evil/v1' },
      { path: 'v1' },
      { method: 'A B' },
      { headers: { 'X-A': 'b' } },
      { headers: { a: 5 } },
      { headers: { a: 'b\nc' } },
      { body: 'x' },
      { body: { _tag: 'Held', ticket: { _tag: 'Ticket' } } },
    ].map(
      (change) =>
        [
          seat,
          `gives a request with ${JSON.stringify(change)}`,
          (e: { request: object }) => ({ ...e, request: { ...e.request, ...change } }),
        ] as const,
    ),
  ),
  ...[{ model: 5 }, { messages: [] }, { messages: 'x' }, { model: undefined }].map(
    (change) =>
      [
        'decoded',
        `gives a chat with ${JSON.stringify(change)}`,
        (e: { call: { body: object } }) => ({ ...e, call: { ...e.call, body: { ...e.call.body, ...change } } }),
      ] as const,
  ),
  [
    'decoded',
    'gives a chat that goes round in circles',
    (e: { call: { body: object } }) => {
      const body: Record<string, unknown> = { ...e.call.body };
      body.self = body;
      return { ...e, call: { ...e.call, body } };
    },
  ],
  [
    'decoded',
    'gives a number that JSON does not know',
    (e: { call: { body: object } }) => ({ ...e, call: { ...e.call, body: { ...e.call.body, n: 5n } } }),
  ],
  [
    'decoded',
    'gives a body that throws when it is written',
    (e: { call: { body: object } }) => ({
      ...e,
      call: {
        ...e.call,
        body: {
          ...e.call.body,
          toJSON: () => {
            throw new Error(CANARY);
          },
        },
      },
    }),
  ],
  [
    'decoded',
    'gives bytes that are no JSON',
    (e: { request: object }) => ({ ...e, request: { ...e.request, body: bytes(Buffer.from('{')) } }),
  ],
  [
    'decoded',
    'gives bytes that are no chat',
    (e: { request: object }) => ({ ...e, request: { ...e.request, body: bytes(Buffer.from('{}')) } }),
  ],
  ['decoded', 'gives a call that is none', (e: object) => ({ ...e, call: 5 })],
  ['planned', 'gives no plan', (e: object) => ({ ...e, plan: 5 })],
  ['planned', 'gives a schedule that is none', (e: { plan: object }) => ({ ...e, plan: { ...e.plan, schedule: 5 } })],
  ['planned', 'gives nothing to send', (e: { plan: object }) => ({ ...e, plan: { ...e.plan, outgoing: undefined } })],
  ['try', 'gives nothing to send', (e: object) => ({ ...e, outgoing: null })],
  ...(['replied', 'answered'] as const).flatMap((seat) =>
    [
      { status: 99 },
      { status: 700 },
      { status: Number.NaN },
      { headers: { a: '\0' } },
      { reasonPhrase: 'a\r\nb' },
      { body: null },
      { body: { _tag: 'Held', ticket: { _tag: 'Ticket' }, peek: Buffer.alloc(0) } },
    ].map(
      (change) =>
        [
          seat,
          `gives a reply with ${JSON.stringify(change)}`,
          (e: { reply: Reply }) => ({ ...e, reply: { ...e.reply, ...change } }),
        ] as const,
    ),
  ),
  ['failed', 'gives a failure of its own', (e: object) => ({ ...e, failure: { _tag: 'ClientGone' } })],
  ...SEATS.map(
    (seat) =>
      [
        seat,
        'writes into bytes',
        (e: Writable) => {
          for (const message of [e.request, e.plan?.outgoing, e.outgoing, e.reply]) scribble(message);
          return e;
        },
      ] as const,
  ),
];

describe('a hostile stage', () => {
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
  const meets = async (seat: SeatName, hostile: Anything, asked: Asking) => {
    let isOn = true;
    const seats = { [seat]: (e: never) => (isOn ? hostile(e) : e) };
    proxy = await startProxy({ stages: [{ stage: stage(seats), timeoutMs: 40 } as never] });
    const came = await proxy.ask({ ...asked, ...(seat === 'failed' ? { faults: ['http-401'] } : {}) });
    isOn = false;
    expect((await proxy.ask(asked)).status, 'the next request').to.equal(200);
    return came;
  };

  const isFault = ({ status, body, attempts }: Awaited<ReturnType<typeof meets>>, seat: SeatName): void => {
    expect(status, body).to.equal(500);
    const { error } = JSON.parse(body);
    expect(error).to.include({ code: 'stage_fault', type: 'server_error' });
    expect(error.message).to.match(
      new RegExp(`^A stage of the proxy failed \\(hostile [^()]*(\\([\\w.-]+:\\d+\\) )?.*at ${seat}[^)]*\\)\\.$`),
    );
    expect(body).not.to.include('sekret');
    expect(attempts.length).to.be.at.most(1);
    const told = proxy.events.find((event) => event._tag === 'RequestFinished');
    expect(told?._tag === 'RequestFinished' && told.story.reason).to.deep.equal(O.some('stage_fault'));
    expect(JSON.stringify(proxy.events)).not.to.include('sekret');
  };

  for (const seat of SEATS) {
    describe(`at ${seat}`, () => {
      for (const [name, hostile] of ANYWHERE) {
        it(`that ${name} ends its request alone`, async () => {
          isFault(await meets(seat, hostile, { stream: seat === 'answered' || seat === 'replied' }), seat);
        });
      }
      for (const [where, name, hostile] of SOMEWHERE) {
        if (where !== seat) continue;
        it(`that ${name} ends its request alone`, async () => {
          isFault(await meets(seat, hostile, { stream: name === 'writes into bytes' }), seat);
        });
      }

      it('that writes into what it was given without noticing changes nothing', async () => {
        // Sloppy code, as in scripts of old: a write to what is frozen is nothing.
        const sloppy = new Function(
          'e',
          "e.id = 'x'; e.request.path = '/x'; e.request.headers.a = 'x'; delete e.signal; return e;",
        );
        const { status } = await meets(seat, sloppy as Anything, {});
        expect(status).to.equal(seat === 'failed' ? 401 : 200);
      });
    });
  }

  it('that pollutes prototypes reaches none', async () => {
    const body = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}');
    const { status } = await meets(
      'decoded',
      ((e: { call: { body: object } }) => ({
        ...e,
        call: { ...e.call, body: { ...e.call.body, ...body } },
      })) as Anything,
      {},
    );
    expect(status).to.equal(200);
    expect(({} as { polluted?: boolean }).polluted).to.equal(undefined);
  });

  it('that answers after the client has left disturbs nobody', async () => {
    let answer: (e: unknown) => void = () => {};
    const late = stage({
      planned: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    proxy = await startProxy({ stages: [{ stage: late } as never] });
    const leaving = new AbortController();
    const asked = fetch(`${proxy.url}/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      body: JSON.stringify({ model: 'm', messages: [{}] }),
    }).catch(() => 'gone');
    await new Promise((resolve) => setTimeout(resolve, 40));
    leaving.abort();
    expect(await asked).to.equal('gone');
    answer({});
    await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('never has its words told, whatever it throws', async () => {
    let words = '';
    const loud = stage({
      try: () => {
        throw new Error(words);
      },
    });
    proxy = await startProxy({ stages: [{ stage: loud } as never] });
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 40 }), async (more) => {
        words = `${more} ${CANARY}\n    at ${CANARY} (${CANARY}:1:1)\n    at sekret.canary.js:1:1\n    at f (/x/canary.js:2:2) ${more}`;
        const { body, status, headers } = await proxy.ask();
        expect(status).to.equal(500);
        expect(body + [...headers].join()).not.to.include('canary');
      }),
      { numRuns: 30 },
    );
    expect(JSON.stringify(proxy.events)).not.to.include('canary');
  });
});
