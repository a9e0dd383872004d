import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import { allDialects, dialects } from '../../lib/dialects/index.js';
import { listModels, mendModels, readModels } from '../../lib/dialects/models.js';

const encoded = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const mended = (body: Buffer): unknown => {
  const list = mendModels(dialects.openai, body);
  return O.isSome(list) ? JSON.parse(list.value.toString()) : 'no list';
};

describe('dialects/models', () => {
  describe('a list that came', () => {
    it('stays as it is, byte for byte, where nothing is to be mended', () => {
      const body = Buffer.from('{ "object":"list", "data":[ {"id":"a", "x":1.0} ] }');
      expect(mendModels(dialects.openai, body)).to.deep.equal(O.some(body));
    });

    it('gets its object where that is missing, and keeps all else', () => {
      expect(mended(encoded({ data: [{ id: 'a', n: 1 }], has_more: true }))).to.deep.equal({
        object: 'list',
        data: [{ id: 'a', n: 1 }],
        has_more: true,
      });
    });

    it('is made of a bare array', () => {
      expect(mended(encoded([{ id: 'a' }, { id: 'b' }]))).to.deep.equal({
        object: 'list',
        data: [{ id: 'a' }, { id: 'b' }],
      });
    });

    for (const [title, body, data] of [
      ['is empty where its data is null', { object: 'list', data: null }, []],
      ['is empty where its models are null', { object: 'list', models: null }, []],
      ['is without the entries that have no id', { data: [{ id: 'a' }, { name: 'b' }, {}, null, ''] }, [{ id: 'a' }]],
      ['has its names for ids where none has one', { data: [{ name: 'a' }, {}] }, [{ name: 'a', id: 'a' }]],
      [
        'is made of models',
        {
          models: [
            { name: 'a', size: 1 },
            { name: 'b', model: 'b:1' },
          ],
        },
        [
          { name: 'a', size: 1, id: 'a' },
          { name: 'b', model: 'b:1', id: 'b:1' },
        ],
      ],
      ['is made of models beside empty data', { data: [], models: [{ id: 'a' }] }, [{ id: 'a' }]],
      ['has numbers as texts', { object: 'list', data: [{ id: 7 }] }, [{ id: '7' }]],
      ['may have no models', { models: [] }, []],
    ] as const) {
      it(title, () => {
        expect(mended(encoded(body))).to.deep.equal({ object: 'list', data });
        expect(readModels(dialects.openai, encoded(body))).to.deep.equal({ _tag: 'Content' });
      });
    }

    it('is made of bare names, in either dialect', () => {
      for (const body of [['a'], { data: ['a'] }, { models: ['a'] }]) {
        expect(mended(encoded(body))).to.deep.equal({ object: 'list', data: [dialects.openai.model('a')] });
        const anthropic = mendModels(dialects.anthropic, encoded(body));
        expect(O.isSome(anthropic) && JSON.parse(anthropic.value.toString()).data).to.deep.equal([
          dialects.anthropic.model('a'),
        ]);
      }
    });

    it('may be empty', () => {
      expect(mended(encoded({ object: 'list', data: [] }))).to.deep.equal({ object: 'list', data: [] });
      expect(readModels(dialects.openai, encoded({ data: [] }))).to.deep.equal({ _tag: 'Content' });
    });

    it('is the same when it is mended once more', () => {
      fc.assert(
        fc.property(fc.array(fc.record({ id: fc.string() })), fc.boolean(), (data, bare) => {
          const once = mended(encoded(bare ? data : { data }));
          expect(once).to.deep.equal({ object: 'list', data });
          expect(mended(encoded(once))).to.deep.equal(once);
        }),
      );
    });
  });

  describe('what is no list', () => {
    for (const [title, body, tag] of [
      ['nothing at all', '', 'Empty'],
      ['null', 'null', 'WrongFormat'],
      ['a number', '5', 'WrongFormat'],
      ['a page', '<html><title>Bad gateway</title></html>', 'WrongFormat'],
      ['a list that was cut', '{"object":"list","data":[{"id":"a"', 'Unparsable'],
      ['data without a name', '{"data":[{"object":"model"},null]}', 'WrongFormat'],
      ['data that is no array', '{"object":"list","data":{}}', 'WrongFormat'],
      ['an object without data', '{"object":"list"}', 'WrongFormat'],
      ['models that are no array', '{"models":{"a":{}}}', 'WrongFormat'],
      ['null for data beside an error', '{"data":null,"error":{"message":"No","code":401}}', 'ErrorInReply'],
      ['null for data beside the words of one', '{"success":false,"message":"Bad token","data":null}', 'ErrorInReply'],
      ['empty data beside an error', '{"data":[],"error":{"message":"No","code":401}}', 'ErrorInReply'],
      ['an error', '{"error":{"message":"Slow down","code":429}}', 'ErrorInReply'],
      ['a good reply of a chat', '{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}', 'WrongFormat'],
    ] as const) {
      it(`is ${title}`, () => {
        expect(mendModels(dialects.openai, Buffer.from(body))).to.deep.equal(O.none);
        expect(readModels(dialects.openai, Buffer.from(body))._tag).to.equal(tag);
      });
    }
  });

  describe('a list of ids', () => {
    it('is well-formed for OpenAI clients', () => {
      expect(JSON.parse(listModels(dialects.openai, ['a', 'b']).toString())).to.deep.equal({
        object: 'list',
        data: [
          { id: 'a', object: 'model', created: 0, owned_by: 'unknown' },
          { id: 'b', object: 'model', created: 0, owned_by: 'unknown' },
        ],
      });
    });

    it('is well-formed for Anthropic clients, and has no second page', () => {
      const created_at = '1970-01-01T00:00:00Z';
      expect(JSON.parse(listModels(dialects.anthropic, ['a', 'b']).toString())).to.deep.equal({
        data: [
          { type: 'model', id: 'a', display_name: 'a', created_at },
          { type: 'model', id: 'b', display_name: 'b', created_at },
        ],
        has_more: false,
        first_id: 'a',
        last_id: 'b',
      });
      expect(JSON.parse(listModels(dialects.anthropic, []).toString())).to.include({ first_id: null, last_id: null });
    });

    it('is a good list with these ids in this order, in either dialect', () => {
      fc.assert(
        fc.property(fc.constantFrom(...allDialects), fc.array(fc.string()), (dialect, ids) => {
          const list = listModels(dialect, ids);
          expect(readModels(dialect, list)).to.deep.equal({ _tag: 'Content' });
          const { data } = JSON.parse(list.toString()) as { data: readonly { id: string }[] };
          expect(data.map(({ id }) => id)).to.deep.equal(ids);
        }),
      );
    });
  });
});
