import { expect } from 'chai';
import { type Answered, bytes, type Dialect } from '../../lib/core/exchange.js';
import { mapModel } from '../../lib/kit/map-model.js';
import { request, response, run, startProxy } from '../../lib/testing/index.js';
import { problem } from './options.js';

const using = (options: Readonly<Record<string, unknown>>) => ({ stage: mapModel.definition as never, with: options });

const ids = async (options: Readonly<Record<string, unknown>>, body: string): Promise<unknown> => {
  const value = { ...response(), call: { _tag: 'Models', dialect: 'openai' } as const };
  const reply = { ...value.reply, body: bytes(Buffer.from(body)) };
  const ran = await run(using(options), 'response', { ...value, reply });
  const came =
    ran._tag === 'Value' && ran.value.reply.body._tag === 'Bytes' ? ran.value.reply.body.bytes.toString() : '';
  return came === body ? 'same' : JSON.parse(came).data.map(({ id }: { id: string }) => id);
};

describe('kit/map-model', () => {
  const LIST = JSON.stringify({
    object: 'list',
    data: [{ id: 'real', owned_by: 'x' }, { id: 'other' }, { id: 'demo:x' }],
  });

  it('asks for the model that a name means, and for any other as it is', async () => {
    for (const [asked, sent] of [
      ['fast', 'real'],
      ['other', 'other'],
      ['toString', 'toString'],
      [undefined, undefined],
    ]) {
      const ran = await run(using({ models: { fast: 'real' } }), 'request', request({ body: { model: asked } }));
      expect(ran._tag === 'Value' && ran.value.call._tag === 'Chat' && ran.value.call.body.model).to.equal(sent);
    }
  });

  it('lists the names in place of the models, without those that are hidden', async () => {
    expect(await ids({ models: { fast: 'real', new: 'unlisted' } }, LIST)).to.deep.equal([
      'fast',
      'new',
      'other',
      'demo:x',
    ]);
    expect(await ids({ hide: ['^demo:'] }, LIST)).to.deep.equal(['real', 'other']);
    expect(await ids({ models: { fast: 'real' }, only: true }, LIST)).to.deep.equal(['fast']);
  });

  it('leaves a list that is too long to be read as it is', () => {
    const { response: change } = mapModel.definition.make({ models: [['fast', 'real']] } as never, {} as never);
    const list = { ...response(), call: { _tag: 'Models', dialect: 'openai' } as const };
    const long = { ...list, reply: { ...list.reply, body: { _tag: 'Held' } } } as never;
    expect(change?.(long, { asked: undefined })).to.equal(long);
  });

  it('leaves what is no list as it is, and lists of others alone', async () => {
    expect(await ids({ hide: ['x'] }, 'no JSON')).to.equal('same');
    expect(await ids({ hide: ['x'] }, '{}')).to.equal('same');
    const value = response();
    expect(await run(using({ hide: ['x'] }), 'response', value)).to.deep.equal({ _tag: 'Value', value });
  });

  it('answers with the name that was asked for, in both dialects, streamed and whole', async () => {
    const real = 'demo:good-plain:always:x';
    const proxy = await startProxy({ stages: [using({ models: { fast: real } })] });
    for (const dialect of ['openai', 'anthropic'] as const) {
      for (const stream of [false, true]) {
        const { body, status } = await proxy.ask({ dialect, stream, body: { model: 'fast' } });
        expect(status).to.equal(200);
        expect(body).to.include('"model":"fast"').and.not.include(real);
        const direct = await proxy.ask({ dialect, stream, body: { model: 'demo:good-plain:always:y' } });
        expect(direct.body).to.include('demo:good-plain:always:y');
      }
    }
    const list = (await (await fetch(`${proxy.url}/models`)).json()) as { data: { id: string }[] };
    expect(list.data[0]?.id).to.equal('fast');
    await proxy.close();
  });

  it('answers with the name that was asked for, also where a model has several, and its own', async () => {
    const proxy = await startProxy({ stages: [using({ models: { fast: 'real', quick: 'real' } })] });
    for (const model of ['fast', 'quick', 'real']) {
      for (const stream of [false, true]) {
        const { body } = await proxy.ask({ stream, body: { model } });
        expect(body).to.include(`"model":"${model}"`);
        for (const other of ['fast', 'quick', 'real'].filter((name) => name !== model)) {
          expect(body).not.to.include(`"model":"${other}"`);
        }
      }
    }
    await proxy.close();
  });

  it('answers with the name that was asked for, where entries build on each other', async () => {
    const real = 'demo:good-plain:always:chain';
    const proxy = await startProxy({
      stages: [
        using({ models: { a: 'b', other: 'x' } }),
        using({ models: { b: 'c' } }),
        using({ models: { c: real } }),
      ],
    });
    for (const dialect of ['openai', 'anthropic'] as const) {
      for (const stream of [false, true]) {
        for (const model of ['a', 'b', 'c']) {
          const { body, status } = await proxy.ask({ dialect, stream, body: { model } });
          expect(status).to.equal(200);
          const named = [...body.matchAll(/"model":"([^"]*)"/g)].map(([, name]) => name);
          expect(new Set(named)).to.deep.equal(new Set([model]));
        }
      }
    }
    await proxy.close();
  });

  describe('lists, where entries build on each other,', () => {
    /** The list that comes of these entries: the last is the first that it comes to. */
    const through = async (entries: readonly Readonly<Record<string, unknown>>[], data: readonly object[]) => {
      let value: Answered = {
        ...response({ reply: { body: { object: 'list', data } } }),
        call: { _tag: 'Models', dialect: 'openai' },
      };
      for (const options of [...entries].reverse()) {
        const ran = await run(using(options), 'response', value);
        value = ran._tag === 'Value' ? ran.value : expect.fail(ran._tag);
      }
      const { body } = value.reply;
      return JSON.parse(body._tag === 'Bytes' ? body.bytes.toString() : '').data;
    };
    const c = { id: 'c', owned_by: 'x' };

    it('the names of the first entry, with what is known of their real models', async () => {
      expect(await through([{ models: { a: 'b' } }, { models: { b: 'c' } }], [c, { id: 'other' }])).to.deep.equal([
        { id: 'a', owned_by: 'x' },
        { id: 'other' },
      ]);
      const three = [{ models: { a: 'b' } }, { models: { b: 'z' } }, { models: { z: 'c' } }];
      expect(await through(three, [c])).to.deep.equal([{ ...c, id: 'a' }]);
    });

    it('and a name of two entries means what the first says', async () => {
      const data = [c, { id: 'd', owned_by: 'y' }];
      const list = await through([{ models: { a: 'd' }, only: true }, { models: { a: 'c' } }], data);
      expect(list).to.deep.equal([{ id: 'a', owned_by: 'y' }]);
    });

    it('without those that the first entry leaves out', async () => {
      expect(await through([{ hide: ['^a'] }, { models: { a: 'c' } }], [c])).to.deep.equal([]);
      const narrow = [{ models: { e: 'd' }, only: true }, { models: { a: 'c' } }];
      expect(await through(narrow, [c, { id: 'd' }])).to.deep.equal([{ id: 'e' }]);
    });
  });

  it('lists on a page only the names of models that are on it, and leaves it its ends', async () => {
    const options = { models: { al: 'real', quick: 'real', gone: 'unlisted' } };
    const page = async (path: string, body: object): Promise<unknown> => {
      const value = response({ dialect: 'anthropic', request: { path }, reply: { body } });
      const ran = await run(using(options), 'response', { ...value, call: { _tag: 'Models', dialect: 'anthropic' } });
      return ran._tag === 'Value' && ran.value.reply.body._tag === 'Bytes'
        ? JSON.parse(ran.value.reply.body.bytes.toString())
        : ran;
    };
    const of = (id: string, has_more: boolean) => ({ data: [{ id }], has_more, first_id: id, last_id: id });
    expect(await page('/v1/models?limit=1', of('real', true))).to.deep.equal({
      ...of('real', true),
      data: [{ id: 'al' }, { id: 'quick' }],
    });
    for (const query of ['limit=1&after_id=real', 'after_id=real', 'before_id=z', 'limit=5']) {
      expect(await page(`/v1/models?${query}`, of('other', false)), query).to.deep.equal(of('other', false));
    }
    expect(await page('/v1/models', of('other', true))).to.deep.equal(of('other', true));
  });

  it('leaves alone what has the name already, or none, and replies to other names', () => {
    const {
      state,
      request: ask,
      json,
    } = mapModel.definition.make({ models: [['fast', 'real']] } as never, {} as never);
    const known = state?.();
    const real = { model: 'real' };
    expect(json?.({ ...response(), fields: real }, known)).to.equal(real);
    ask?.(request({ body: { model: 'fast' } }), known);
    for (const fields of [{ model: 'fast' }, { type: 'ping' }, { message: { id: 'm' } }]) {
      expect(json?.({ ...response(), fields }, known)).to.equal(fields);
    }
    expect(json?.({ ...response(), fields: real }, known)).to.deep.equal({ model: 'fast' });
    expect(json?.({ ...response(), fields: real }, state?.()), 'of another request').to.equal(real);
  });

  it('makes entries as each dialect has them, and names where the list begins and ends', async () => {
    const list = async (dialect: Dialect, body: object): Promise<unknown> => {
      const value = response({ dialect, reply: { body } });
      const ran = await run(using({ models: { a: 'r', b: 'unlisted' }, hide: ['^x'] }), 'response', {
        ...value,
        call: { _tag: 'Models', dialect },
      });
      return ran._tag === 'Value' && ran.value.reply.body._tag === 'Bytes'
        ? JSON.parse(ran.value.reply.body.bytes.toString())
        : ran;
    };
    const data = [{ type: 'model', id: 'r', display_name: 'R' }, { id: 'x' }];
    expect(await list('anthropic', { data, has_more: false, first_id: 'r', last_id: 'x' })).to.deep.equal({
      data: [
        { type: 'model', id: 'a', display_name: 'a' },
        { type: 'model', id: 'b', display_name: 'b', created_at: '1970-01-01T00:00:00Z' },
      ],
      has_more: false,
      first_id: 'a',
      last_id: 'b',
    });
    const page = await list('anthropic', { data, has_more: true, first_id: 'r', last_id: 'x' });
    expect(page).to.include({ first_id: 'r', last_id: 'x' });
    expect(await list('openai', { data: [] })).to.have.nested.property('data[1].object', 'model');
    const nothing = response({ reply: { body: { data: [{ id: 'x' }], first_id: 'x', last_id: 'x' } } });
    const ran = await run(using({ hide: ['x'] }), 'response', {
      ...nothing,
      call: { _tag: 'Models', dialect: 'anthropic' },
    });
    expect(ran._tag === 'Value' && ran.value.reply.body._tag === 'Bytes' && `${ran.value.reply.body.bytes}`).to.equal(
      '{"data":[],"first_id":null,"last_id":null}',
    );
  });

  it('needs something to do', () => {
    expect(problem(mapModel, {})).to.equal('with: map-model needs models or hide');
    expect(problem(mapModel, { models: 5 })).to.include('with.models: expected a map from the names');
    expect(problem(mapModel, { models: { a: 5 } })).to.include('with.models.a: expected text');
    expect(problem(mapModel, { hide: ['('] })).to.include('with.hide[0]: expected a pattern');
  });
});
