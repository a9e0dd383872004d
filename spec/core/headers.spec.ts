import { expect } from 'chai';
import fc from 'fast-check';
import { endToEnd, fromRaw, type Headers, set, value, values } from '../../lib/core/headers.js';

const CROSSES_NO_PROXY = [
  // RFC 9110 §7.6.1, and the two fields of §11.7 that are for the next proxy alone.
  'Connection',
  'Keep-Alive',
  'Proxy-Connection',
  'TE',
  'Transfer-Encoding',
  'Upgrade',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  // The framing of one message, made anew on each side, and what is settled between two neighbours.
  'Content-Length',
  'Trailer',
  'Expect',
];

const LOOKALIKES = [
  'content_length',
  'transfer---encoding',
  'transfer_encoding',
  'Transfer.Encoding',
  'content-_-length',
  'proxy_connection',
  'keep_alive',
];

const MERELY_CONTAIN = [
  'x-content-length',
  'content-length-range',
  'x-upgrade',
  'upgrade-insecure-requests',
  'expect-ct',
  'x-te',
  'te2',
  'content2length',
  'connection-id',
  'x-connection',
  'no-keep-alive',
  'x_transfer_encoding',
  'contentlength',
  'trailers-ahead',
];

const ORDINARY = ['content-type', 'content-encoding', 'authorization', 'x-api-key', 'set-cookie', '__proto__', 'x-foo'];

const name = fc.oneof(
  fc.constantFrom(...CROSSES_NO_PROXY, ...LOOKALIKES, ...MERELY_CONTAIN, ...ORDINARY, 'constructor', 'X-Foo'),
  fc.string({ unit: fc.constantFrom(..."abcXYZ019-_.!#$%&'*+^`|~"), minLength: 1, maxLength: 12 }),
);
const text = fc.oneof(fc.string(), fc.constantFrom('close', 'x-foo, TE', 'X-Foo,,__proto__', '0'));
const line = fc.oneof(fc.tuple(name, text), fc.tuple(fc.constantFrom('Connection', 'connection'), name));
const lines = fc.array(line, { maxLength: 12 });

const entries = (headers: Headers) => Object.entries(headers);

