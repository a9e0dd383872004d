import { expect } from 'chai';
import * as fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';
import {
  Count,
  Duration,
  Factor,
  FilePath,
  Flag,
  HostName,
  oneOf,
  Port,
  Secret,
  Size,
  StatusCode,
  Text,
  Timeout,
} from '../../lib/codecs/leaf.js';

const decoded = <A>(codec: t.Decoder<unknown, A>, input: unknown): A | 'refused' =>
  E.getOrElseW(() => 'refused' as const)(codec.decode(input));

const refuses = (codec: t.Decoder<unknown, unknown>, inputs: readonly unknown[]): void => {
  for (const input of inputs) expect(decoded(codec, input), JSON.stringify(input)).to.equal('refused');
};

/** Nothing of the kind, for any codec of a number. */
const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, -1, '', ' ', 'x', '-1', '0x10', '1e3', [1], {}, true, '1,5'];

describe('config: single values', () => {
  it('reads a duration as milliseconds, a plain number as seconds', () => {
    const cases = {
      '30': 30_000,
      '1.5': 1500,
      '0': 0,
      '500ms': 500,
      '90s': 90_000,
      '2m': 120_000,
      '1h': 3_600_000,
      '2 m': 120_000,
    };
    for (const [text, ms] of Object.entries(cases)) expect(decoded(Duration, text), text).to.equal(ms);
    expect(decoded(Duration, 30)).to.equal(30_000);
    expect(decoded(Duration, 0.1)).to.equal(100);
  });

  it('refuses a duration that is none, has another unit, or is longer than a timer can hold', () => {
    refuses(Duration, [...NO_NUMBERS, '1d', '5S', 'ms', '1m30s', '25 constructor', '577h', 3e6]);
  });

  it('refuses a timeout of nothing, which would always be over', () => {
    refuses(Timeout, [...NO_NUMBERS, 0, '0s', 0.0001]);
    expect(decoded(Timeout, '1ms')).to.equal(1);
  });

  it('reads a size as bytes, with binary units', () => {
    const cases = {
      '65536': 65_536,
      '10B': 10,
      '64KiB': 65_536,
      '20MiB': 20_971_520,
      '1GiB': 1_073_741_824,
      '1.5KiB': 1536,
    };
    for (const [text, bytes] of Object.entries(cases)) expect(decoded(Size, text), text).to.equal(bytes);
    expect(decoded(Size, 65_536)).to.equal(65_536);
    refuses(Size, [...NO_NUMBERS, 0, '20MB', '20mib', '9999999999GiB']);
  });

  it('writes durations and sizes so that they read the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000_000 }), (ms) => {
        expect(decoded(Duration, Duration.encode(ms))).to.equal(ms);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (bytes) => {
        expect(decoded(Size, Size.encode(bytes))).to.equal(bytes);
      }),
    );
  });

  it('writes durations and sizes as a person would', () => {
    expect([30_000, 1500, 0].map(Duration.encode)).to.deep.equal([30, '1500ms', 0]);
    expect([104_857_600, 65_536, 1000].map(Size.encode)).to.deep.equal(['100MiB', '64KiB', '1000B']);
  });

  it('takes ports from 0 to 65535', () => {
    expect([0, 65_535, '8484'].map((input) => decoded(Port, input))).to.deep.equal([0, 65_535, 8484]);
    refuses(Port, [...NO_NUMBERS, 65_536, 80.5]);
  });

  it('takes status codes from 400 to 599', () => {
    expect([400, 599, '429'].map((input) => decoded(StatusCode, input))).to.deep.equal([400, 599, 429]);
    refuses(StatusCode, [...NO_NUMBERS, 200, 399, 600, 429.5]);
  });

  it('takes whole numbers as counts, and numbers from 1 as factors', () => {
    expect([0, '3'].map((input) => decoded(Count, input))).to.deep.equal([0, 3]);
    refuses(Count, [...NO_NUMBERS, 1.5]);
    expect([1, 1.5, '2'].map((input) => decoded(Factor, input))).to.deep.equal([1, 1.5, 2]);
    refuses(Factor, [...NO_NUMBERS, 0, 0.99]);
  });

  it('takes true and false, also as text, and nothing that only sounds like it', () => {
    expect([true, false, 'true', 'false'].map((input) => decoded(Flag, input))).to.deep.equal([
      true,
      false,
      true,
      false,
    ]);
    refuses(Flag, ['yes', 'off', 1, 0, '']);
  });

  it('takes text that is not empty', () => {
    expect(decoded(Text, 'a\nb')).to.equal('a\nb');
    refuses(Text, ['', 5, ['a']]);
    expect(decoded(FilePath, '')).to.equal('');
    refuses(FilePath, [5]);
  });

  it('takes host names in any case, without a port', () => {
    expect(decoded(HostName, 'My_Box.Local')).to.equal('my_box.local');
    refuses(HostName, ['a:80', 'http://a', 'a b', 'bücher.de', '', 5]);
  });

  it('trims a secret, refuses what no header field can carry, and never writes it', () => {
    expect(decoded(Secret, ' sk-1\n')).to.equal('sk-1');
    expect(decoded(Secret, '')).to.equal('');
    refuses(Secret, ['sk 1', 'sk\n1', 'schlüssel', 'sk\u0000', 12]);
    expect(Secret.encode('sk-1')).to.equal('(set)');
  });

  it('takes one of a few words', () => {
    const Word = oneOf('off', 'on');
    expect(decoded(Word, 'off')).to.equal('off');
    refuses(Word, ['Off', false, '']);
  });

  it('says what was expected as a phrase', () => {
    expect(oneOf('off', 'on').name).to.equal('one of: off, on');
    expect(Port.name).to.equal('a port, 0 to 65535');
  });
});
