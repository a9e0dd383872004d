import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import { fromRaw, type Headers } from '../../lib/core/headers.js';
import { goDuration, hint } from '../../lib/core/hints.js';

const NOW_MS = Date.UTC(2026, 7, 3, 10, 0, 0);
const HUGE = '9'.repeat(400);

const hinted = (headers: Headers) => hint(headers, NOW_MS);

/** The hint of `Retry-After` alone. */
const retryAfter = (text: string) => hinted({ 'retry-after': text });

/** The hint of one limit that is used up. */
const reset = (text: string) => hinted({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': text });

describe('core/hints', () => {
  describe('retry-after-ms', () => {
    it('is a number of milliseconds, fractions too', () => {
      expect(hinted({ 'retry-after-ms': '1500' })).to.deep.equal(O.some(1500));
      expect(hinted({ 'retry-after-ms': '0.5' })).to.deep.equal(O.some(0.5));
      expect(hinted({ 'retry-after-ms': '0' })).to.deep.equal(O.some(0));
    });

    it('goes before every other field, the shorter and the longer', () => {
      const others = { 'retry-after': '7', 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '9s' };
      expect(hinted({ ...others, 'retry-after-ms': '10' })).to.deep.equal(O.some(10));
      expect(hinted({ ...others, 'retry-after-ms': '99999' })).to.deep.equal(O.some(99_999));
    });

    it('gives way to Retry-After where it cannot be understood', () => {
      for (const garbage of ['', 'soon', '-5', '1e3', '0x10', '1,5', '5 5', 'NaN', 'Infinity']) {
        expect(hinted({ 'retry-after-ms': garbage, 'retry-after': '7' }), garbage).to.deep.equal(O.some(7000));
      }
    });
  });

  describe('Retry-After', () => {
    it('is a number of seconds, fractions too', () => {
      expect(retryAfter('30')).to.deep.equal(O.some(30_000));
      expect(retryAfter('0.25')).to.deep.equal(O.some(250));
      expect(retryAfter('0')).to.deep.equal(O.some(0));
    });

    for (const [form, text] of [
      ['an IMF-fixdate', 'Mon, 03 Aug 2026 10:00:05 GMT'],
      ['an RFC 850 date', 'Monday, 03-Aug-26 10:00:05 GMT'],
      ['an RFC 850 date with a long day', 'Wednesday, 03-Aug-26 10:00:05 GMT'],
      ['an asctime date', 'Mon Aug  3 10:00:05 2026'],
    ] as const) {
      it(`may be ${form}`, () => {
        expect(retryAfter(text)).to.deep.equal(O.some(5000));
      });
    }

    it('may be an asctime date of a day with two digits', () => {
      expect(retryAfter('Thu Aug 13 10:00:00 2026')).to.deep.equal(O.some(10 * 24 * 3_600_000));
    });

    describe('on a machine far from Greenwich', () => {
      const zone = process.env.TZ;
      before(() => {
        process.env.TZ = 'Pacific/Auckland';
      });
      after(() => {
        if (zone === undefined) delete process.env.TZ;
        else process.env.TZ = zone;
      });

      it('is UTC in all three forms', () => {
        expect(new Date(NOW_MS).getTimezoneOffset()).not.to.equal(0);
        expect(retryAfter('Mon, 03 Aug 2026 10:00:05 GMT')).to.deep.equal(O.some(5000));
        expect(retryAfter('Monday, 03-Aug-26 10:00:05 GMT')).to.deep.equal(O.some(5000));
        expect(retryAfter('Mon Aug  3 10:00:05 2026')).to.deep.equal(O.some(5000));
      });
    });

    it('is no wait at all where its date is past', () => {
      expect(retryAfter('Sun, 06 Nov 1994 08:49:37 GMT')).to.deep.equal(O.some(0));
      expect(retryAfter('Sunday, 06-Nov-94 08:49:37 GMT')).to.deep.equal(O.some(0));
      expect(retryAfter('Sun Nov  6 08:49:37 1994')).to.deep.equal(O.some(0));
    });

    for (const garbage of [
      '',
      'soon',
      '-5',
      '+5',
      '1e3',
      '5 seconds',
      'about 5',
      'see page 5',
      '5.',
      '.5',
      '1,5',
      '2026-08-03T10:00:05Z',
      'Mon, 99 Aug 2026 10:00:05 GMT',
      'Mon, 03 Aug 2026 10:00:05',
      'Mon, 03 Aug 2026 10:00:05 GMT, really',
      'x Mon, 03 Aug 2026 10:00:05 GMT',
      'Monday, 03-Aug-26 10:00:05 GMT.',
      'Wednesdayy, 03-Aug-26 10:00:05 GMT',
      'x Monday, 03-Aug-26 10:00:05 GMT',
      'Mon Aug  3 10:00:05 2026.',
      'x Mon Aug  3 10:00:05 2026',
    ]) {
      it(`is no hint where it says "${garbage}"`, () => {
        expect(retryAfter(garbage)).to.deep.equal(O.none);
      });
    }

    it('goes before the resets of rate limits, and gives way to them where it cannot be understood', () => {
      const limit = { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '9s' };
      expect(hinted({ ...limit, 'retry-after': '2' })).to.deep.equal(O.some(2000));
      expect(hinted({ ...limit, 'retry-after': 'soon' })).to.deep.equal(O.some(9000));
    });
  });

  describe('resets of rate limits', () => {
    it('count where nothing remains: OpenAI writes durations', () => {
      expect(reset('6m0s')).to.deep.equal(O.some(360_000));
      expect(reset('12ms')).to.deep.equal(O.some(12));
    });

    it('count where nothing remains: Anthropic writes RFC 3339 dates', () => {
      const at = (text: string) =>
        hinted({ 'anthropic-ratelimit-input-tokens-remaining': '0', 'anthropic-ratelimit-input-tokens-reset': text });
      expect(at('2026-08-03T10:00:09Z')).to.deep.equal(O.some(9000));
      expect(at('2026-08-03T10:00:09.500Z')).to.deep.equal(O.some(9500));
      expect(at('2026-08-03T12:00:09+02:00')).to.deep.equal(O.some(9000));
      expect(at('2026-08-03T09:59:00Z')).to.deep.equal(O.some(0));
    });

    it('count where nothing remains: others write Unix time, in seconds or milliseconds', () => {
      const at = NOW_MS / 1000;
      expect(reset(`${at + 5}`)).to.deep.equal(O.some(5000));
      expect(reset(`${at + 5}.25`)).to.deep.equal(O.some(5250));
      expect(reset(`${NOW_MS + 1234}`)).to.deep.equal(O.some(1234));
      expect(reset(`${at - 5}`)).to.deep.equal(O.some(0));
      expect(reset(`${NOW_MS - 5}`)).to.deep.equal(O.some(0));
    });

    it('may be of a limit without a name', () => {
      const at = `${NOW_MS + 4000}`;
      expect(hinted({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at })).to.deep.equal(O.some(4000));
      expect(hinted({ 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': at })).to.deep.equal(O.none);
      expect(hinted({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset': at })).to.deep.equal(O.none);
    });

    it('do not count where something remains, or where nothing says what remains', () => {
      const tokens = { 'x-ratelimit-reset-tokens': '9s' };
      expect(hinted({ ...tokens, 'x-ratelimit-remaining-tokens': '1' })).to.deep.equal(O.none);
      expect(hinted({ ...tokens, 'x-ratelimit-remaining-tokens': '10' })).to.deep.equal(O.none);
      expect(hinted(tokens)).to.deep.equal(O.none);
    });

    it('are matched with what remains of the same limit of the same vendor', () => {
      expect(hinted({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-tokens': '9s' })).to.deep.equal(O.none);
      expect(hinted({ 'anthropic-ratelimit-tokens-remaining': '0', 'x-ratelimit-reset-tokens': '9s' })).to.deep.equal(
        O.none,
      );
    });

    it('give the longest wait of the limits that are used up, in whatever order they came', () => {
      const used = [
        ['x-ratelimit-remaining-requests', '0', 'x-ratelimit-reset-requests', '2s'],
        ['x-ratelimit-remaining-tokens', '0', 'x-ratelimit-reset-tokens', '6s'],
        ['anthropic-ratelimit-requests-remaining', '0', 'anthropic-ratelimit-requests-reset', '2026-08-03T10:00:04Z'],
        ['x-ratelimit-remaining-images', '3', 'x-ratelimit-reset-images', '1h'],
      ];
      fc.assert(
        fc.property(fc.shuffledSubarray(used, { minLength: 4 }), (raw) => {
          expect(hinted(fromRaw(raw.flat()))).to.deep.equal(O.some(6000));
        }),
      );
    });

    for (const garbage of [
      '',
      'soon',
      '-5s',
      '60',
      '178575120',
      '17857512050',
      '17857512050000',
      '1785751205000.5',
      'see page 5',
      '2026',
      'x 2026-08-03T10:00:09Z',
      '2026-08-03T10:00:09Z!',
      '2026-08-03T10:00:09',
      '2026-08-03 10:00:09Z',
      'Mon, 03 Aug 2026 10:00:05 GMT',
      '2026-99-03T10:00:09Z',
    ]) {
      it(`are no hint where one says "${garbage}", rather than a hint of no wait`, () => {
        expect(reset(garbage)).to.deep.equal(O.none);
      });
    }

    it('leave out one that cannot be understood beside one that can', () => {
      const both = {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '3s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': 'soon',
      };
      expect(hinted(both)).to.deep.equal(O.some(3000));
    });

    it('are known by their whole names', () => {
      const remaining = { 'x-ratelimit-remaining-requests': '0', 'anthropic-ratelimit-requests-remaining': '0' };
      for (const lookalike of [
        'my-x-ratelimit-reset-requests',
        'my-anthropic-ratelimit-requests-reset',
        'anthropic-ratelimit-requests-reset-at',
      ]) {
        expect(hinted({ ...remaining, [lookalike]: '3s' }), lookalike).to.deep.equal(O.none);
      }
    });
  });

  describe('what a gateway hands on under a prefix', () => {
    const on = (fields: Headers): Headers =>
      Object.fromEntries(Object.entries(fields).map(([name, field]) => [`llm_provider-${name}`, field]));

    it('counts as the upstream’s own word would', () => {
      expect(hinted(on({ 'retry-after-ms': '1500' }))).to.deep.equal(O.some(1500));
      expect(hinted(on({ 'retry-after': '7' }))).to.deep.equal(O.some(7000));
      expect(hinted(on({ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '9s' }))).to.deep.equal(
        O.some(9000),
      );
      const reset = '2026-08-03T10:00:04Z';
      expect(
        hinted(on({ 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': reset })),
      ).to.deep.equal(O.some(4000));
    });

    it('gives way to the same field of the gateway itself', () => {
      expect(hinted({ ...on({ 'retry-after': '7' }), 'retry-after': '3' })).to.deep.equal(O.some(3000));
      expect(hinted({ ...on({ 'retry-after': '7' }), 'retry-after': 'soon' })).to.deep.equal(O.some(7000));
    });

    it('is matched with what remains behind the gateway', () => {
      const own = { 'x-ratelimit-remaining-tokens': '0' };
      expect(hinted({ ...own, ...on({ 'x-ratelimit-reset-tokens': '9s' }) })).to.deep.equal(O.none);
      const both = on({ 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': '9s' });
      expect(hinted({ ...own, ...both })).to.deep.equal(O.none);
    });
  });

  describe('what the body says', () => {
    const reset = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${NOW_MS + 6000}` };

    it('goes behind Retry-After and before resets', () => {
      expect(hint({ 'retry-after': '1' }, NOW_MS, { hintMs: O.some(9) })).to.deep.equal(O.some(1000));
      expect(hint(reset, NOW_MS, { hintMs: O.some(9) })).to.deep.equal(O.some(9));
    });

    it('may be fields, which go behind those of the reply', () => {
      expect(hint({}, NOW_MS, { hintMs: O.none, fields: reset })).to.deep.equal(O.some(6000));
      expect(hint({}, NOW_MS, { hintMs: O.none, fields: { 'retry-after': '2' } })).to.deep.equal(O.some(2000));
      const own = { 'x-ratelimit-remaining-a': '0', 'x-ratelimit-reset-a': '1s' };
      expect(hint(own, NOW_MS, { hintMs: O.none, fields: reset })).to.deep.equal(O.some(1000));
    });
  });

  describe('goDuration', () => {
    for (const [text, expectedMs] of [
      ['6m0s', 360_000],
      ['12ms', 12],
      ['1.5s', 1500],
      ['0s', 0],
      ['1h2m3.25s', 3_723_250],
      ['2h', 7_200_000],
      ['1m30s500ms', 90_500],
      ['1.5m0.5s', 90_500],
    ] as const) {
      it(`reads ${text} as ${expectedMs} ms`, () => {
        expect(goDuration(text)).to.deep.equal(O.some(expectedMs));
      });
    }

    for (const text of [
      '',
      '5',
      's',
      '1d',
      '-1s',
      '1s2',
      '1 s',
      '1s 2s',
      '.5s',
      '1.s',
      '1.x5s',
      '1.5.5s',
      ' 1s',
      'x1s',
      '1sx',
      '1S',
    ]) {
      it(`does not read "${text}"`, () => {
        expect(goDuration(text)).to.deep.equal(O.none);
      });
    }

    it('reads what Go writes', () => {
      fc.assert(
        fc.property(fc.nat(999), fc.nat(59), fc.nat(59), (hours, minutes, seconds) => {
          const expectedMs = ((hours * 60 + minutes) * 60 + seconds) * 1000;
          expect(goDuration(`${hours}h${minutes}m${seconds}s`)).to.deep.equal(O.some(expectedMs));
        }),
      );
    });
  });

  // `Date.parse` understands many of these, each in its own way: none of them is a date that an upstream may write.
  describe('a date with a fault', () => {
    const FORMS: readonly (readonly [text: string, read: (text: string) => O.Option<number>])[] = [
      ['Mon, 03 Aug 2026 10:00:05 GMT', retryAfter],
      ['Monday, 03-Aug-26 10:00:05 GMT', retryAfter],
      ['Mon Aug 13 10:00:05 2026', retryAfter],
      ['2026-08-03T10:00:05+00:00', reset],
    ];
    for (const [date, read] of FORMS) {
      it(`is no hint where ${date} has anything but a digit in place of one`, () => {
        expect(O.isSome(read(date))).to.equal(true);
        for (const { index } of date.matchAll(/\d/g)) {
          for (const other of ['', '-', '+', '.', ',', ':', '/', 'x', '(', 'Z', ' -', '0 ']) {
            const spoiled = date.slice(0, index) + other + date.slice(index + 1);
            expect(read(spoiled), spoiled).to.deep.equal(O.none);
          }
        }
      });

      it(`is no hint where anything stands around ${date}`, () => {
        for (const around of ['(x)', '.', ' ', 'x ', '1', ' +1', ', ']) {
          expect(read(around + date), around + date).to.deep.equal(O.none);
          expect(read(date + around), date + around).to.deep.equal(O.none);
        }
      });
    }
  });

  it('is none where no field says anything', () => {
    expect(hinted({})).to.deep.equal(O.none);
    expect(hinted({ 'content-type': 'application/json', date: 'Mon, 03 Aug 2026 10:00:05 GMT' })).to.deep.equal(O.none);
  });

  it('is finite, and longer than anyone would wait, for a number too long to reckon with', () => {
    const century = 100 * 365 * 24 * 3_600_000;
    for (const headers of [
      { 'retry-after-ms': HUGE },
      { 'retry-after': HUGE },
      { 'retry-after': '9'.repeat(308) },
      { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': `${HUGE}s` },
    ]) {
      const found = hinted(headers);
      expect(O.isSome(found) && Number.isFinite(found.value) && found.value > century).to.equal(true);
    }
  });

  it('is finite and at least 0, whatever the fields say', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789.hms-+eE:TZ '), maxLength: 40 });
    const date = fc.date({ noInvalidDate: false }).map((at) => (Number.isNaN(at.getTime()) ? 'x' : at.toISOString()));
    const httpDate = fc.date({ noInvalidDate: true }).map((at) => at.toUTCString());
    const text = fc.oneof(fc.string(), digits, date, httpDate, fc.nat().map(String), fc.constant(HUGE));
    const name = fc.constantFrom(
      'retry-after-ms',
      'retry-after',
      'x-ratelimit-reset-tokens',
      'x-ratelimit-reset-requests',
      'anthropic-ratelimit-tokens-reset',
      'llm_provider-retry-after',
    );
    const used = {
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-remaining-requests': '0',
      'anthropic-ratelimit-tokens-remaining': '0',
    };
    fc.assert(
      fc.property(fc.dictionary(name, text), fc.integer({ min: 0, max: 4e12 }), (fields, nowMs) => {
        const found = hint({ ...used, ...fields }, nowMs);
        if (O.isSome(found)) {
          expect(Number.isFinite(found.value)).to.equal(true);
          expect(found.value).to.be.at.least(0);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
