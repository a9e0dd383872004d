import { expect } from 'chai';
import { dialects } from '../../lib/dialects/index.js';
import { setFields } from '../../lib/kit/set-fields.js';
import { request, run } from '../../lib/testing/index.js';
import { problem } from './options.js';

type Body = Readonly<Record<string, unknown>>;

const changed = async (options: Body, body: Body): Promise<Body> => {
  const value = request({ body });
  const ran = await run({ stage: setFields.definition as never, with: options }, 'request', value);
  if (ran._tag !== 'Value' || ran.value.call._tag !== 'Chat') return expect.fail(JSON.stringify(ran));
  const { model: _, messages: __, ...rest } = ran.value.call.body as unknown as Body;
  return rest;
};

describe('kit/set-fields', () => {
  it('sets, whatever was there, and makes the maps on the way', async () => {
    expect(await changed({ set: { temperature: 1, 'a.b.c': [2] } }, { temperature: 0, x: 1 })).to.deep.equal({
      temperature: 1,
      x: 1,
      a: { b: { c: [2] } },
    });
  });

  it('puts in what is missing, or null', async () => {
    expect(await changed({ default: { a: 1, b: 2, c: 3 } }, { a: 0, b: null })).to.deep.equal({ a: 0, b: 2, c: 3 });
  });

  it('removes, also out of maps and lists', async () => {
    const body = { a: 1, b: { c: 1, d: 2 }, stop: ['x', 'y'], list: [{ e: 1, f: 2 }] };
    expect(
      await changed({ remove: ['a', 'b.c', 'stop[0]', 'list[0].e', 'none', 'a.b', 'stop[9]'] }, body),
    ).to.deep.equal({
      b: { d: 2 },
      stop: ['y'],
      list: [{ f: 2 }],
    });
  });

  it('renames what is there', async () => {
    expect(
      await changed({ rename: { max_tokens: 'max_completion_tokens', no: 'yes' } }, { max_tokens: 5 }),
    ).to.deep.equal({
      max_completion_tokens: 5,
    });
  });

  it('keeps numbers within bounds', async () => {
    const options = { clamp: { a: { max: 8 }, b: { min: 2 }, c: { min: 1, max: 2 }, d: { max: 1 }, e: { max: 1 } } };
    expect(await changed(options, { a: 9, b: 1, c: 1.5, d: 'x' })).to.deep.equal({ a: 8, b: 2, c: 1.5, d: 'x' });
  });

  it('does it in this order: rename, remove, default, set, clamp', async () => {
    const options = {
      rename: { a: 'b' },
      remove: ['c', 'b2'],
      default: { c: 1, b: 5 },
      set: { d: 99 },
      clamp: { d: { max: 10 }, b: { max: 3 } },
    };
    expect(await changed(options, { a: 4, c: 7 })).to.deep.equal({ b: 3, c: 1, d: 10 });
  });

  it('does it for some models alone', async () => {
    const options = { model_matches: '^a-', set: { x: 1 } };
    expect(await changed(options, { model: null })).to.deep.equal({});
    expect(await changed(options, { model: 'a-1' })).to.deep.equal({ x: 1 });
    expect(await changed(options, { model: 'b-1' })).to.deep.equal({});
  });

  it('gives the same value where nothing changes, and leaves what is no chat alone', async () => {
    const value = request({ body: { temperature: 1 } });
    const stage = { stage: setFields.definition as never, with: { clamp: { temperature: { max: 2 } } } };
    expect(await run(stage, 'request', value)).to.deep.equal({ _tag: 'Value', value });
    const other = { ...value, call: { _tag: 'Other', dialect: dialects.openai } as const };
    expect(await run(stage, 'request', other)).to.deep.equal({ _tag: 'Value', value: other });
  });

  it('leaves what is there already in the place that another field is renamed to', async () => {
    const options = { rename: { max_tokens: 'max_completion_tokens', a: 'list[0]' } };
    const body = { max_tokens: 1, max_completion_tokens: 2, a: 5 };
    expect(await changed(options, body)).to.deep.equal({ max_completion_tokens: 2, list: [5] });
  });

  it('needs something to do that leaves a request', () => {
    expect(problem(setFields, {})).to.equal('with: set-fields needs one of set, default, remove, rename, clamp');
    expect(problem(setFields, { model_matches: 'a', set: {} })).to.include('set-fields needs one of');
    expect(problem(setFields, { set: { model: 5 } })).to.equal(
      'with: no request would be left: `model` must be a string.',
    );
    for (const options of [{ remove: ['messages'] }, { rename: { messages: 'm' } }]) {
      expect(problem(setFields, options)).to.include('no request would be left: `messages` must be a list');
    }
    expect(problem(setFields, { set: { messages: [] } })).to.include('`messages` must be a list of at least one');
  });

  it('needs paths, values and bounds that are some, and reports each at its place', () => {
    for (const path of ['', '.a', 'a.', 'a..b', '[x]', '[0]', 'a[', 'a]', '__proto__', 'a.constructor', 'ab[1]c']) {
      const expected = /expected a path (such as max_tokens or a\.b\[0\]\.c; wrong at character \d|without __proto__)/;
      expect(problem(setFields, { set: { [path]: 1 } }), path).to.match(expected);
      expect(problem(setFields, { remove: [path] }), path).to.match(expected);
      expect(problem(setFields, { rename: { a: path } }), path).to.match(expected);
    }
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, [undefined], { a: () => 1 }]) {
      expect(problem(setFields, { set: { a: value } })).to.equal('with.set.a: expected a value that JSON can express');
    }
    const clamp = { a: {}, b: { min: 2, max: 1 }, c: { max: 1 } };
    expect(problem(setFields, { clamp, set: { model: 5 } }).split('\n')).to.deep.equal([
      'with.clamp.a: expected min or max of a',
      'with.clamp.b: min of b is above max',
      'with: no request would be left: `model` must be a string.',
    ]);
    expect(problem(setFields, { clamp: { 'a.b': { min: 2, max: 1 } } })).to.equal(
      'with.clamp.?: min of a.b is above max',
    );
    expect(problem(setFields, { clamp: { a: { max: 'x' } } })).to.equal('with.clamp.a.max: expected a number');
    expect(problem(setFields, { clamp: { a: { max: 1, least: 2 } } })).to.include('with.clamp.a.least: unknown key');
    expect(problem(setFields, { clamp: { a: { max: '8' } } })).to.equal('');
    expect(problem(setFields, { set: 5, remove: 'a' }))
      .to.include('expected a map of paths to values')
      .and.include('expected a list of paths');
  });
});
