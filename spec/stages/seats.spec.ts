import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import {
  type Body,
  bytes,
  type Decoded,
  type Held,
  held,
  type Planned,
  type Replied,
  type Reply,
  type Request,
} from '../../lib/core/exchange.js';
import type { Headers } from '../../lib/core/headers.js';
import type { Stage } from '../../lib/core/stage.js';
import { answer, defineStage, refuse, type Seats, type StageDefinition, tryAgain } from '../../lib/index.js';
import { seats } from '../../lib/stages/seats.js';
import {
  type Asking,
  answered,
  decoded,
  planned,
  received,
  replied,
  run,
  startProxy,
  type TestProxy,
  trying,
} from '../../lib/testing/index.js';

const stage = (name: string, seats: Seats): StageDefinition =>
  defineStage({ name, make: () => seats }) as StageDefinition;

const json = (value: unknown): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: bytes(Buffer.from(JSON.stringify(value))),
});
const completion = (content: string): Reply =>
  json({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] });

describe('stages/seats', () => {
  let proxy: TestProxy | undefined;
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });
  const starting = async (seats: readonly Seats[], config?: string): Promise<TestProxy> => {
    const stages = seats.map((each, i) => ({ stage: stage(`s${i}`, each) }) as never);
    proxy = await startProxy({ stages, ...(config === undefined ? {} : { config }) });
    return proxy;
  };
  const asking = async (seats: Seats, asked: Asking = {}) => (await starting([seats])).ask(asked);
  const errorIn = (body: string): { message: string; code: string } => JSON.parse(body).error;

  describe('a stage may give', () => {
    const changed = { max_tokens: 7 };
    const give: readonly (readonly [string, Seats])[] = [
      ['a value', { decoded: (e) => withBody(e, changed) }],
      ['a promise', { decoded: async (e) => withBody(e, changed) }],
      ['an Either', { decoded: (e) => E.right(withBody(e, changed)) }],
      ['a TaskEither', { decoded: (e) => TE.right(withBody(e, changed)) }],
      ['a promise of an Either', { decoded: async (e) => E.right(withBody(e, changed)) }],
    ];
    for (const [name, seats] of give) {
      it(name, async () => {
        const { sent, status } = await asking(seats);
        expect(status).to.equal(200);
        expect(JSON.parse(sent[0] ?? '')).to.include(changed);
      });
    }

    it('the value as it was: then what is sent stays byte for byte', async () => {
      const at = await starting([
        { received: (e) => e, decoded: (e) => ({ ...e }), planned: (e) => ({ ...e }), try: (e) => e },
      ]);
      const body =
        '{ "model":"demo:good-plain:always:raw",\n "messages":[ {"role":"user","content":"a\\u00e9"} ] , "n":1.0}';
      const response = await fetch(`${at.url}/chat/completions`, { method: 'POST', body });
      expect(response.status).to.equal(200);
      await response.text();
      const told = at.events.find((event) => event._tag === 'RequestFinished');
      expect(told?._tag).to.equal('RequestFinished');
    });
  });

  it('may be wrapped anew without a change of the bytes', async () => {
    const value = decoded();
    const again = stage('s', { decoded: (e) => ({ ...e, call: { ...e.call } }) });
    expect(await run({ stage: again } as never, 'decoded', value)).to.deep.equal({ _tag: 'Value', value });
    const other = { ...value, call: { _tag: 'Models', dialect: 'openai' } as const };
    expect(await run({ stage: again } as never, 'decoded', other)).to.deep.equal({ _tag: 'Value', value: other });
  });

  describe('takes effect', () => {
    it('at received: another request, which is then read', async () => {
      const seats: Seats = {
        received: (e) => ({
          ...e,
          request: {
            ...e.request,
            body: bytes(Buffer.from('{"model":"demo:good-plain:always:r","messages":[{}],"mark":1}')),
          },
        }),
      };
      const at = await starting([seats]);
      const response = await fetch(`${at.url}/chat/completions`, { method: 'POST', body: 'no JSON' });
      expect(response.status).to.equal(200);
    });

    it('at received and decoded: a stream or none is asked for, and the client gets the form that it wants', async () => {
      const turned = (request: Request): Request => {
        if (request.body._tag !== 'Bytes') return request;
        const body = JSON.parse(request.body.bytes.toString());
        return { ...request, body: bytes(Buffer.from(JSON.stringify({ ...body, stream: body.stream !== true }))) };
      };
      for (const stream of [false, true]) {
        for (const seats of [
          { received: (e) => ({ ...e, request: turned(e.request) }) },
          { decoded: (e) => ({ ...e, request: turned(e.request) }) },
        ] satisfies Seats[]) {
          const { text, body, sent } = await asking(seats, { stream, says: 'Hello.' });
          expect(JSON.parse(sent[0] ?? '').stream).to.equal(!stream);
          expect([text, body.startsWith('data:')]).to.deep.equal(['Hello.', stream]);
          await proxy?.close();
        }
      }
    });

    it('at received: a chat in place of another request', async () => {
      const seats: Seats = {
        received: (e) => ({
          ...e,
          request: {
            ...e.request,
            method: 'POST',
            path: '/v1/chat/completions',
            body: bytes(Buffer.from('{"model":"demo:good-plain:always:o","messages":[{}]}')),
          },
        }),
      };
      const response = await fetch(`${(await starting([seats])).url}/other`);
      expect(JSON.parse(await response.text()).choices).to.have.lengthOf(1);
    });

    it('at decoded: what JSON says of a chat, whatever else its object says', async () => {
      const strange = (body: object): object =>
        new Proxy(
          { ...body, max_tokens: 7, toJSON: () => ({ ...body, model: 'other' }) },
          { isExtensible: () => true },
        );
      const given = stage('s', {
        decoded: (e) =>
          e.call._tag === 'Chat' ? { ...e, call: { ...e.call, body: strange(e.call.body) as never } } : e,
      });
      const ran = await run({ stage: given } as never, 'decoded', decoded());
      const value = ran._tag === 'Value' ? ran.value : decoded();
      expect(value.call)
        .to.have.property('body')
        .that.deep.equals({ ...bodyOf(decoded()), model: 'other' });
      expect(bodyOf(value)).to.deep.equal({ ...bodyOf(decoded()), model: 'other' });
    });

    it('at decoded: other fields, beside the body as it came', async () => {
      const value = decoded();
      const given = stage('s', {
        decoded: (e) => ({ ...e, request: { ...e.request, headers: { ...e.request.headers, 'x-mark': 'a' } } }),
      });
      const ran = await run({ stage: given }, 'decoded', value);
      expect(ran._tag === 'Value' && ran.value.request.headers['x-mark']).to.equal('a');
      expect(ran._tag === 'Value' && ran.value.call).to.equal(value.call);
    });

    it('at decoded: other bytes, which are read anew', async () => {
      const value = decoded();
      const text = JSON.stringify({ model: 'other', messages: [{}] });
      const given = stage('s', {
        decoded: (e) => ({ ...e, request: { ...e.request, body: bytes(Buffer.from(text)) } }),
      });
      const ran = await run({ stage: given } as never, 'decoded', value);
      expect(ran._tag === 'Value' && ran.value.call._tag === 'Chat' && ran.value.call.body.model).to.equal('other');
      const other = { ...value, call: { _tag: 'Other', dialect: 'openai' } as const };
      expect((await run({ stage: given } as never, 'decoded', other))._tag).to.equal('Value');
    });

    it('at planned: what is sent, and a schedule that stops earlier, never later', async () => {
      const seats: Seats = {
        planned: (e) => ({
          ...e,
          plan: {
            ...e.plan,
            outgoing: { ...e.plan.outgoing, headers: { 'x-a': '1', 'content-type': 'application/json' } },
          },
        }),
      };
      expect((await asking(seats)).status).to.equal(200);
      await proxy?.close();
      const none: Seats = { planned: (e) => ({ ...e, plan: { ...e.plan, schedule: () => O.none } }) };
      expect((await asking(none, { faults: ['http-503'] })).attempts).to.have.lengthOf(1);
      await proxy?.close();
      const always: Seats = { planned: (e) => ({ ...e, plan: { ...e.plan, schedule: () => O.some(0) } }) };
      const lasting = await asking(always, { body: { model: 'demo:http-503:always:s' } });
      expect(lasting.attempts).to.have.lengthOf(4);
      await proxy?.close();
      const late: Seats = { planned: (e) => ({ ...e, plan: { ...e.plan, schedule: () => O.some(60_000) } }) };
      const soon = 'error_handling: { base_delay: 1ms, max_delay: 10ms, deadline: 5 }';
      const gone = await (await starting([late], soon)).ask({ faults: ['http-503'] });
      expect([gone.status, gone.attempts.length], 'it would come after the deadline').to.deep.equal([503, 1]);
      for (const schedule of [() => 5, () => O.some(Number.NaN), () => O.some(-1), () => null, bang]) {
        await proxy?.close();
        const strange = { planned: (e: Planned) => ({ ...e, plan: { ...e.plan, schedule: schedule as never } }) };
        expect((await asking(strange, { faults: ['http-503'] })).attempts).to.have.lengthOf(1);
      }
    });

    it('at try: what this try sends', async () => {
      const seats: Seats = {
        try: (e) => {
          if (e.outgoing.body._tag !== 'Bytes') return e;
          const body = { ...JSON.parse(e.outgoing.body.bytes.toString()), seed: e.number };
          return { ...e, outgoing: { ...e.outgoing, body: bytes(Buffer.from(JSON.stringify(body))) } };
        },
      };
      const { sent } = await asking(seats, { faults: ['http-503', 'http-503'] });
      expect(sent.map((body) => JSON.parse(body).seed)).to.deep.equal([1, 2, 3]);
    });

    it('at replied: another reply, which is judged', async () => {
      const seats: Seats = {
        replied: (e) => (e.number === 1 ? { ...e, reply: { ...e.reply, body: bytes(Buffer.alloc(0)) } } : e),
      };
      for (const stream of [false, true]) {
        const { attempts, status } = await asking(seats, { stream });
        expect(status).to.equal(200);
        expect(attempts.map(({ reason }) => O.toNullable(reason))).to.deep.equal(['empty_reply', null]);
        await proxy?.close();
      }
    });

    it('at replied: another status of a stream that is open, which is given up then', async () => {
      const seats: Seats = { replied: (e) => (e.number === 1 ? { ...e, reply: { ...e.reply, status: 503 } } : e) };
      const { attempts, status } = await asking(seats, { stream: true });
      expect(status).to.equal(200);
      expect(attempts.map(({ reason }) => O.toNullable(reason))).to.deep.equal(['overloaded', null]);
    });

    it('at replied: other fields of a stream, which goes on as it is', async () => {
      const seats: Seats = {
        replied: (e) => ({ ...e, reply: { ...e.reply, headers: { ...e.reply.headers, 'x-mark': 'a' } } }),
      };
      const { headers, text } = await asking(seats, { stream: true, faults: ['good-dribble'] });
      expect(headers.get('x-mark')).to.equal('a');
      expect(text).to.have.length.above(3);
    });

    it('at answered: another reply, or another end', async () => {
      const seats: Seats = { answered: (e) => ({ ...e, reply: { ...completion('Mine.'), reasonPhrase: 'Fine' } }) };
      for (const stream of [false, true]) {
        expect((await asking(seats, { stream })).text).to.equal('Mine.');
        await proxy?.close();
      }
      const refusing = await asking({ answered: () => refuse('Not today.', { status: 451 }) }, { stream: true });
      expect([refusing.status, errorIn(refusing.body).message]).to.deep.equal([451, 'Not today.']);
    });

    it('no body of a request in place of a stream', async () => {
      const request: Request = { ...received().request, body: held({ _tag: 'Ticket' }, O.none) };
      const value = { ...replied(), request, plan: { ...planned().plan, outgoing: request }, outgoing: request };
      const swapped = stage('s', { replied: (e) => ({ ...e, reply: { ...e.reply, body: e.request.body } }) });
      expect((await run({ stage: swapped } as never, 'replied', value))._tag).to.equal('Failed');
      const kept = stage('s', { try: (e) => ({ ...e, outgoing: { ...e.outgoing, body: e.request.body } }) });
      const ran = await run({ stage: kept } as never, 'try', value);
      expect(ran._tag === 'Value' && ran.value.outgoing.body).to.equal(request.body);
      const echoed = stage('s', { replied: (e) => ({ ...e, reply: { ...e.reply, body: e.request.body } }) });
      const echo = await run({ stage: echoed } as never, 'replied', replied());
      expect(echo._tag === 'Value' && echo.value.reply.body).to.deep.equal(received().request.body);
    });

    it('nothing else: not the id, the times, the target, the number', async () => {
      const value = trying();
      const ran = await run(
        {
          stage: stage('s', {
            try: (e) => ({
              ...e,
              id: 'x',
              receivedAt: 9,
              number: 9,
              target: { ...e.target, url: 'http://evil' },
              plan: { ...e.plan, replayable: false },
            }),
          }),
        } as never,
        'try',
        value,
      );
      expect(ran).to.deep.equal({ _tag: 'Value', value });
    });

    it('no field that belongs to a connection', async () => {
      const seats: Seats = {
        answered: (e) => ({
          ...e,
          reply: {
            ...e.reply,
            headers: {
              ...e.reply.headers,
              'content-length': '1',
              'transfer-encoding': 'gzip',
              'x-list': ['a', 'b'],
              connection: 'x',
            },
          },
        }),
      };
      expect((await asking(seats, { says: 'Hello.' })).text).to.equal('Hello.');
    });
  });

  it('works in the order of the config, each stage on what the one before gave', async () => {
    const add = (n: number): Seats => ({
      decoded: (e) =>
        e.call._tag === 'Chat' ? withBody(e, { seen: [...((e.call.body as { seen?: number[] }).seen ?? []), n] }) : e,
    });
    const { sent } = await (await starting([add(1), add(2), add(3)])).ask();
    expect(JSON.parse(sent[0] ?? '').seen).to.deep.equal([1, 2, 3]);
  });

  it('gives values that are frozen through and through', async () => {
    const seen: boolean[] = [];
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      Buffer.isBuffer(value) ||
      value instanceof AbortSignal ||
      value instanceof Set
        ? true
        : Object.isFrozen(value) && Object.values(value).every(isFrozen);
    const look = <A>(e: A): A => {
      seen.push(isFrozen(e));
      return e;
    };
    await asking(
      { received: look, decoded: look, planned: look, try: look, replied: look, answered: look, failed: look },
      { stream: true, faults: ['http-503'] },
    );
    expect(seen).to.deep.equal(Array.from({ length: 8 }, () => true));
  });

  it('shows nothing of a stream that only the edge may use', async () => {
    const ticket = { _tag: 'Ticket' } as const;
    const body: Held = {
      ...held(ticket, O.some(5)),
      lastWords: O.some(() => Buffer.alloc(0)),
      resume: O.some({ dialect: 'openai', ask: () => TE.left({ _tag: 'ClientGone' }) }),
      rewrite: O.some(() => ({ push: E.right, end: () => E.right(Buffer.alloc(0)) })),
    };
    let seen: Body | undefined;
    const look = stage('s', {
      answered: (e) => {
        seen = e.reply.body;
        return e;
      },
    });
    const value = { ...answered(), reply: { status: 200, headers: {}, body } };
    expect(await run({ stage: look } as never, 'answered', value)).to.deep.equal({ _tag: 'Value', value });
    expect(seen).to.deep.include({
      _tag: 'Held',
      length: O.some(5),
      lastWords: O.none,
      resume: O.none,
      rewrite: O.none,
    });
    expect(seen).to.have.property('ticket').that.does.not.equal(ticket);
  });

  describe('a fault', () => {
    it('is not that of another stage, whenever it is made', async () => {
      let written: () => void = () => {};
      const late: Seats = {
        decoded: (e) => {
          const { body } = e.request;
          if (body._tag === 'Bytes' && body.bytes.length > 0) written = () => body.bytes.fill(0x20);
          return e;
        },
      };
      const innocent: Seats = {
        decoded: async (e) => {
          written();
          return e;
        },
      };
      const { status, sent } = await (await starting([late, innocent])).ask();
      expect(status).to.equal(200);
      expect(JSON.parse(sent[0] ?? '')).to.have.property('model');
    });

    it('is no change of a field, where a path or a status is none that a stage could give', async () => {
      const mark = <M extends { readonly headers: Headers }>(message: M): M => ({
        ...message,
        headers: { ...message.headers, 'x-mark': 'a' },
      });
      const marking = stage('s', {
        received: (e) => ({ ...e, request: mark(e.request) }),
        replied: (e) => ({ ...e, reply: mark(e.reply) }),
      });
      const asked = received({ request: { path: '/v1/caf\u00e9' } });
      expect((await run({ stage: marking } as never, 'received', asked))._tag).to.equal('Value');
      const came = replied({ reply: { status: 999 } });
      expect((await run({ stage: marking } as never, 'replied', came))._tag).to.equal('Value');
    });

    it('behind the tries leaves them told', async () => {
      const ends: readonly (readonly [number, Seats])[] = [
        [500, { answered: bang }],
        [403, { answered: () => refuse('No.', { status: 403 }) }],
        [500, { text: bang }],
        [500, { json: bang }],
        [418, { answered: bang, failed: () => refuse('No.', { status: 418 }) }],
      ];
      for (const [expected, seats] of ends) {
        const { status, attempts, headers } = await asking(seats, { faults: ['http-503'] });
        expect([status, attempts.length, headers.get('x-seaking-attempts')]).to.deep.equal([expected, 2, '2']);
        await proxy?.close();
      }
    });
  });

  describe('a reply of its own', () => {
    const early: readonly (readonly [string, Seats])[] = [
      ['received', { received: () => answer(completion('Early.')) }],
      ['decoded', { decoded: () => answer(completion('Early.')) }],
      ['planned', { planned: async () => answer(completion('Early.')) }],
      ['try', { try: () => answer(completion('Early.')) }],
      ['replied', { replied: () => answer(completion('Early.')) }],
      ['answered', { answered: () => answer(completion('Early.')) }],
      ['failed', { try: () => refuse('No.'), failed: () => answer(completion('Early.')) }],
    ];
    for (const [name, seats] of early) {
      it(`at ${name} is the reply, in the form that was asked for`, async () => {
        for (const stream of [false, true]) {
          const { status, text, body, sent } = await asking(seats, { stream });
          expect([status, text]).to.deep.equal([200, 'Early.']);
          expect(body.startsWith('data:')).to.equal(stream);
          expect(sent).to.have.lengthOf(name === 'replied' || name === 'answered' ? 1 : 0);
          await proxy?.close();
        }
      });
    }

    it('at received is a reply also to a request that cannot be read', async () => {
      const at = await starting([{ received: () => answer(completion('Early.')) }]);
      const response = await fetch(`${at.url}/chat/completions`, { method: 'POST', body: 'no JSON' });
      expect(response.status).to.equal(200);
      expect(await response.text()).to.include('Early.');
    });

    it('has no field that belongs to a connection', async () => {
      const reply = {
        ...completion('Early.'),
        headers: { 'transfer-encoding': 'gzip', 'content-length': '1', connection: 'x-a' },
      };
      expect((await asking({ decoded: () => answer(reply) })).text).to.equal('Early.');
    });

    it('that is bad by all rules is tried again, where tries are made', async () => {
      const seats: Seats = { try: (e) => (e.number === 1 ? answer({ ...completion(''), status: 503 }) : e) };
      expect((await asking(seats)).attempts).to.have.lengthOf(2);
    });
  });

  describe('a failure', () => {
    it('is seen once the tries are over, and can be told otherwise; the tries stay told', async () => {
      const seen: string[] = [];
      const seats: Seats = {
        failed: (e) => {
          seen.push(e.failure._tag);
          return refuse('Come back later.', { status: 503 });
        },
      };
      const { status, body, attempts, headers } = await asking(seats, { body: { model: 'demo:http-500:always:f' } });
      expect(status).to.equal(503);
      expect(errorIn(body).message).to.match(/^Come back later, 4 attempts in (under 0\.1|\d+(\.\d)?) s\.$/);
      expect(attempts).to.have.lengthOf(4);
      expect(headers.get('x-seaking-attempts')).to.equal('4');
      expect(seen).to.deep.equal(['GaveUp']);
    });

    it('is told as it is where a stage only looks at it', async () => {
      expect(
        (
          await asking(
            { failed: (e) => ({ ...e }), replied: (e) => e },
            { faults: ['reset-before-headers'], body: { model: 'demo:reset-before-headers:always:l' } },
          )
        ).status,
      ).to.equal(502);
      await proxy?.close();
      const { status, body } = await asking({ failed: (e) => e }, { faults: ['http-401'] });
      expect([status, errorIn(body).code]).to.deep.equal([401, 'authentication_failed']);
    });

    it('of another stage is seen too', async () => {
      const seats: Seats = { answered: () => refuse('No.'), failed: () => refuse('Yes.', { status: 418 }) };
      expect((await asking(seats)).status).to.equal(418);
    });

    it('is nobody’s business once the client has gone', async () => {
      let calls = 0;
      const at = await starting([
        {
          failed: (e) => {
            calls += 1;
            return e;
          },
        },
      ]);
      const leaving = new AbortController();
      const asked = fetch(`${at.url}/chat/completions`, {
        method: 'POST',
        signal: leaving.signal,
        body: JSON.stringify({ model: 'demo:hang-before-headers:always', messages: [{}] }),
      }).catch(() => 'gone');
      await new Promise((resolve) => setTimeout(resolve, 50));
      leaving.abort();
      expect(await asked).to.equal('gone');
      while (!at.events.some((event) => event._tag === 'RequestFinished'))
        await new Promise((resolve) => setTimeout(resolve, 5));
      expect(calls).to.equal(0);
    });
  });

  describe('another try', () => {
    it('is made where a reply is not wanted, within the limit of the config', async () => {
      const seats: Seats = { replied: () => tryAgain('not nice') };
      const { status, body, attempts } = await asking(seats);
      expect([status, errorIn(body).code]).to.deep.equal([502, 'unwanted_reply']);
      expect(errorIn(body).message).to.include("Upstream's reply was not wanted (not nice), 4 attempts in");
      expect(attempts).to.have.lengthOf(4);
    });

    it('has a limit for each stage, all together within that of the config', async () => {
      const once = (says: string, tries: readonly number[]): Seats => ({
        replied: (e) => (tries.includes(e.number) ? tryAgain(says, { atMost: 1 }) : e),
      });
      const at = await starting([once('a', [1, 3]), once('b', [2])]);
      expect((await at.ask()).attempts, 'one each, and then a second of the first').to.have.lengthOf(3);
      const all = await (await startAgain([once('a', [1]), once('b', [2]), once('c', [3])])).ask();
      expect(all.attempts).to.have.lengthOf(4);
      const tight = await (
        await startAgain(
          [once('a', [1]), once('b', [2])],
          'error_handling: { max_retries: 1, base_delay: 1ms, max_delay: 10ms }',
        )
      ).ask();
      expect(tight.attempts).to.have.lengthOf(2);
    });
    const startAgain = async (seats: readonly Seats[], config?: string) => {
      await proxy?.close();
      return starting(seats, config);
    };

    const MORE = 'error_handling: { max_retries: 5, base_delay: 1ms, max_delay: 10s }';
    const any: Seats = { replied: (e) => (e.reply.status < 300 ? e : tryAgain('an error', { atMost: 1 })) };

    it('takes away no try that there would be without it', async () => {
      const at = await starting([any], MORE);
      const { status, attempts } = await at.ask({ faults: ['http-503', 'http-503', 'http-503'] });
      expect([status, attempts.length]).to.deep.equal([200, 4]);
    });

    it('takes away no wait that there would be without it', async () => {
      const at = await starting([any], MORE);
      const { status, attempts } = await at.ask({ faults: ['retry-after-ms'] });
      expect(status).to.equal(200);
      expect(O.toNullable(attempts[0]?.waitMs ?? O.none)).to.be.at.least(250);
    });

    it('is told, once it is used up, as the error that the upstream sent', async () => {
      const at = await starting([any], MORE);
      for (const [fault, status, code] of [
        ['http-400', 400, 'invalid_request'],
        ['http-401', 401, 'authentication_failed'],
      ] as const) {
        const alone = await at.ask({ faults: [fault] });
        expect([alone.status, alone.attempts.length]).to.deep.equal([200, 2]);
        const lasting = await at.ask({ body: { model: `demo:${fault}:always:${fault}` } });
        expect([lasting.status, lasting.attempts.length, errorIn(lasting.body).code]).to.deep.equal([status, 2, code]);
        expect(errorIn(lasting.body).message, 'and what the upstream says of it').to.match(/ s: \S/);
      }
    });

    it('is not made of an account without credit', async () => {
      const at = await starting([any], MORE);
      const { status, attempts, body } = await at.ask({ faults: ['quota-429'] });
      expect([status, attempts.length, errorIn(body).code]).to.deep.equal([402, 1, 'payment_required']);
    });

    it('is asked of the reply as the stages before have made it', async () => {
      const breaking: Seats = { replied: (e) => ({ ...e, reply: { ...e.reply, status: 418 } }) };
      const seen: Seats = { replied: ({ reply }) => tryAgain(`status ${reply.status}`, { atMost: 0 }) };
      for (const stream of [false, true]) {
        const { status, attempts } = await (await startAgain([breaking, seen])).ask({ stream });
        expect([status, attempts.length]).to.deep.equal([418, 1]);
      }
    });

    it('is the last word of its seat', async () => {
      let calls = 0;
      const next: Seats = {
        replied: (e) => {
          calls += 1;
          return e;
        },
      };
      const once: Seats = { replied: (e) => (e.number === 1 ? tryAgain('no') : e) };
      expect((await (await starting([once, next])).ask()).attempts).to.have.lengthOf(2);
      expect(calls).to.equal(1);
    });

    it('gives up the reply that was not wanted at once: no two are open at a time', async () => {
      const seats: Seats = { replied: (e) => (e.number < 3 ? tryAgain('not yet') : e) };
      const { attempts, text } = await asking(seats, {
        stream: true,
        faults: ['good-slow', 'good-slow'],
        says: 'Hello.',
      });
      expect(attempts).to.have.lengthOf(3);
      expect(text).to.equal('Hello.');
    });
  });

  it('lets a stage wait, and ends the wait with the client’s leaving', async () => {
    const at = await starting([{ planned: () => new Promise(() => {}) }]);
    const leaving = new AbortController();
    const asked = fetch(`${at.url}/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      body: JSON.stringify({ model: 'm', messages: [{}] }),
    }).catch(() => 'gone');
    await new Promise((resolve) => setTimeout(resolve, 50));
    leaving.abort();
    expect(await asked).to.equal('gone');
    while (!at.events.some((event) => event._tag === 'RequestFinished'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    const told = at.events.find((event) => event._tag === 'RequestFinished');
    expect(told?._tag === 'RequestFinished' && told.story.reason).to.deep.equal(O.some('client_gone'));
  });

  describe('a reply at replied', () => {
    const reading = (replying: Seats['replied'], read: Stage<Replied, Replied>) => {
      const deps = {
        sleep: () => TE.right(undefined),
        now: () => 0,
        discard: () => {},
        decode: () => TE.left({ _tag: 'ClientGone' as const }),
        classify: () => TE.left({ _tag: 'ClientGone' as const }),
        read,
      };
      const stages = [{ label: 's', timeoutMs: 1, seats: replying === undefined ? {} : { replied: replying } }];
      const came = replied();
      return seats(deps, stages).replied(() => TE.right(came))(came)();
    };

    it('is read anew where it was changed, and then alone', async () => {
      const fresh = replied({ reply: { body: 'fresh' } });
      const read = () => TE.right(fresh);
      const given: readonly (readonly [boolean, Seats['replied']])[] = [
        [false, (e) => e],
        [false, (e) => ({ ...e })],
        [false, (e) => ({ ...e, number: 5 })],
        [true, (e) => ({ ...e, reply: { ...e.reply, headers: {} } })],
        [true, () => answer(completion('x'))],
      ];
      for (const [isFresh, replying] of given) {
        const ran = await reading(replying, read);
        expect(E.isRight(ran) && ran.right === fresh).to.equal(isFresh);
      }
    });

    it('goes no further where it cannot be read', async () => {
      const malformed = { _tag: 'Malformed', detail: 'x' } as const;
      const ran = await reading(
        (e) => ({ ...e, reply: completion('x') }),
        () => TE.left(malformed),
      );
      expect(ran).to.deep.equal(E.left(malformed));
    });
  });

  it('is not deceived by what gives another value at each look', async () => {
    let looks = 0;
    const fickle = {
      get method() {
        looks += 1;
        return looks > 1 ? 'A B' : 'POST';
      },
      path: '/v1/chat/completions',
      headers: {},
      body: received().request.body,
    };
    const given = stage('s', {
      received: (e) => ({
        ...e,
        request: {
          ...fickle,
          ...Object.defineProperty({}, 'method', { get: () => fickle.method, enumerable: true }),
          body: e.request.body,
        } as never,
      }),
    });
    const ran = await run({ stage: given } as never, 'received', received());
    expect(ran._tag === 'Value' ? ran.value.request.method : 'POST').to.equal('POST');
  });

  it('runs one seat alone for the tests of stages', async () => {
    const given = { stage: stage('s', { planned: (e) => e, replied: (e) => e }) } as never;
    expect((await run(given, 'planned', planned()))._tag).to.equal('Value');
    expect((await run(given, 'replied', replied()))._tag).to.equal('Value');
  });
});

const bodyOf = ({ request }: Decoded): object =>
  request.body._tag === 'Bytes' ? JSON.parse(request.body.bytes.toString()) : {};

const bang = () => {
  throw new Error('no schedule');
};

const withBody = <E extends { readonly call: unknown }>(e: E, fields: object): E => {
  const call = e.call as { readonly body: object };
  return { ...e, call: { ...call, body: { ...call.body, ...fields } } };
};
