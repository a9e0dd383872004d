import { expect } from 'chai';
import fc from 'fast-check';
import { replaceText } from '../../../lib/stages/kit/replace-text.js';
import { runText, startProxy, type Text } from '../../../lib/testing/index.js';
import { problem } from './options.js';

type Options = Readonly<Record<string, unknown>>;

const sat = (options: Options) => ({ stage: replaceText.definition as never, with: options });
const through = (options: Options, ...pieces: readonly string[]): Text => runText(sat(options), pieces);
const replaced = (rule: object, text: string): string => through({ rules: [rule] }, text).text;

describe('stages/kit/replace-text', () => {
  it('replaces a text, letter by letter', () => {
    expect(replaced({ find: 'a.b', with: '$1' }, 'a.b axb a.b')).to.equal('$1 axb $1');
    expect(replaced({ find: '[OOC]' }, '[OOC]Hi')).to.equal('Hi');
    expect(replaced({ find: 'aa', with: 'b' }, 'aaaaa')).to.equal('bba');
  });

  it('replaces what a pattern finds, with its groups', () => {
    expect(replaced({ pattern: '(\\w+)@(?P<host>\\w+)', with: `$2 at \${host}, $1, $0, $$` }, 'x me@sea y')).to.equal(
      'x sea at sea, me, me@sea, $ y',
    );
    expect(replaced({ pattern: 'a(b)?', with: '<$1>' }, 'a ab')).to.equal('<> <b>');
  });

  it('knows the beginning, the end, and where words end', () => {
    expect(replaced({ pattern: '^a', with: 'b' }, 'aa')).to.equal('ba');
    expect(replaced({ pattern: 'a$', with: 'b' }, 'aa')).to.equal('ab');
    expect(replaced({ pattern: '\\ba\\b', with: 'b' }, 'a aa a')).to.equal('b aa b');
  });

  it('finds no match that is longer than it looks for, and no empty one', () => {
    expect(replaced({ pattern: '<.*?>', within: 5 }, '<abc> <abcd>')).to.equal(' <abcd>');
    expect(replaced({ pattern: 'x*', with: '!' }, 'abc')).to.equal('abc');
    expect(replaced({ pattern: 'x*', with: '!' }, 'axxc')).to.equal('a!c');
  });

  it('finds the longest match that is short enough, whatever could be longer', () => {
    const rule = { pattern: '\\(OOC.*\\)', within: 20 };
    for (let dashes = 0; dashes < 20; dashes += 1) {
      const longer = `${'-'.repeat(dashes)})`;
      const after = 'z'.repeat(30);
      const left = 8 + longer.length <= 20 ? after : longer + after;
      expect(replaced(rule, `(OOC: x)${longer}${after}`), `${dashes}`).to.equal(left);
    }
  });

  it('takes no beginning of a match that is too long for one', () => {
    expect(replaced({ pattern: 'xa+', within: 3 }, 'xaaaaaa xaa')).to.equal('xaaaaaa ');
  });

  it('never takes a character apart', () => {
    expect(replaced({ pattern: '[^a]x', within: 2 }, '\u{1F600}x')).to.equal('\u{1F600}x');
    expect(replaced({ pattern: '[^a]x', within: 3 }, '\u{1F600}x')).to.equal('');
  });

  it('takes time in proportion to the text, however often a match begins that is too long', function () {
    this.timeout(4000);
    const text = `${'('.repeat(20_000)}${'-'.repeat(200)})`;
    expect(replaced({ pattern: '\\(.*\\)' }, text)).to.equal(text);
  });

  it('applies its rules in order, each on what the one before has made', () => {
    expect(
      through(
        {
          rules: [
            { find: 'a', with: 'b' },
            { find: 'bb', with: 'c' },
          ],
        },
        'ab',
        'a',
      ).text,
    ).to.equal('cb');
  });

  it('finds what comes in pieces, and is no later than it has to be', () => {
    const options = { rules: [{ find: 'marker', with: '!' }] };
    expect(through(options, 'a mar', 'ker b').text).to.equal('a ! b');
    const { text } = replaceText.definition.make({ rules: [{ find: 'ab', with: '' }] } as never, {} as never);
    const transform = text?.({} as never, 0);
    expect(transform?.push('xyz')).to.deep.include({ text: 'x' });
    expect(transform?.end()).to.deep.include({ text: 'yz' });
  });

  describe('with thoughts', () => {
    it('moves them to the reasoning, or removes them, with the blanks behind', () => {
      const said = '  <think>Hm.\nWell.</think>\n\nHello <think>!';
      expect(through({ think: 'move' }, said)).to.deep.equal({ reasoning: 'Hm.\nWell.', text: 'Hello <think>!' });
      expect(through({ think: 'remove' }, said)).to.deep.equal({ reasoning: '', text: 'Hello <think>!' });
      expect(through({ think: 'move' }, '<thinking>a</think></thinking>b')).to.deep.equal({
        reasoning: 'a</think>',
        text: 'b',
      });
    });

    it('takes one that is never closed for a thought to its end', () => {
      expect(through({ think: 'move' }, '<think>Hm</thi')).to.deep.equal({ reasoning: 'Hm</thi', text: '' });
      expect(through({ think: 'remove' }, '<think>Hm')).to.deep.equal({ reasoning: '', text: '' });
    });

    it('takes several, one behind the other, and tags in capital letters', () => {
      const said = '<Think>a</THINK>\n<thinking> b</thinking>\n\n<think></think>c <think>d</think>';
      expect(through({ think: 'move' }, said)).to.deep.equal({ reasoning: 'a\n\n b', text: 'c <think>d</think>' });
      expect(through({ think: 'remove' }, said)).to.deep.equal({ reasoning: '', text: 'c <think>d</think>' });
    });

    it('leaves a text that has none as it is', () => {
      for (const text of ['Hello <think>x</think>', '<thin ice', '<', '  ', '', '<thinker>']) {
        expect(through({ think: 'move' }, text), text).to.deep.equal({ reasoning: '', text });
      }
      expect(through({ think: 'move' }, '<think>a</think>  ').text).to.equal('');
    });

    it('tells thoughts as they come', () => {
      const { text } = replaceText.definition.make({ think: 'move' } as never, {} as never);
      const transform = text?.({} as never, 0);
      expect(transform?.push('<thi')).to.deep.equal({ reasoning: '', text: '' });
      expect(transform?.push('nk>Hm, ')).to.deep.equal({ reasoning: 'Hm, ', text: '' });
      expect(transform?.push('so</th')).to.deep.equal({ reasoning: 'so', text: '' });
      expect(transform?.push('ink>\n')).to.deep.equal({ reasoning: '', text: '' });
      expect(transform?.push(' a')).to.deep.equal({ reasoning: '', text: 'a' });
    });

    it('has them out before its rules see the text', () => {
      expect(
        through({ think: 'move', rules: [{ pattern: '^a', with: 'b' }, { find: 'think' }] }, '<think>think</think>aa'),
      ).to.deep.equal({
        reasoning: 'think',
        text: 'ba',
      });
    });
  });

  it('makes of a text what it makes of the whole, wherever it is cut', () => {
    const letter = fc.constantFrom(
      'a',
      'b',
      'ab',
      '<',
      '>',
      ' ',
      '\u{1F600}',
      '<think>',
      '</think>',
      '<Thought>',
      '</thought>',
      'x1',
      '\n',
    );
    const text = fc.array(letter, { maxLength: 40 }).map((letters) => letters.join(''));
    const rule = fc.constantFrom<object>(
      { find: 'ab', with: 'x' },
      { find: 'aba' },
      { pattern: '\\ba+\\b', with: '[$0]', within: 4 },
      { pattern: '<[^>]*>', within: 6 },
      { pattern: '(a|ab)(b*)', with: '$2$1', within: 3 },
      { pattern: 'a.*b', within: 5 },
      { pattern: '^.', with: '!' },
      { pattern: '.$', with: '?' },
      { pattern: '(?m)^a', with: 'A', within: 2 },
      { pattern: 'b|', with: 'B', within: 1 },
    );
    const options = fc.record({ rules: fc.array(rule, { minLength: 1, maxLength: 3 }) }, { requiredKeys: ['rules'] });
    const think = fc.constantFrom({}, { think: 'move' }, { think: 'remove' });
    fc.assert(
      fc.property(options, think, text, fc.array(fc.nat(10), { maxLength: 20 }), (rules, thoughts, all, sizes) => {
        const pieces: string[] = [];
        let rest = all;
        for (const size of sizes) {
          pieces.push(rest.slice(0, size));
          rest = rest.slice(size);
        }
        const given = { ...rules, ...thoughts };
        expect(through(given, ...pieces, rest)).to.deep.equal(through(given, all));
      }),
      { numRuns: 1000 },
    );
  });

  it('loses nothing where its rules find nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 10 }), (pieces) => {
        expect(through({ rules: [{ pattern: 'zzzz' }, { find: 'yyyy' }] }, ...pieces).text).to.equal(pieces.join(''));
      }),
    );
  });

  it('does so in whole proxies, streamed and whole', async () => {
    const proxy = await startProxy({
      stages: [sat({ think: 'move', rules: [{ pattern: '(?i)hello', with: 'Ahoy' }] })],
    });
    for (const dialect of ['openai', 'anthropic'] as const) {
      for (const stream of [false, true]) {
        const { text, body } = await proxy.ask({
          dialect,
          stream,
          says: '<think>A greeting.</think>\nHello, sea! \u{1F600}',
        });
        expect(text).to.equal('Ahoy, sea! \u{1F600}');
        expect(body)
          .to.include(dialect === 'openai' ? '"reasoning_content":"' : '"type":"thinking"')
          .and.not.include('</think>');
      }
    }
    await proxy.close();
  });

  it('refuses what makes no sense', () => {
    expect(problem(replaceText, {})).to.equal('with: replace-text needs think or rules');
    expect(problem(replaceText, { rules: [] })).to.include('replace-text needs think or rules');
    for (const rule of [{}, { find: 'a', pattern: 'b' }, { with: 'x' }]) {
      expect(problem(replaceText, { rules: [rule] })).to.include('each rule needs either find or pattern');
    }
    expect(problem(replaceText, { rules: [{ find: 'a', within: 3 }] })).to.include('within goes with pattern');
    expect(problem(replaceText, { rules: [{ pattern: '(a)', with: '$2' }] })).to.include('the pattern has no group 2');
    expect(problem(replaceText, { rules: [{ pattern: '(a)', with: `\${b}` }] })).to.include(
      'the pattern has no group b',
    );
    const rules = [
      { find: 'a', within: 3 },
      { pattern: 'a' },
      { pattern: '(a)', with: '$1 $2 $$ $3 $2' },
      { with: 'x' },
    ];
    expect(problem(replaceText, { rules }).split('\n')).to.deep.equal([
      'with.rules[0].within: within goes with pattern',
      'with.rules[2].with: the pattern has no group 2',
      'with.rules[2].with: the pattern has no group 3',
      'with.rules[3]: each rule needs either find or pattern',
    ]);
    expect(problem(replaceText, { rules: [{ pattern: '(?=a)' }] })).to.include(
      'with.rules[0].pattern: expected a pattern',
    );
    expect(
      problem(replaceText, {
        rules: [
          { pattern: 'a', within: 0 },
          { find: 'b', with: 5 },
        ],
      }),
    )
      .to.include('with.rules[0].within: expected a number of characters')
      .and.include('with.rules[1].with: expected text');
  });
});
