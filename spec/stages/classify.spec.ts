import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { type Decoded, held, type Plan, type Request, type Target } from '../../lib/core/exchange.js';
import { always } from '../../lib/core/schedule.js';
import { dialects } from '../../lib/dialects/index.js';
import { classify } from '../../lib/stages/classify.js';
import { sourceOfPieces } from '../support/sources.js';
import { planned, received, request, target } from '../support/values.js';

const CHAT: Decoded['call'] = planned().call;
const OTHER: Decoded['call'] = { _tag: 'Other', dialect: dialects.openai };
const MODELS: Decoded['call'] = { _tag: 'Models', dialect: dialects.openai };

const unread = held(sourceOfPieces(), O.some(2_000_000));

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

  it('leaves the request as it came: it is addressed once a try', async () => {
    const { outgoing } = await planOf({ request: { headers: { host: 'localhost:8484' } } });
    expect(outgoing.headers).to.deep.equal({ host: 'localhost:8484' });
  });
});