describe('core/headers', () => {
  describe('fromRaw', () => {
    it('makes names lower-case and keeps values as they came', () => {
      const headers = fromRaw(['Content-Type', 'Text/HTML', 'X-Key', ' A ']);
      expect(entries(headers)).to.deep.equal([
        ['content-type', 'Text/HTML'],
        ['x-key', ' A '],
      ]);
    });

    it('makes a list of a field that came more than once, in the order it came, whatever the case of its name', () => {
      const headers = fromRaw(['Set-Cookie', 'a=1', 'x', '-', 'set-cookie', 'b=2', 'SET-COOKIE', 'c=3']);
      expect(entries(headers)).to.deep.equal([
        ['set-cookie', ['a=1', 'b=2', 'c=3']],
        ['x', '-'],
      ]);
    });

    it('takes __proto__ and constructor for names like any other', () => {
      const headers = fromRaw(['__proto__', 'polluted', 'constructor', 'made']);
      expect(entries(headers)).to.deep.equal([
        ['__proto__', 'polluted'],
        ['constructor', 'made'],
      ]);
      expect(values(headers, '__proto__')).to.deep.equal(['polluted']);
    });

    it('holds nothing that did not come, not even what every object inherits', () => {
      for (const inherited of ['__proto__', 'constructor', 'tostring', 'hasownproperty']) {
        expect(values(fromRaw([]), inherited), inherited).to.deep.equal([]);
      }
    });

    it('ignores a last name without a value', () => {
      expect(entries(fromRaw(['a', '1', 'b']))).to.deep.equal([['a', '1']]);
    });

    it('joins, drops and invents nothing', () => {
      fc.assert(
        fc.property(lines, (raw) => {
          const headers = fromRaw(raw.flat());
          for (const asked of new Set(raw.map(([as]) => as.toLowerCase()))) {
            const came = raw.filter(([as]) => as.toLowerCase() === asked).map(([, what]) => what);
            expect(values(headers, asked)).to.deep.equal(came);
          }
          const count = entries(headers).flatMap(([, field]) => field).length;
          expect(count).to.equal(raw.length);
        }),
      );
    });
  });

  describe('values and value', () => {
    const headers: Headers = { one: 'a', many: ['a', 'b, c'], empty: '' };

    it('give one value', () => {
      expect(values(headers, 'one')).to.deep.equal(['a']);
      expect(value(headers, 'one')).to.equal('a');
    });

    it('give several values, apart and joined as RFC 9110 §5.3 allows', () => {
      expect(values(headers, 'many')).to.deep.equal(['a', 'b, c']);
      expect(value(headers, 'many')).to.equal('a, b, c');
    });

    it('distinguish an empty field from a missing one, where that matters', () => {
      expect(values(headers, 'empty')).to.deep.equal(['']);
      expect(values(headers, 'missing')).to.deep.equal([]);
      expect(value(headers, 'empty')).to.equal('');
      expect(value(headers, 'missing')).to.equal('');
    });
  });

  describe('set', () => {
    const before = fromRaw(['a', '1', 'b', '2', '__proto__', 'p']);

    it('adds, replaces and removes, and leaves the rest', () => {
      expect(entries(set(before, { a: false, b: 'two', c: '3' }))).to.deep.equal([
        ['b', 'two'],
        ['__proto__', 'p'],
        ['c', '3'],
      ]);
    });

    it('does not touch what it was given', () => {
      set(before, { a: false, b: 'two', c: '3' });
      expect(entries(before)).to.deep.equal([
        ['a', '1'],
        ['b', '2'],
        ['__proto__', 'p'],
      ]);
    });

    it('knows a field by its name in any case', () => {
      const headers = fromRaw(['x-title', 'old', 'x-key', 'k']);
      expect(entries(set(headers, { 'X-Title': 'new', 'X-KEY': false }))).to.deep.equal([['x-title', 'new']]);
    });

    it('replaces a list as a whole', () => {
      expect(entries(set(fromRaw(['a', '1', 'a', '2']), { a: '3' }))).to.deep.equal([['a', '3']]);
    });

    it('sets a field named __proto__ as a field', () => {
      const changed = set({}, Object.fromEntries([['__proto__', 'p']]));
      expect(entries(changed)).to.deep.equal([['__proto__', 'p']]);
    });
  });

  describe('endToEnd', () => {
    for (const hop of CROSSES_NO_PROXY) {
      it(`drops ${hop}`, () => {
        expect(entries(endToEnd(fromRaw([hop, 'x', 'accept', '*/*'])))).to.deep.equal([['accept', '*/*']]);
      });
    }

    for (const lookalike of LOOKALIKES) {
      it(`drops ${lookalike}, which some servers read as a field of framing`, () => {
        expect(entries(endToEnd(fromRaw([lookalike, 'chunked'])))).to.deep.equal([]);
      });
    }

    for (const other of MERELY_CONTAIN) {
      it(`keeps ${other}, which only contains the name of a field that is dropped`, () => {
        expect(entries(endToEnd(fromRaw([other, '1'])))).to.deep.equal([[other, '1']]);
      });
    }

    it('drops what Connection names, in any case, in several lines, with white space and gaps', () => {
      const came = ['Connection', 'close , X-Foo,', 'connection', ',x_bar', 'x-foo', '1', 'X_Bar', '2', 'x-baz', '3'];
      expect(entries(endToEnd(fromRaw(came)))).to.deep.equal([['x-baz', '3']]);
    });

    it('drops lookalikes of what Connection names too', () => {
      expect(entries(endToEnd(fromRaw(['connection', 'x-foo-bar', 'x_foo_bar', '1', 'x-foo.bar', '2'])))).to.deep.equal(
        [],
      );
    });

    it('keeps a field whose name Connection names only a part of', () => {
      const came = ['connection', 'x-foo', 'x-foo-bar', '1', 'foo', '2'];
      expect(entries(endToEnd(fromRaw(came)))).to.deep.equal([
        ['x-foo-bar', '1'],
        ['foo', '2'],
      ]);
    });

    it('keeps the values of a list apart', () => {
      const cookies = fromRaw(['set-cookie', 'a=1', 'set-cookie', 'b=2']);
      expect(values(endToEnd(cookies), 'set-cookie')).to.deep.equal(['a=1', 'b=2']);
    });

    it('keeps a field named __proto__, as a field', () => {
      const headers = endToEnd(fromRaw(['__proto__', 'p']));
      expect(entries(headers)).to.deep.equal([['__proto__', 'p']]);
    });

    it('is idempotent', () => {
      fc.assert(
        fc.property(lines, (raw) => {
          const once = endToEnd(fromRaw(raw.flat()));
          expect(entries(endToEnd(once))).to.deep.equal(entries(once));
        }),
      );
    });

    it('invents nothing and changes no value', () => {
      fc.assert(
        fc.property(lines, (raw) => {
          const headers = fromRaw(raw.flat());
          for (const [kept, field] of entries(endToEnd(headers))) expect(headers[kept]).to.equal(field);
        }),
      );
    });

    it('drops only fields of one connection, fields that Connection names, and their lookalikes', () => {
      const plain = (anyName: string) => anyName.toLowerCase().replace(/[^a-z0-9]/g, '');
      const hops = CROSSES_NO_PROXY.map(plain);
      fc.assert(
        fc.property(lines, (raw) => {
          const headers = fromRaw(raw.flat());
          const named = plain(value(headers, 'connection'));
          const kept = endToEnd(headers);
          for (const [dropped] of entries(headers).filter(([as]) => !(as in kept))) {
            expect(hops.includes(plain(dropped)) || named.includes(plain(dropped)), dropped).to.equal(true);
          }
        }),
      );
    });
  });
});
