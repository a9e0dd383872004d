import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import { type SseEvent, sseReader } from '../../lib/dialects/sse.js';
import { isSignOfLife, streamReader } from '../../lib/dialects/stream-reader.js';

const read = (make: () => ReturnType<typeof sseReader>, pieces: readonly Buffer[]): readonly SseEvent[] => {
  const reader = make();
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
};
const readText = (text: string) => read(streamReader, [Buffer.from(text)]);
const datas = (text: string) => readText(text).flatMap(({ data }) => (O.isSome(data) ? [data.value] : []));
const raws = (text: string) => readText(text).map(({ raw }) => raw.toString());

const [A, B] = ['{"a":1}', '{"b":"2"}'];

describe('stream reader', () => {
  it('reads well-formed streams as the standard does', () => {
    const line = fc.constantFrom('event: x', ': note', 'id: 1', 'retry: 5');
    const block = fc.tuple(fc.array(line, { maxLength: 3 }), fc.jsonValue(), fc.constantFrom('\n', '\r\n', '\r'));
    fc.assert(
      fc.property(fc.array(block, { maxLength: 10 }), (blocks) => {
        const text = blocks.map(([before, value, end]) =>
          [...before, `data: ${JSON.stringify(value)}`, '', ''].join(end),
        );
        // A value that is itself a word for a keep-alive is another matter.
        fc.pre(!blocks.some(([, value]) => typeof value === 'string' && isSignOfLife(JSON.stringify(value))));
        const input = [Buffer.from(text.join(''))];
        expect(read(streamReader, input)).to.deep.equal(read(() => sseReader(), input));
      }),
    );
  });

  it('tells events apart that one line end stands between, and gives them their blank line', () => {
    for (const [end, blank] of [
      ['\n', '\n\n'],
      ['\r\n', '\r\n\n'],
      ['\r', '\r\n\n'],
    ] as const) {
      const last = `data: [DONE]${end}${end}`;
      expect(raws(`data: ${A}${end}data: ${B}${end}${last}`)).to.deep.equal([
        `data: ${A}${blank}`,
        `data: ${B}${blank}`,
        last,
      ]);
    }
    expect(datas(`data: ${A}\ndata: ${B}`)).to.deep.equal([A, B]);
    expect(datas(`data:\ndata: ${A}\ndata:\n\ndata: ${A}\ndata:\ndata: ${B}\n\n`)).to.deep.equal([
      `\n${A}\n`,
      `${A}\n`,
      B,
    ]);
  });

  it('gives each of them the fields that stand before its data', () => {
    const text = `event: one\nid: 1\ndata: ${A}\n: note\nevent: two\ndata: ${B}\n\n`;
    expect(readText(text).map(({ type, data, raw }) => [type, O.toNullable(data), raw.toString()])).to.deep.equal([
      ['one', A, `event: one\nid: 1\ndata: ${A}\n\n`],
      ['two', B, `: note\nevent: two\ndata: ${B}\n\n`],
    ]);
    expect(readText(`data: ${A}\nevent: late\n\n`).map(({ type }) => type)).to.deep.equal(['late']);
  });

  it('tells one of them as soon as the line behind it has come', () => {
    const reader = streamReader();
    expect(reader.push(Buffer.from(`data: ${A}\n`))).to.deep.equal([]);
    expect(reader.push(Buffer.from('data: {"b"'))).to.deep.equal([]);
    expect(reader.push(Buffer.from(':"2"}\n')).map(({ data }) => data)).to.deep.equal([O.some(A)]);
    expect(reader.push(Buffer.from('\n')).map(({ data }) => data)).to.deep.equal([O.some(B)]);
    expect(reader.end()).to.deep.equal([]);
  });

  it('finds the same events however the input is split', () => {
    const fragment = fc.constantFrom(
      ...[
        `data: ${A}`,
        `data: ${B}`,
        'data: [DONE]',
        '[DONE]',
        'data: {"a":',
        'data: 1}',
        'event: x',
        'error: {"c":1}',
      ],
      ...['\n', '\n', '\n', '\r\n', '\r', '\n\n', ': c', 'data:', 'data: ping', 'x', '\uFEFF', '漢'],
    );
    const told = (pieces: readonly Buffer[]) =>
      read(streamReader, pieces).flatMap(({ type, data, raw }) =>
        O.isSome(data) ? [[type, data.value, `${raw}`]] : [],
      );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 10 }), (all, places) => {
        const input = Buffer.from(all.join(''));
        const cuts = [0, ...places.map((place) => place % (input.length + 1)), input.length].sort((a, b) => a - b);
        const pieces = cuts.slice(1).map((to, i) => input.subarray(cuts[i], to));
        expect(told(pieces)).to.deep.equal(told([input]));
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves JSON of more than one line together', () => {
    for (const value of [JSON.stringify({ a: [{ b: 1 }, {}] }, null, 1), '{"a":\n1}', `${A}\n`, '[\n{}\n]']) {
      const text = `${value
        .split('\n')
        .map((line) => `data: ${line}\n`)
        .join('')}\n`;
      expect(raws(text), value).to.deep.equal([text]);
      expect(datas(text)).to.deep.equal([value]);
    }
  });

  it('tells what stands under a field of no standard apart from data, before it and behind it', () => {
    expect(raws(`data: ${A}\nerror: ${B}\n\n`)).to.deep.equal([`data: ${A}\n\n`, `error: ${B}\n\n`]);
    expect(raws(`error: ${B}\ndata: ${A}\n\n`)).to.deep.equal([`error: ${B}\n\n`, `data: ${A}\n\n`]);
    expect(raws(`{"error":${B}}\ndata: ${A}\n\n`)).to.deep.equal([`{"error":${B}}\n\n`, `data: ${A}\n\n`]);
  });

  it('makes comments of words that keep a connection open', () => {
    for (const text of [
      ...['data: : keepalive', 'data: ping', 'data: heartbeat', 'data: [heartbeat]', 'data::', 'data: PING'],
      ...['data: keep-alive', 'data: (keepalive)', 'event: ping\ndata: 17:05', 'event: heartbeat\ndata: alive'],
      ...['data: : a\ndata: : b'],
    ])
      for (const event of readText(`${text}\n\n`)) expect(event, text).to.deep.include({ type: '', data: O.none });
  });

  it('leaves other words as they are', () => {
    for (const text of ['data: upstream is busy', 'data: pinging', 'data: ping pong ping', 'event: error\ndata: ping'])
      expect(readText(`${text}\n\n`)[0]?.data, text).to.have.property('_tag', 'Some');
  });

  it('takes a bare [DONE] for the end where nothing follows, and for nothing where more does', () => {
    expect(datas(`data: ${A}\n\n[DONE]\n\n`)).to.deep.equal([A, '[DONE]']);
    expect(datas(`data: ${A}\n[DONE]`)).to.deep.equal([A, '[DONE]']);
    expect(datas(`data: ${A}\n\n[DONE]\n\n: bye\n\ndata:\n\n`)).to.deep.equal([A, '', '[DONE]']);
    expect(datas(`[DONE]\n\ndata: ${A}\n\n[DONE]\ndata: ${B}\n\n`)).to.deep.equal([A, B]);
    expect(datas(`[DONE]\n\ndata: [DONE]\n\n`)).to.deep.equal(['[DONE]']);
    const reader = streamReader();
    reader.push(Buffer.from('[DONE]\n\n'));
    expect([reader.end().length, reader.end().length]).to.deep.equal([1, 0]);
  });

  it('does work in proportion to the input, whatever it is made of', () => {
    const workOf = (unit: string, count: number) => {
      const reader = streamReader();
      const piece = Buffer.from(unit.repeat(count));
      const before = process.cpuUsage();
      for (let at = 0; at < piece.length; at += 4096) reader.push(piece.subarray(at, at + 4096));
      reader.end();
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    for (const unit of ['\n', '\r\n', ' ', ' \n', ':\n\n', 'data: 1\n', `data: ${A}\n`, 'data: {\n', 'x: {}\n']) {
      const count = Math.ceil(100_000 / unit.length);
      workOf(unit, count);
      const once = Math.min(workOf(unit, count), workOf(unit, count));
      // Eight times the input costs 64 times the work where it is quadratic.
      expect(workOf(unit, 8 * count), JSON.stringify(unit)).to.be.below(24 * Math.max(once, 2000));
    }
  });
});
