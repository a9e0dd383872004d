import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import { held } from '../../lib/core/exchange.js';
import { dialects } from '../../lib/dialects/index.js';
import { repeats } from '../../lib/kit/repetition.js';
import { retryWhen } from '../../lib/kit/retry-when.js';
import { type Given, reply, run, startProxy, type TestProxy } from '../../lib/testing/index.js';
import { sourceOfPieces } from '../support/sources.js';
import { problem } from './options.js';

type Options = Readonly<Record<string, unknown>>;

const using = (options: Options) => ({ stage: retryWhen.definition as never, with: options });

const saying = (content: string | null, more: object = {}): Given => ({
  reply: { body: { choices: [{ index: 0, message: { content, ...more }, finish_reason: 'stop' }] } },
});

/** What it says of a reply; `''`: it is fine. */
const said = async (options: Options, given: Given): Promise<string> => {
  const ran = await run(using(options), 'reply', reply(given));
  if (ran._tag === 'Value') return '';
  return ran._tag === 'Failed' && ran.failure._tag === 'Unwanted' ? ran.failure.says : expect.fail(JSON.stringify(ran));
};

describe('kit/retry-when', () => {
  it('looks at the status', async () => {
    expect(await said({ status: [404, 418] }, { reply: { status: 404 } })).to.equal('status 404');
    expect(await said({ status: [404] }, { reply: { status: 403 } })).to.equal('');
  });

  it('looks at a header field, and what stands in it', async () => {
    const given = { reply: { headers: { 'x-served-by': 'pool-7' } } };
    expect(await said({ header: { name: 'X-Served-By' } }, given)).to.equal('header x-served-by');
    expect(await said({ header: { name: 'x-served-by', matches: '7$' } }, given)).to.equal('header x-served-by');
    expect(await said({ header: { name: 'x-served-by', matches: '8$' } }, given)).to.equal('');
    expect(await said({ header: { name: 'x-other' } }, given)).to.equal('');
  });

  it('looks at the beginning of the text', async () => {
    expect(await said({ content_matches: "^I'm sorry" }, saying("I'm sorry, I cannot."))).to.equal('its words');
    expect(await said({ content_matches: 'sorry', within: 5 }, saying('Well, sorry.'))).to.equal('');
    const anthropic: Given = { dialect: 'anthropic', reply: { body: { content: [{ type: 'text', text: 'sorry' }] } } };
    expect(await said({ content_matches: '^sorry' }, anthropic)).to.equal('its words');
  });

  it('looks at the length of the text, not of what is none', async () => {
    expect(await said({ shorter_than: 6 }, saying('Hello'))).to.equal('it is too short');
    expect(await said({ shorter_than: 5 }, saying('Hello'))).to.equal('');
    const called = { tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] };
    for (const text of [null, 'Wait.']) expect(await said({ shorter_than: 50 }, saying(text, called))).to.equal('');
    const content = [
      { type: 'text', text: 'Wait.' },
      { type: 'tool_use', id: 'c', name: 'f', input: {} },
    ];
    const anthropic: Given = { dialect: 'anthropic', reply: { body: { content, stop_reason: 'tool_use' } } };
    expect(await said({ shorter_than: 50 }, anthropic)).to.equal('');
  });

  it('looks at the text of every choice, and wants all of its conditions to hold of one', async () => {
    const two = (...texts: readonly string[]): Given => ({
      reply: { body: { choices: texts.map((content, index) => ({ index, message: { content } })) } },
    });
    const long = `Sorry, ${'and on and on. '.repeat(20)}`;
    expect(await said({ content_matches: '^Sorry' }, two('Fine.', long))).to.equal('its words');
    expect(await said({ shorter_than: 20 }, two(long, 'Fine.'))).to.equal('it is too short');
    expect(await said({ repeats: { block: 5 } }, two('Fine.', long))).to.equal('it repeats itself');
    const both = { content_matches: '^Sorry', shorter_than: 20 };
    expect(await said(both, two(long, 'Fine.'))).to.equal('');
    expect(await said(both, two(long, 'Sorry.'))).to.equal('its words, it is too short');
  });

  it('says nothing of the length of a stream that goes on', async () => {
    const value = reply();
    const prefix = Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\n');
    const going = { ...value, reply: { ...value.reply, body: { ...held(sourceOfPieces(), O.none), prefix } } };
    expect(await run(using({ shorter_than: 50 }), 'reply', going)).to.have.property('_tag', 'Value');
    expect(await run(using({ content_matches: 'Hello' }), 'reply', going)).to.have.property('_tag', 'Failed');
  });

  it('sees a text that goes round in circles', async () => {
    const circle = `Once. ${'and then we sailed on, '.repeat(4)}`;
    expect(await said({ repeats: {} }, saying(circle))).to.equal('it repeats itself');
    expect(await said({ repeats: { times: 5 } }, saying(circle))).to.equal('');
    expect(await said({ repeats: { block: 40 } }, saying(circle))).to.equal('');
  });

  it('wants all of its conditions to hold', async () => {
    const options = { content_matches: 'Hello', shorter_than: 6 };
    expect(await said(options, saying('Hello'))).to.equal('its words, it is too short');
    expect(await said(options, saying('Hello!'))).to.equal('');
  });

  it('leaves to the judge what is bad by all rules, and other routes, and the rest of a reply that broke off', async () => {
    expect(await said({ shorter_than: 6 }, saying(''))).to.equal('');
    expect(await said({ shorter_than: 6 }, { reply: { status: 503, body: 'Hello' } })).to.equal('');
    const value = reply(saying('Hello'));
    for (const other of [
      { ...value, call: { _tag: 'Other', dialect: dialects.openai } as const },
      { ...value, plan: { ...value.plan, isContinuation: true } },
    ]) {
      expect(await run(using({ shorter_than: 6 }), 'reply', other)).to.deep.equal({ _tag: 'Value', value: other });
    }
  });

  it('has as much of a stream held back as it looks at', () => {
    const needs = (options: Options) => retryWhen.definition.make(options, {} as never).needs;
    expect(needs({ status: [404] })).to.deep.equal({ chars: 0 });
    expect(needs({ content_matches: 'a' as never })).to.deep.equal({ chars: 200 });
    expect(needs({ shorter_than: 300 })).to.deep.equal({ chars: 300 });
    expect(needs({ repeats: {} })).to.equal('whole');
  });

  it('needs a condition that can hold', () => {
    expect(problem(retryWhen, {})).to.include('retry-when needs a condition');
    expect(problem(retryWhen, { at_most: 3, within: 5 })).to.include('retry-when needs a condition');
    expect(problem(retryWhen, { header: { matches: 'a' } })).to.equal('with.header: header needs the name of a field');
    for (const wrong of [0, 1.5, 'x', '', 1e9]) {
      expect(problem(retryWhen, { shorter_than: wrong }), String(wrong)).to.include('expected a number of characters');
      expect(problem(retryWhen, { repeats: { times: wrong } }), String(wrong)).to.include(
        'expected a whole number, 2 to 100',
      );
    }
    expect(problem(retryWhen, { shorter_than: '5' })).to.equal('');
  });

  describe('in a whole proxy', () => {
    let proxy: TestProxy;
    afterEach(() => proxy.close());

    for (const stream of [false, true]) {
      it(`brings another reply, ${stream ? 'streamed' : 'whole'}, and ends where its own limit is met`, async () => {
        proxy = await startProxy({ stages: [using({ content_matches: "^I'm sorry", at_most: 2 })] });
        const says = `I'm sorry, I cannot say more than that. ${'It is a long story. '.repeat(20)}`;
        const messages = [{ role: 'user', content: says }];
        const mended = await proxy.ask({ faults: ['good-echo'], body: { messages }, stream });
        expect(mended.status).to.equal(200);
        expect(mended.text).not.to.match(/^I'm sorry/);
        expect(mended.attempts.map(({ reason }) => O.toNullable(reason))).to.deep.equal(['unwanted_reply', null]);
        const lasting = await proxy.ask({ says, stream });
        expect(lasting.status).to.equal(502);
        expect(lasting.attempts).to.have.lengthOf(3);
        expect(lasting.body).to.include("A stage rejected the upstream's reply (its words), 3 attempts in");
      });
    }

    it('makes an error that is tried again anyway no worse', async () => {
      proxy = await startProxy({
        stages: [using({ status: [429, 503] })],
        config: 'error_handling: { max_retries: 5, base_delay: 1ms, max_delay: 10s }',
      });
      const { status, attempts } = await proxy.ask({ faults: ['http-503', 'http-503', 'retry-after-ms'] });
      expect([status, attempts.length]).to.deep.equal([200, 4]);
      expect(O.toNullable(attempts[2]?.waitMs ?? O.none)).to.be.at.least(250);
    });

    it('gives a stream that is wanted byte for byte', async () => {
      proxy = await startProxy({ stages: [using({ shorter_than: 20 })] });
      const plain = await startProxy();
      const asked = { stream: true, says: 'A reply of some length, in several events.' } as const;
      expect((await proxy.ask(asked)).body).to.equal((await plain.ask(asked)).body);
      await plain.close();
    });
  });

  describe('repetition', () => {
    it('is found wherever it stands, and whatever repeats', () => {
      const word = fc.string({ minLength: 5, maxLength: 30 });
      fc.assert(
        fc.property(
          fc.string({ maxLength: 30 }),
          word,
          fc.integer({ min: 2, max: 6 }),
          fc.string({ maxLength: 30 }),
          (a, b, n, c) => {
            expect(repeats(a + b.repeat(n) + c, b.length, n)).to.equal(true);
          },
        ),
      );
    });

    it('is not found where none is', () => {
      const different = Array.from({ length: 300 }, (_, i) => `${i}. `).join('');
      expect(repeats(different, 10, 3)).to.equal(false);
      expect(repeats('', 1, 2)).to.equal(false);
      expect(repeats('abab', 2, 3)).to.equal(false);
    });

    it('takes no time for the worst of texts', () => {
      const startedAt = performance.now();
      expect(repeats(`${'a'.repeat(998)}b`.repeat(1000), 999, 100)).to.equal(false);
      expect(repeats('ab'.repeat(400_000).replace(/b$/, 'c'), 999, 100)).to.equal(false);
      expect(performance.now() - startedAt).to.be.below(2000);
    });
  });
});
