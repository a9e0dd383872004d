import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { at, drop, pathIn, put } from '../../../lib/stages/kit/path.js';
import { setFields } from '../../../lib/stages/kit/set-fields.js';
import { decoded, run } from '../../../lib/testing/index.js';
import { problem } from './options.js';

type Body = Readonly<Record<string, unknown>>;

const changed = async (options: Body, body: Body): Promise<Body> => {
  const value = decoded({ body });
  const ran = await run({ stage: setFields.definition as never, with: options }, 'decoded', value);
  if (ran._tag !== 'Value' || ran.value.call._tag !== 'Chat') return expect.fail(JSON.stringify(ran));
  const { model: _, messages: __, ...rest } = ran.value.call.body as unknown as Body;
  return rest;
};

describe('stages/kit/set-fields', () => {
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
    expect(await changed(options, { model: 'a-1' })).to.deep.equal({ x: 1 });
    expect(await changed(options, { model: 'b-1' })).to.deep.equal({});
  });

  it('gives the same value where nothing changes, and leaves what is no chat alone', async () => {
    const value = decoded({ body: { temperature: 1 } });
    const stage = { stage: setFields.definition as never, with: { clamp: { temperature: { max: 2 } } } };
    expect(await run(stage, 'decoded', value)).to.deep.equal({ _tag: 'Value', value });
    const other = { ...value, call: { _tag: 'Other', dialect: 'openai' } as const };
    expect(await run(stage, 'decoded', other)).to.deep.equal({ _tag: 'Value', value: other });
  });

  it('needs something to do, paths that are some, and bounds that are some', () => {
    expect(problem(setFields, {})).to.equal('with: set-fields needs one of set, default, remove, rename, clamp');
    expect(problem(setFields, { model_matches: 'a' })).to.include('set-fields needs one of');
    for (const path of [
      '',
      '.a',
      'a.',
      'a..b',
      'a b',
      '[x]',
      'a[',
      'a]',
      '__proto__',
      'a.constructor',
      'prototype.x',
      'ab[1]c',
    ]) {
      expect(problem(setFields, { set: { [path]: 1 } }), path).to.include(
        'with.set: expected a map from paths to values',
      );
      expect(problem(setFields, { remove: [path] }), path).to.include('with.remove[0]: expected a path');
      expect(problem(setFields, { rename: { a: path } }), path).to.include('expected a map from paths to paths');
    }
    for (const bounds of [{}, { min: 2, max: 1 }, { max: 'x' }, { max: 1, most: 2 }, 5]) {
      expect(problem(setFields, { clamp: { a: bounds } }), JSON.stringify(bounds)).to.include(
        'expected a map from paths to { min, max }',
      );
    }
    expect(problem(setFields, { set: 5, remove: 'a' }))
      .to.include('expected a map')
      .and.include('expected a list of paths');
  });

  describe('paths', () => {
    const path = (text: string) => {
      const read = pathIn(text);
      return O.isSome(read) ? read.value : expect.fail(text);
    };

    it('lead through maps and lists', () => {
      const value = { a: [{ 'b-c': 1 }] };
      expect(path('a[0].b-c')).to.deep.equal(['a', 0, 'b-c']);
      expect(at(value, path('a[0].b-c'))).to.deep.equal(O.some(1));
      for (const none of ['a.b', 'a[1]', 'a[0].x', 'toString'])
        expect(at(value, path(none)), none).to.deep.equal(O.none);
    });

    it('put a value only where one can be', () => {
      expect(put({ a: [1] }, path('a[0]'), 2)).to.deep.equal({ a: [2] });
      expect(put({ a: [1] }, path('a[1]'), 2)).to.deep.equal({ a: [1] });
      expect(put({ a: 5 }, path('a.b'), 2)).to.deep.equal({ a: 5 });
      expect(put({}, path('a[0]'), 2)).to.deep.equal({});
      expect(put({ a: null }, path('a.b'), 2)).to.deep.equal({ a: { b: 2 } });
    });

    it('that are empty mean the value itself', () => {
      expect(put({ a: 1 }, [], 2)).to.equal(2);
      expect(drop({ a: 1 }, [])).to.deep.equal({ a: 1 });
    });
  });
});
