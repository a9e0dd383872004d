import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { type Body, bytes, type Decoded, held, type Request } from '../../lib/core/exchange.js';
import type { Failure } from '../../lib/core/failure.js';
import { dialects } from '../../lib/dialects/index.js';
import { decode } from '../../lib/stages/decode.js';
import { sourceOfPieces } from '../support/sources.js';
import { received, request } from '../support/values.js';

const HELLO = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const json = (value: unknown): Body => bytes(Buffer.from(JSON.stringify(value)));

const decoded = (changes: Partial<Request>): Promise<E.Either<Failure, Decoded>> =>
  decode(received({ request: request({ body: json(HELLO), ...changes }) }))();

const call = async (changes: Partial<Request>): Promise<Decoded['call']> => {
  const result = await decoded(changes);
  return E.isRight(result) ? result.right.call : expect.fail(JSON.stringify(result.left));
};

describe('stages/decode', () => {
  it('reads a chat in the dialect of its route, fields that it does not know too', async () => {
    const body = { ...HELLO, stream: true, temperature: 1 };
    for (const [path, dialect] of [
      ['/v1/chat/completions', 'openai'],
      ['/v1/messages', 'anthropic'],
    ] as const) {
      expect(await call({ path, body: json(body) })).to.deep.equal({
        _tag: 'Chat',
        dialect: dialects[dialect],
        stream: true,
        body,
      });
    }
  });

  it('needs no model: a server may have one alone', async () => {
    const body = { messages: HELLO.messages, stream: true };
    for (const path of ['/v1/chat/completions', '/v1/messages']) {
      expect(await call({ path, body: json(body) })).to.deep.include({ _tag: 'Chat', body });
    }
  });

  it('knows that a stream is asked for by `stream: true` alone', async () => {
    for (const stream of [false, null, undefined]) {
      const asked = await call({ path: '/v1/messages', body: json({ ...HELLO, stream }) });
      expect(asked).to.include({ stream: false });
    }
  });

  it('adds the call and changes nothing else: the bytes stay what came', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.constantFrom('', ' ', '\n'), async (more, space) => {
        const text = `${space}{"model":"m","messages":[${more}],"x":${more}}${space}`;
        const came = received({ request: request({ body: bytes(Buffer.from(text)) }) });
        const result = await decode(came)();
        if (E.isLeft(result)) return expect.fail(JSON.stringify(result.left));
        const { call: _call, ...rest } = result.right;
        expect(rest).to.deep.equal(came);
        expect(rest.request).to.equal(came.request);
      }),
    );
  });

  for (const [title, text, says] of [
    ['is no JSON', '{"model":"m"', 'The body is not valid JSON.'],
    ['is empty', '', 'The body is not valid JSON.'],
    ['is nested too deeply', '['.repeat(10_000), 'The body is nested too deeply.'],
    ['has too many parts', '{},'.repeat(2_000_000), 'The body has too many arrays and objects.'],
    ['is no object', '[1]', 'The body must be a JSON object.'],
    ['has a model that is no name', '{"model":5,"messages":[{}]}', '`model` must be a string.'],
    ['has no messages', '{"model":"m","messages":[]}', '`messages` must be a list of at least one message.'],
  ] as const) {
    it(`refuses a chat (400) whose body ${title}, and says so without a word of it`, async () => {
      for (const path of ['/v1/chat/completions', '/v1/messages']) {
        expect(await decoded({ path, body: bytes(Buffer.from(text)) })).to.deep.equal(
          E.left({ _tag: 'ClientError', status: 400, says }),
        );
      }
    });
  }

  it('takes GET of the models for a list of models, in either dialect', async () => {
    const list = { method: 'GET', path: '/v1/models', body: bytes(Buffer.alloc(0)) };
    expect(await call(list)).to.deep.equal({ _tag: 'Models', dialect: dialects.openai });
    const headers = { 'anthropic-version': '2023-06-01' };
    expect(await call({ ...list, headers })).to.deep.equal({ _tag: 'Models', dialect: dialects.anthropic });
  });

  it('reads no body of any other call, whatever it is', async () => {
    const garbage = bytes(Buffer.from('\u0000{'));
    expect(await call({ path: '/v1/embeddings', body: garbage })).to.deep.equal({
      _tag: 'Other',
      dialect: dialects.openai,
    });
    expect(await call({ method: 'HEAD', path: '/v1/models', body: garbage })).to.include({ _tag: 'Other' });
  });

  it('reads no body that is still with the edge', async () => {
    const unread = held(sourceOfPieces(), O.some(2_000_000));
    expect(await call({ path: '/v1/chat/completions', body: unread })).to.include({ _tag: 'Other' });
  });
});
