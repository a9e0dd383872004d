import { expect } from 'chai';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import { type SseEvent, sseReader } from '../../lib/dialects/sse.js';
import { leastCpuMs } from '../support/cost.js';

/** Reads pieces one by one, then the end. */
const read = (pieces: readonly Buffer[]): readonly SseEvent[] => {
  const reader = sseReader();
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
};
const readText = (text: string): readonly SseEvent[] => read([Buffer.from(text)]);

const plain = ({ raw, type, data, complete }: SseEvent) => ({
  raw: raw.toString('latin1'),
  type,
  data: O.toNullable(data),
  complete,
});

const split = (bytes: Buffer, places: readonly number[]): readonly Buffer[] => {
  const sorted = [...new Set([0, ...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end));
};

/** Inputs that are nearly SSE, and so more telling than random bytes. */
const fragments = fc.constantFrom(
  ...['data: x', 'data:', 'data', 'data:  two', 'event: ping', 'event:', 'event', ': note', ':', 'id: 1', 'retry: 5'],
  ...['\n', '\n', '\r', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n', 'é漢😀', '\uFEFF', '\0', 'a:b', ' data: y', '[DONE]'],
);
const inputs = fc.array(fragments, { maxLength: 30 }).map((all) => Buffer.from(all.join('')));
const bytes = fc.oneof(
  inputs,
  fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
);
const places = fc.array(fc.nat(), { maxLength: 20 });

/**
 * The events that eventsource-parser tells of. It takes text, so decoding (and the BOM) is left to TextDecoder; it would
 * take the letters "ï»¿" for a BOM; and it waits for more after a last CR.
 */
const reference = (input: Buffer): readonly { type: string; data: string }[] => {
  const events: { type: string; data: string }[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => events.push({ type: event ?? '', data }) });
  const text = new TextDecoder().decode(input);
  fc.pre(!text.startsWith('ï»¿'));
  parser.feed(text.endsWith('\r') ? `${text}\n` : text);
  return events;
};

/** Without what nobody is told of, of which the events depend on how the input is split. */
const filled = (events: readonly SseEvent[]) => events.filter(({ data }) => O.isSome(data)).map(plain);

/** All that a reader could tell apart: its lines, a run of blank ones as one. */
const told = (input: string): string =>
  input
    .replace(/\r\n|\r/g, '\n')
    .replace(/\n{2,}/g, '\n\n')
    .replace(/^\n+/, '');

const visible = (events: readonly SseEvent[]) =>
  events.flatMap(({ type, data, complete }) => (complete && O.isSome(data) ? [{ type, data: data.value }] : []));

describe('SSE reader', () => {
  it('finds the same events as a reference reader in any input', () => {
    fc.assert(
      fc.property(bytes, places, (input, at) => {
        expect(visible(read(split(input, at)))).to.deep.equal(reference(input));
      }),
      { numRuns: 3000 },
    );
  });

  it('gives the same events however the input is split', () => {
    fc.assert(
      fc.property(bytes, places, (input, at) => {
        expect(filled(read(split(input, at)))).to.deep.equal(filled(read([input])));
      }),
      { numRuns: 2000 },
    );
  });

  it('loses and invents nothing but blank lines behind a blank line', () => {
    fc.assert(
      fc.property(bytes, places, (input, at) => {
        const raws = Buffer.concat(read(split(input, at)).map(({ raw }) => raw));
        expect(told(raws.toString('latin1'))).to.equal(told(input.toString('latin1')));
      }),
      { numRuns: 2000 },
    );
  });

  it('counts the bytes of the event that has not ended', () => {
    fc.assert(
      fc.property(bytes, places, (input, at) => {
        const reader = sseReader();
        for (const piece of split(input, at)) reader.push(piece);
        const pending = reader.pendingBytes();
        expect(Buffer.concat(reader.end().map(({ raw }) => raw))).to.have.length(pending);
      }),
    );
  });

  it('reads the same from a stream that is split at every byte, in the middle of characters too', () => {
    const input = Buffer.from(
      '\uFEFFevent: añ\r\ndata: 漢字 😀\r\n\r\n: note\r\n\r\ndata: {"a":1}\ndata: b\n\ndata: end',
    );
    const expected = [
      { type: 'añ', data: O.some('漢字 😀'), complete: true },
      { type: '', data: O.none, complete: true },
      { type: '', data: O.some('{"a":1}\nb'), complete: true },
      { type: '', data: O.some('end'), complete: false },
    ];
    for (let at = 0; at <= input.length; at += 1) {
      const events = read([input.subarray(0, at), input.subarray(at)]);
      expect(events.map(({ type, data, complete }) => ({ type, data, complete }))).to.deep.equal(expected);
    }
  });

  it('hands over each event with its bytes, blank line included', () => {
    expect(readText('data: 1\r\n\r\n: ka\n\ndata: 2').map(plain)).to.deep.equal([
      { raw: 'data: 1\r\n\r\n', type: '', data: '1', complete: true },
      { raw: ': ka\n\n', type: '', data: null, complete: true },
      { raw: 'data: 2', type: '', data: '2', complete: false },
    ]);
  });

  it('does not keep an event waiting for more', () => {
    for (const end of ['\n\n', '\r\r', '\r\n\r\n', '\r\n\n']) {
      expect(sseReader().push(Buffer.from(`data: 1${end}`)), JSON.stringify(end)).to.have.length(1);
    }
  });

  it('keeps a CRLF together that comes in two pieces', () => {
    const reader = sseReader();
    expect(reader.push(Buffer.from('data: 1\r\n\r'))).to.deep.equal([]);
    expect(reader.push(Buffer.from('\ndata: 2\r\n\r\n')).map(plain)).to.deep.equal([
      { raw: 'data: 1\r\n\r\n', type: '', data: '1', complete: true },
      { raw: 'data: 2\r\n\r\n', type: '', data: '2', complete: true },
    ]);
  });

  it('takes a blank line that ends in a last CR for whole', () => {
    expect(readText('data: 1\r\n\r').map(plain)).to.deep.equal([
      { raw: 'data: 1\r\n\r', type: '', data: '1', complete: true },
    ]);
  });

  it('tells an empty data field from none', () => {
    expect(readText('data:\n\nevent: ping\n\n').map(({ data }) => data)).to.deep.equal([O.some(''), O.none]);
  });

  it('takes a BOM off the beginning only', () => {
    expect(readText('\uFEFFdata: 1\n\n\uFEFFdata: 2\n\n').map(({ data }) => data)).to.deep.equal([O.some('1'), O.none]);
  });

  it('takes blocks of comments that come together for one', () => {
    const comments = ': ka\n\n:\n: b\r\n\r\n'.repeat(1000);
    const events = readText(`${comments}data: 1\n\n${comments}`);
    expect(events.map(({ raw }) => raw.toString())).to.deep.equal([comments, 'data: 1\n\n', comments]);
  });

  it('takes a run of blank lines for one', () => {
    for (const lines of ['\n', '\r', '\r\n', '\n\r']) {
      const blank = lines.repeat(1000);
      const events = readText(`${blank}data: 1\n\n${blank}data: 2\n\n`);
      expect(
        events.map(({ data }) => O.toNullable(data)),
        JSON.stringify(lines),
      ).to.deep.equal([null, '1', '2']);
      expect(Buffer.concat(events.map(({ raw }) => raw)).length).to.be.below(40);
    }
  });

  it('says nothing at the end of nothing', () => {
    expect(read([])).to.deep.equal([]);
    expect(readText('data: 1\n\n')).to.have.length(1);
  });

  it('reads a line of 10 MB in pieces of 1 KiB in less than half a second of CPU time', () => {
    const piece = Buffer.alloc(1024, 'a');
    const readOnce = () => {
      const reader = sseReader();
      reader.push(Buffer.from('data: '));
      for (let i = 0; i < 10_240; i += 1) reader.push(piece);
      expect(reader.pendingBytes()).to.equal(10_240 * 1024 + 6);
      const [event] = reader.push(Buffer.from('\n\n'));
      expect(event?.raw).to.have.length(10_240 * 1024 + 8);
    };
    expect(leastCpuMs(readOnce)).to.be.below(500);
  });
});
