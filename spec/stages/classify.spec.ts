import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { bytes, type Decoded, held, type Plan, type Request, type Target } from '../../lib/core/exchange.js';
import { always } from '../../lib/core/schedule.js';
import { dialects } from '../../lib/dialects/index.js';
import { classify } from '../../lib/stages/classify.js';
import { planned, received, request, target } from '../support/values.js';

const CHAT: Decoded['call'] = planned().call;
const OTHER: Decoded['call'] = { _tag: 'Other', dialect: dialects.openai };
const MODELS: Decoded['call'] = { _tag: 'Models', dialect: dialects.openai };

const unread = held({ _tag: 'Ticket' }, O.some(2_000_000));

interface Given {
  readonly url?: string;
  readonly target?: Partial<Target>;
  readonly request?: Partial<Request>;
  readonly call?: Decoded['call'];
}

const planOf = async (given: Given = {}): Promise<Plan> => {
  const to = target(given.url ?? 'https://api.example.com/v1', given.target);
  const decoded: Decoded = { ...received({ request: request(given.request) }), call: given.call ?? CHAT };
  const result = await classify({ target: to, schedule: always })(decoded)();
  if (E.isLeft(result)) return expect.fail(JSON.stringify(result.left));
  const { plan, ...rest } = result.right;
  expect(rest).to.deep.equal(decoded);
  expect(plan.target).to.equal(to);
  expect(plan.schedule).to.equal(always);
  return plan;
};

const sent = async (given: Given): Promise<Request> => (await planOf(given)).outgoing;

const fieldsOf = async (given: Given) => ({ ...(await sent(given)).headers });

describe('stages/classify', () => {
  it('judges chats and models, and passes all else on unread', async () => {
    expect((await planOf({ call: CHAT })).inspected).to.equal(true);
    expect((await planOf({ call: MODELS })).inspected).to.equal(true);
    expect((await planOf({ call: OTHER })).inspected).to.equal(false);
  });

  it('goes by what the client asked for, not by what is asked of the upstream', async () => {
    const asking = (stream: boolean): Decoded['call'] => ({
      _tag: 'Chat',
      dialect: dialects.openai,
      stream,
      body: { model: 'm', messages: [{}], stream: false },
    });
    expect((await planOf({ call: asking(true) })).stream).to.equal(true);
    expect((await planOf({ call: asking(false) })).stream).to.equal(false);
    expect((await planOf({ call: OTHER })).stream).to.equal(false);
  });

  it('can send again what is in memory, and nothing else', async () => {
    expect((await planOf()).replayable).to.equal(true);
    expect((await planOf({ request: { body: unread }, call: OTHER })).replayable).to.equal(false);
  });

  it("puts the path behind the target's base", async () => {
    for (const [url, path, expected] of [
      ['https://api.example.com', '/v1/models', '/v1/models'],
      ['https://api.example.com/', '/v1/models', '/v1/models'],
      ['https://api.example.com/v1', '/v1/models', '/v1/models'],
      ['https://api.example.com/api/paas/v4', '/v1/models?a=1', '/api/paas/v4/models?a=1'],
      ['https://api.example.com/api/paas/v4/', '/v1/models', '/api/paas/v4/models'],
      ['https://api.example.com/v1', '/v1beta/models', '/v1beta/models'],
    ] as const) {
      expect((await sent({ url, request: { path } })).path, url).to.equal(expected);
    }
  });

  it('sends method and body as they came', async () => {
    const body = bytes(Buffer.from('{"a": 1}'));
    const outgoing = await sent({ request: { method: 'PUT', body }, call: OTHER });
    expect(outgoing.method).to.equal('PUT');
    expect(outgoing.body).to.equal(body);
  });

  describe('header fields', () => {
    it("leave out the client's host, and pass on the rest", async () => {
      const headers = { host: 'localhost:8484', 'x-a': ['1', '2'], 'accept-encoding': 'gzip' };
      expect(await fieldsOf({ request: { headers }, call: OTHER })).to.deep.equal({
        'x-a': ['1', '2'],
        'accept-encoding': 'gzip',
      });
    });

    it('ask for a reply without a coding where it is judged', async () => {
      for (const call of [CHAT, MODELS]) {
        const headers = { 'accept-encoding': 'gzip, br' };
        expect(await fieldsOf({ request: { headers }, call })).to.deep.equal({ 'accept-encoding': 'identity' });
      }
    });

    it("hold the target's own last, so that they win over the client's and over ours, in any case", async () => {
      const given: Given = {
        target: { apiKey: O.some('k'), headers: { 'X-Team': 'ours', Authorization: 'Token t' } },
        request: { headers: { 'x-team': 'theirs', authorization: 'Bearer client' } },
        call: OTHER,
      };
      expect(await fieldsOf(given)).to.deep.equal({ 'x-team': 'ours', authorization: 'Token t' });
      const coded: Given = { target: { headers: { 'Accept-Encoding': 'gzip' } }, call: CHAT };
      expect(await fieldsOf(coded)).to.deep.equal({ 'accept-encoding': 'gzip' });
    });

    it("pass the client's credential in all four carriers on to a target without a key", async () => {
      const headers = { authorization: 'Bearer c', 'x-api-key': 'c', 'x-goog-api-key': 'c' };
      const outgoing = await sent({ request: { headers, path: '/v1/files?key=c' }, call: OTHER });
      expect({ ...outgoing.headers }).to.deep.equal(headers);
      expect(outgoing.path).to.equal('/v1/files?key=c');
    });

    it('bear the key of a target that has one, as the route wants it, in place of every other', async () => {
      const headers = { authorization: 'Bearer c', 'x-api-key': 'c', 'x-goog-api-key': 'c' };
      for (const [path, expected] of [
        ['/v1/chat/completions?key=c', { authorization: 'Bearer k' }],
        ['/v1/messages?key=c', { 'x-api-key': 'k' }],
        ['/v1beta/models/g:generateContent?key=c', { 'x-goog-api-key': 'k' }],
      ] as const) {
        const outgoing = await sent({ target: { apiKey: O.some('k') }, request: { headers, path }, call: OTHER });
        expect({ ...outgoing.headers }, path).to.deep.equal(expected);
        expect(outgoing.path).not.to.include('key');
      }
    });
  });
});
