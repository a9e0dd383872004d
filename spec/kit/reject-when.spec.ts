import { expect } from 'chai';
import { dialects } from '../../lib/dialects/index.js';
import { rejectWhen } from '../../lib/kit/reject-when.js';
import { reply, request, run, startProxy } from '../../lib/testing/index.js';
import { problem } from './options.js';

const message = 'Choose another.';
const using = (options: Readonly<Record<string, unknown>>) => ({
  stage: rejectWhen.definition as never,
  with: { message, ...options },
});
const refused = (status: number) => ({
  _tag: 'Failed',
  failure: { _tag: 'Refused', stage: 'reject-when', status, says: message },
});

describe('kit/reject-when', () => {
  it('refuses by the model, and by the last message, where all holds', async () => {
    const at = (options: object, body: object) =>
      run(using(options as never), 'request', request({ body: body as never }));
    const parts = [
      { role: 'user', content: 'first' },
      { role: 'user', content: [{ type: 'text', text: 'last' }] },
    ];
    expect(await at({ model_matches: '^gpt-4' }, { model: 'gpt-4o' })).to.deep.equal(refused(400));
    expect(await at({ model_matches: '^gpt-4', status: 403 }, { model: 'gpt-4o' })).to.deep.equal(refused(403));
    expect(await at({ content_matches: 'last' }, { messages: parts })).to.deep.equal(refused(400));
    expect((await at({ content_matches: 'first' }, { messages: parts }))._tag).to.equal('Value');
    const instructed = [...parts, { role: 'system', content: 'Write on.' }, { role: 'assistant', content: 'Once' }];
    expect(await at({ content_matches: 'last' }, { messages: instructed })).to.deep.equal(refused(400));
    expect((await at({ content_matches: 'x' }, { messages: [5] }))._tag).to.equal('Value');
    expect((await at({ model_matches: 'a', content_matches: 'x' }, { model: 'a' }))._tag).to.equal('Value');
    expect((await at({ model_matches: '.' }, { model: undefined }))._tag, 'no model').to.equal('Value');
    const other = { ...request(), call: { _tag: 'Other', dialect: dialects.openai } as const };
    expect((await run(using({ model_matches: '.' }), 'request', other))._tag).to.equal('Value');
  });

  it('refuses a reply', async () => {
    const at = (options: object, value = reply()) => run(using(options as never), 'reply', value);
    expect(await at({ reply_matches: 'Hello' })).to.deep.equal(refused(502));
    expect(await at({ reply_matches: 'Hello', status: 451 })).to.deep.equal(refused(451));
    expect((await at({ reply_matches: 'Bye' }))._tag).to.equal('Value');
    expect((await at({ reply_matches: 'Hello', model_matches: 'x' }))._tag).to.equal('Value');
    expect((await at({ reply_matches: '.' }, reply({ reply: { body: '' } })))._tag).to.equal('Value');
    expect(
      (await at({ reply_matches: '.' }, { ...reply(), call: { _tag: 'Other', dialect: dialects.openai } }))._tag,
    ).to.equal('Value');
  });

  it('refuses a reply for what any of its choices says', async () => {
    const choices = ['fine', 'a secret'].map((content, index) => ({ index, message: { content } }));
    const value = reply({ reply: { body: { choices } } });
    expect(await run(using({ reply_matches: 'secret' }), 'reply', value)).to.deep.equal(refused(502));
    expect((await run(using({ reply_matches: 'fine a secret' }), 'reply', value))._tag).to.equal('Value');
    const proxy = await startProxy({ stages: [using({ reply_matches: '^Another answer' })] });
    for (const stream of [false, true]) {
      const { status } = await proxy.ask({ stream, faults: ['good-two-choices'] });
      expect(status).to.equal(502);
    }
    await proxy.close();
  });

  it('sends the client the message, after one attempt or none', async () => {
    const proxy = await startProxy({
      stages: [using({ model_matches: '^gpt-4', status: 403 }), using({ reply_matches: 'secret' })],
    });
    const early = await proxy.ask({ body: { model: 'gpt-4' } });
    expect([early.status, early.attempts.length, JSON.parse(early.body).error.message]).to.deep.equal([
      403,
      0,
      message,
    ]);
    for (const stream of [false, true]) {
      const late = await proxy.ask({ says: 'A long story, and at its end a secret.', stream });
      expect([late.status, late.attempts.length, JSON.parse(late.body).error.message]).to.deep.equal([502, 1, message]);
    }
    await proxy.close();
  });

  it('needs a message and a condition', () => {
    expect(problem(rejectWhen, { model_matches: 'a' })).to.equal('with: reject-when needs a message');
    expect(problem(rejectWhen, {}).split('\n')).to.deep.equal([
      'with: reject-when needs a message',
      'with: reject-when needs a condition: model_matches, content_matches or reply_matches',
    ]);
    expect(problem(rejectWhen, { message })).to.include('reject-when needs a condition');
    expect(problem(rejectWhen, { message, model_matches: 'a', status: 200 })).to.include('expected a status code');
  });
});
