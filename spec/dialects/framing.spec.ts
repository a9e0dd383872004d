import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { afterWhite, jsonIn, looksLikeJson, looksLikeStream } from '../../lib/dialects/framing.js';

const WHITE = ' \r\n\t'.repeat(1000);

describe('framing', () => {
  it('knows JSON and pages by how they begin', () => {
    for (const begins of ['{', '{"a"', '[{', '[', '<html>', ' {', '\uFEFF{', `\uFEFF${WHITE}{`, `${WHITE}[1]`]) {
      expect(looksLikeJson(Buffer.from(begins)), begins).to.equal(true);
      expect(looksLikeStream(Buffer.from(begins)), begins).to.equal(false);
    }
  });

  it('knows a stream by how it begins', () => {
    for (const begins of [
      ...['data: {}', 'data:{', 'event: x', 'id: 1', 'retry: 5', ': hello', ':', ' data: 1', '\uFEFFdata: 1'],
      ...['[DONE]', '\n[DONE]\n', 'error: {"code":400}', 'x-error:{', `${WHITE}data: 1`],
    ]) {
      expect(looksLikeStream(Buffer.from(begins)), begins).to.equal(true);
      expect(looksLikeJson(Buffer.from(begins)), begins).to.equal(false);
    }
  });

  it('takes words for neither', () => {
    for (const begins of ['', WHITE, 'Hello: world', 'error: no', 'a b: {', '"data: x"', 'null', '7', '\uFEFF'])
      expect([looksLikeJson(Buffer.from(begins)), looksLikeStream(Buffer.from(begins))], begins).to.deep.equal([
        false,
        false,
      ]);
  });

  it('tells where white space ends', () => {
    expect(afterWhite(Buffer.from(WHITE))).to.equal(4000);
    expect(afterWhite(Buffer.from(' a b'))).to.equal(1);
    expect(afterWhite(Buffer.from('a  b'), 1)).to.equal(3);
  });

  describe('jsonIn', () => {
    const inside = (text: string) => O.toNullable(O.map(String)(jsonIn(Buffer.from(text))));

    it('takes off the end of a stream, and comments', () => {
      for (const [before, behind] of [
        ['', '\ndata: [DONE]\n\n'],
        ['', '\n\ndata:[DONE]'],
        ['', '\r\n\r\n[DONE]\r\n\r\n'],
        ['', '\n: bye\n\nevent: done\ndata: [DONE]\n\n'],
        ['', '\nevent: message_stop\ndata: {"type": "message_stop"}\n\n'],
        [': working\n\n', ''],
        [`${WHITE}: working\r\r:\n\n \uFEFF`.replace('\uFEFF', ''), '\ndata: [DONE]'],
        ['\uFEFF\n: x\n', ''],
      ] as const)
        expect(inside(`${before}{"a":"b"}${behind}`)?.trimEnd(), JSON.stringify([before, behind])).to.equal(
          '{"a":"b"}',
        );
    });

    it('passes over a megabyte of comments in time that is linear', () => {
      for (const comments of [': ka\n\n'.repeat(200_000), ':\r'.repeat(500_000)]) {
        const startedAt = performance.now();
        expect(inside(`${comments}{"a":"b"}\n${comments}`)?.trimEnd()).to.equal('{"a":"b"}');
        expect(performance.now() - startedAt).to.be.below(2000);
      }
    });

    it('leaves other JSON as it is, the same bytes', () => {
      for (const text of ['{"a":"data: [DONE]"}', '{\n"a": 1\n}\n', '{"a":1} data: [DONE]', '{', `{"a":1${WHITE}}`]) {
        const body = Buffer.from(text);
        const json = jsonIn(body);
        expect(O.isSome(json) && json.value, text).to.equal(body);
      }
    });

    it('finds none in a stream, a page or words', () => {
      for (const text of ['', 'data: {"a":1}\n\n', ': x\n\ndata: {}\n\n', ': {"a":1}', '<p>', '[1]', 'x: {}', '\n'])
        expect(inside(text), text).to.equal(null);
    });
  });
});
