import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import { bytes, type Reply } from '../../lib/core/exchange.js';
import { defineStage, refuse, type Seats, type StageDefinition, tryAgain } from '../../lib/index.js';
import { type Asking, startProxy, type TestProxy } from '../../lib/testing/index.js';

type SeatName = 'received' | 'decoded' | 'planned' | 'try' | 'replied' | 'answered' | 'failed';

const SEATS: readonly SeatName[] = ['received', 'decoded', 'planned', 'try', 'replied', 'answered', 'failed'];

/** The prompt of each request, where an error tells of it. */
const CANARY = 'sekret-canary-0123456789';

const ASKED: Asking = { body: { messages: [{ role: 'user', content: CANARY }] }, says: 'Nothing.' };

// Whatever a stage may be, in JavaScript that nobody has checked.
type Anything = (e: never) => unknown;

const stage = (seats: Partial<Record<SeatName, Anything>>): StageDefinition =>
  defineStage({ name: 'hostile', make: () => seats as Seats }) as StageDefinition;

type Settle = (value: unknown) => void;

const thenable = (then: (yes: Settle, no: Settle) => void): object =>
  Object.defineProperty({}, 'then', { value: then });

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
  ...[{ model: 5 }, { messages: [] }, { messages: 'x' }, { model: false }].map(
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
  const meets = async (seat: SeatName, hostile: Anything, more: Asking) => {
    const asked = { ...ASKED, ...more };
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

  it('never has its words told to a client, whatever it throws, and in the log without the prompt alone', async () => {
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
        const { body, status, headers } = await proxy.ask(ASKED);
        expect(status).to.equal(500);
        expect(body + [...headers].join()).not.to.include('canary');
      }),
      { numRuns: 30 },
    );
    const logged = proxy.events.map((event) => {
      if (event._tag !== 'RequestFinished' || event.story.fault === undefined) return event;
      const { says, ...fault } = event.story.fault;
      expect(says)
        .to.match(/^Error: /)
        .and.not.include(CANARY);
      expect(fault).to.include({ stage: 'hostile', place: 'try' });
      return { ...event, story: { ...event.story, fault } };
    });
    expect(logged).not.to.deep.equal(proxy.events);
    expect(JSON.stringify(logged)).not.to.include('canary');
  });

  const post = async (leaving: AbortController, body: object = {}) =>
    fetch(`${proxy.url}/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      body: JSON.stringify({ model: 'm', messages: [{}], ...body }),
    }).catch(() => 'gone');
  const inFlight = async (): Promise<number> =>
    ((await (await fetch(proxy.url.replace(/\/v1$/, '/status'))).json()) as { in_flight: number }).in_flight;

  for (const seat of SEATS) {
    it(`that never answers at ${seat} lets go when the client leaves`, async () => {
      let aborted = 0;
      const waiting = stage({
        [seat]: ((e: { signal: AbortSignal }) => {
          e.signal.addEventListener('abort', () => {
            aborted += 1;
          });
          return new Promise(() => {});
        }) as Anything,
      });
      proxy = await startProxy({ stages: [{ stage: waiting }] });
      const leaving = new AbortController();
      const asked = post(leaving, seat === 'failed' ? { model: 'demo:http-401:always' } : {});
      await new Promise((resolve) => setTimeout(resolve, 60));
      leaving.abort();
      expect(await asked).to.equal('gone');
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(aborted).to.equal(1);
      const told = proxy.events.find((event) => event._tag === 'RequestFinished');
      expect(told?._tag === 'RequestFinished' && told.story.reason).to.deep.equal(O.some('client_gone'));
      expect(await inFlight()).to.equal(0);
    });
  }

  for (const [name, given] of [
    [
      'resolves twice, then rejects',
      (e: object) =>
        thenable((yes, no) => {
          yes(e);
          yes(5);
          no(new Error(CANARY));
        }),
    ],
    [
      'throws once it has resolved',
      (e: object) =>
        thenable((yes) => {
          yes(e);
          throw new Error(CANARY);
        }),
    ],
    ['gives a Right of a Right', (e: object) => ({ _tag: 'Right', right: { _tag: 'Right', right: e } })],
    ['gives its value behind a proxy', (e: object) => new Proxy(e, {})],
    ['gives what inherits from its value', (e: object) => Object.create(e)],
  ] as const) {
    it(`that ${name} changes nothing`, async () => {
      expect((await meets('decoded', given as Anything, {})).status).to.equal(200);
    });
  }
  for (const [name, given] of [
    [
      'gives a Right of itself',
      () => {
        const round: Record<string, unknown> = { _tag: 'Right' };
        round.right = round;
        return round;
      },
    ],
    ['gives a Right of a promise', (e: object) => ({ _tag: 'Right', right: Promise.resolve(e) })],
    [
      'is a generator',
      function* (e: object) {
        yield e;
      },
    ],
    ['gives a function twice', (e: object) => () => () => Promise.resolve(e)],
    ['rejects after its time', () => new Promise((_, no) => setTimeout(no, 60, new Error(CANARY)))],
    ['gives a copy by JSON', (e: object) => JSON.parse(JSON.stringify(e))],
    [
      'gives a copy by structuredClone',
      (e: { request: object; call: object }) => ({
        ...e,
        request: structuredClone({ ...e.request, signal: undefined }),
      }),
    ],
    ['gives its call alone', (e: { call: object }) => ({ call: e.call })],
  ] as const) {
    it(`that ${name} ends its request alone`, async () => {
      isFault(await meets('decoded', given as Anything, {}), 'decoded');
    });
  }

  const detached = (): Uint8Array => {
    const taken = new Uint8Array(8);
    structuredClone(taken.buffer, { transfer: [taken.buffer] });
    return taken;
  };
  for (const [name, body] of [
    ['a text as bytes', () => bytes('x' as never)],
    ['an ArrayBuffer as bytes', () => bytes(new ArrayBuffer(3) as never)],
    ['bytes that were given away', () => bytes(detached() as never)],
    [
      'a view that says it is bytes',
      () => bytes(Object.setPrototypeOf(new DataView(new ArrayBuffer(3)), Uint8Array.prototype)),
    ],
    ['a copy of the body it was given', (e: { reply: Reply }) => ({ ...e.reply.body })],
  ] as const) {
    it(`that gives ${name} ends its request alone`, async () => {
      const hostile = (e: { reply: Reply }) => ({ ...e, reply: { ...e.reply, body: body(e) } });
      isFault(await meets('answered', hostile as Anything, {}), 'answered');
    });
  }

  it('that writes into its own bytes once they are given changes nothing', async () => {
    const hostile = (e: { reply: Reply }) => {
      const own = Buffer.from('{"choices":[{"message":{"content":"mine"}}]}');
      setImmediate(() => own.fill(0x20));
      return { ...e, reply: { ...e.reply, body: bytes(own) } };
    };
    expect((await meets('answered', hostile as Anything, {})).text).to.equal('mine');
  });

  it('that writes into what it was shown once it has answered changes nothing', async () => {
    const hostile = (e: { reply: { body: { bytes?: Buffer; peek?: Buffer } } }) => {
      const shown = e.reply.body.bytes ?? e.reply.body.peek;
      setImmediate(() => shown?.fill(0x20));
      return e;
    };
    expect((await meets('answered', hostile as Anything, { says: 'yes' })).text).to.equal('yes');
  });

  for (const [name, delay, tries] of [
    [
      'throws',
      () => {
        throw new Error(CANARY);
      },
      1,
    ],
    ['gives no number', () => O.some(Number.NaN), 1],
    ['gives a wait below 0', () => O.some(-5), 1],
    ['gives a wait without end', () => O.some(Number.POSITIVE_INFINITY), 1],
    ['gives a promise', async () => O.some(0), 1],
    ['asks for none at all', () => O.some(0), 4],
  ] as const) {
    it(`whose schedule ${name} gets no more tries than there are`, async () => {
      const planned = ((e: { plan: object }) => ({ ...e, plan: { ...e.plan, schedule: delay } })) as Anything;
      proxy = await startProxy({ stages: [{ stage: stage({ planned }) }] });
      const { status, attempts } = await proxy.ask({ body: { model: 'demo:http-503:always' } });
      expect([status, attempts.length]).to.deep.equal([503, tries]);
    });
  }
  for (const [atMost, tries] of [
    [0, 1],
    [1e9, 4],
  ] as const) {
    it(`that asks for ${atMost} more tries gets no more than there are`, async () => {
      const { status, attempts } = await meets('replied', () => tryAgain('no', { atMost }), {});
      expect([status, attempts.length]).to.deep.equal([502, tries]);
    });
  }

  it('that sets fields of the proxy and of the connection sets none of them', async () => {
    const fields = JSON.parse(
      '{"__proto__": "a", "x-request-id": "evil", "x-seaking-attempts": "99", "content-length": "3", "content_length": "3", "transfer-encoding": "x", "connection": "x-gone", "x-gone": "1", "set-cookie": ["a=1", "b=2"]}',
    );
    const hostile = (e: { reply: Reply }) => ({
      ...e,
      reply: { ...e.reply, headers: { ...e.reply.headers, ...fields } },
    });
    const { status, headers } = await meets('answered', hostile as Anything, {});
    expect(status).to.equal(200);
    expect(headers.get('x-request-id')).not.to.equal('evil');
    expect(headers.get('x-seaking-attempts')).to.equal('1');
    expect(headers.has('x-gone')).to.equal(false);
    expect(headers.getSetCookie()).to.deep.equal(['a=1', 'b=2']);
    expect(({} as { a?: string }).a).to.equal(undefined);
  });
  it('that sets the framing of what is sent leaves it as it is', async () => {
    const fields = {
      'content-length': ['1', '2'],
      'transfer-encoding': 'gzip, chunked',
      expect: '100-continue',
      upgrade: 'websocket',
      connection: 'upgrade',
    };
    const hostile = (e: { outgoing: { headers: object } }) => ({
      ...e,
      outgoing: { ...e.outgoing, headers: { ...e.outgoing.headers, ...fields } },
    });
    const { status, sent } = await meets('try', hostile as Anything, {});
    expect([status, sent.length]).to.deep.equal([200, 1]);
    JSON.parse(sent[0] as string);
  });

  it('that refuses with what would end a line, or a prompt, is told without it', async () => {
    const prompt = 'a sekret prompt of more than sixteen characters';
    const said = await meets(
      'decoded',
      () => refuse(`No.\r\nx-evil: 1\0\x1b[31m\u202e ${prompt}${' more'.repeat(100_000)}`),
      { body: { messages: [{ role: 'user', content: prompt }] } },
    );
    expect(said.status).to.equal(400);
    expect(said.headers.has('x-evil')).to.equal(false);
    expect(said.body).not.to.match(/sekret|\\u0000|\\u001b|\u202e/);
    expect(said.body.length).to.be.below(500);
  });

  for (const [name, change] of [
    ['BigInts', (f: object) => ({ ...f, n: 5n })],
    [
      'circles',
      (f: object) => {
        const round: Record<string, unknown> = { ...f };
        round.self = round;
        return round;
      },
    ],
    [
      'what throws when it is written',
      (f: object) => ({
        ...f,
        toJSON: () => {
          throw new Error(CANARY);
        },
      }),
    ],
    ['nothing once it is written', (f: object) => ({ ...f, toJSON: () => undefined })],
    ['a promise', async (f: object) => f],
  ] as const) {
    for (const stream of [false, true]) {
      it(`whose json gives ${name} ends its request alone${stream ? ', of a stream' : ''}`, async () => {
        const json = { name: 'hostile', make: () => ({ json: change }) as unknown as Seats };
        proxy = await startProxy({ stages: [{ stage: json }] });
        const { status, body } = await proxy.ask({ stream });
        // A stream that the client has begun to read ends with it.
        if (!stream) expect(status).to.equal(500);
        expect(body)
          .to.include('"code":"stage_fault"')
          .and.to.match(/\(hostile .* at json\)/);
      });
    }
  }
  it('that refuses with words that are others at the second look ends its request alone', async () => {
    let looks = 0;
    const left = {
      _tag: 'Refused',
      status: 400,
      get says() {
        looks += 1;
        return looks > 1 ? 5 : 'No.';
      },
    };
    const { status } = await meets('decoded', () => ({ _tag: 'Left', left }), {});
    expect(status).to.equal(400);
  });
  it('whose text is held back by a promise ends its request alone', async () => {
    const text = () => {
      let all = '';
      return {
        push: (more: string) => {
          all += more.slice(1);
          return more.slice(0, 1);
        },
        end: async () => all,
      };
    };
    proxy = await startProxy({ stages: [{ stage: { name: 'hostile', make: () => ({ text }) as unknown as Seats } }] });
    expect((await proxy.ask({ says: 'One two three.' })).status).to.equal(500);
  });
  it('whose schedule gives what throws at a look at it gets no further try', async () => {
    const planned = ((e: { plan: object }) => ({
      ...e,
      plan: { ...e.plan, schedule: () => O.some(Symbol('x')) },
    })) as Anything;
    proxy = await startProxy({ stages: [{ stage: stage({ planned }) }] });
    const { status, attempts } = await proxy.ask({ body: { model: 'demo:http-503:always' } });
    expect([status, attempts.length]).to.deep.equal([503, 1]);
  });

  it('whose transform looks otherwise at the second look is taken at its first', async () => {
    const push = (said: string) => {
      let looks = 0;
      return {
        get text() {
          looks += 1;
          return looks > 1 ? 5 : said;
        },
      };
    };
    const text = () => ({ push, end: () => '' });
    proxy = await startProxy({ stages: [{ stage: { name: 'hostile', make: () => ({ text }) as unknown as Seats } }] });
    for (const stream of [false, true])
      expect((await proxy.ask({ stream, says: 'One two.' })).text).to.equal('One two.');
  });

  for (const [name, said] of [
    ['a list', ['x']],
    ['another key', { txt: 'x' }],
    ['bytes', Buffer.from('x')],
    ['a promise', Promise.resolve('x')],
  ] as const) {
    it(`whose transform gives ${name} ends its request alone`, async () => {
      const text = () => ({ push: () => said, end: () => '' });
      proxy = await startProxy({
        stages: [{ stage: { name: 'hostile', make: () => ({ text }) as unknown as Seats } }],
      });
      const { status, body } = await proxy.ask();
      expect(status).to.equal(500);
      expect(body).to.match(/\(hostile gave (nonsense|a promise, which is not waited for,) at text\)/);
    });
  }

  it('whose schedule writes into what it is shown, or waits longer than any timer, gets no further try', async () => {
    const schedules = [
      (status: { elapsedMs: number }) => {
        status.elapsedMs = -1e9;
        return O.some(0);
      },
      () => O.some(1e12),
      () => O.some('5'),
      () => O.some(null),
    ];
    for (const schedule of schedules) {
      const planned = ((e: { plan: object }) => ({ ...e, plan: { ...e.plan, schedule } })) as Anything;
      proxy = await startProxy({ stages: [{ stage: stage({ planned }) }] });
      const { attempts } = await proxy.ask({ body: { model: 'demo:http-503:always' } });
      expect(attempts.length).to.equal(1);
      await proxy.close();
    }
  });

  it('that writes while another is waited for is named beside it', async () => {
    const late = { name: 'late', make: () => ({ decoded: lateWriter }) as unknown as Seats };
    const waiting = {
      name: 'waiting',
      make: () => ({
        decoded: async <A>(e: A) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          return e;
        },
      }),
    };
    proxy = await startProxy({ stages: [{ stage: late }, { stage: waiting as StageDefinition }] });
    expect((await proxy.ask()).body).to.include('late or waiting changed what it was given');
  });

  it('cannot leave a request without an outcome, whatever room it breaks', async () => {
    const recover = () => () => () => {
      throw new Error(CANARY);
    };
    proxy = await startProxy({ rooms: { recover } });
    const { status, body } = await proxy.ask();
    expect(status).to.equal(500);
    expect(body).to.include('"code":"stage_fault"').and.not.include('sekret');
    expect(await inFlight()).to.equal(0);
  });
});

const lateWriter = <A extends { readonly request: { readonly body: { readonly bytes?: Buffer } } }>(e: A): A => {
  setTimeout(() => e.request.body.bytes?.fill(0x20), 5);
  return e;
};
