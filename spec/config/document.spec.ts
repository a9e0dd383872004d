import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import { parse } from '../../lib/config/document.js';
import { render } from '../../lib/config/report.js';

const told = (text: string): readonly string[] => {
  const result = parse(text, 'c.yaml');
  return E.isLeft(result) ? render(result.left).split('\n') : [];
};
const placeOf = (text: string, path: readonly string[], at: 'key' | 'value' = 'value'): string => {
  const result = parse(text, 'c.yaml');
  if (E.isLeft(result)) return render(result.left);
  const { line, column } = result.right.place({ path, at });
  return `${line}:${column}`;
};

describe('config: a YAML file', () => {
  it('is a tree of plain values', () => {
    const result = parse('\ufeffa: 1\r\nb: [x, null, off]\nc: { d: true }\n', 'c.yaml');
    expect(E.isRight(result) && result.right.value).to.deep.equal({ a: 1, b: ['x', null, 'off'], c: { d: true } });
  });

  it('knows where each key and each value stands', () => {
    const text = 'a:\n  b: 1\n  c: [x,  y]\nd: { e: 2 }\n';
    expect(placeOf(text, ['a', 'b'], 'key')).to.equal('2:3');
    expect(placeOf(text, ['a', 'b'])).to.equal('2:6');
    expect(placeOf(text, ['a', 'c', '1'])).to.equal('3:11');
    expect(placeOf(text, ['d', 'e'], 'key')).to.equal('4:6');
    expect(placeOf(text, [])).to.equal('1:1');
  });

  it('places what was not written at what is around it', () => {
    expect(placeOf('a:\n  b: 1\n', ['a', 'x'])).to.equal('2:3');
    expect(placeOf('a:\n  b: 1\n', ['a', 'b', 'x'])).to.equal('2:6');
    expect(placeOf('a: [1]\n', ['a', '7'], 'key')).to.equal('1:4');
  });

  it('may name a part and use it again; what is wrong in it is reported where it was written', () => {
    const text = 'a: &part\n  b: 1\nc: *part\n';
    const result = parse(text, 'c.yaml');
    expect(E.isRight(result) && result.right.value).to.deep.equal({ a: { b: 1 }, c: { b: 1 } });
    expect(placeOf(text, ['c', 'b'])).to.equal('2:6');
    expect(placeOf(text, ['c'])).to.equal('3:4');
  });

  it('is reported where an alias names nothing, or what it is part of', () => {
    const says = 'expected an alias (*name) of an anchor (&name) that stands before it, and not around it';
    expect(told('a: 1\nb: *nothing\n')).to.deep.equal([`c.yaml:2:4: ${says}`]);
    expect(told('a: &a [*a]\n')).to.deep.equal([`c.yaml:1:8: ${says}`]);
  });

  it('is refused when its aliases multiply', () => {
    const list = (item: string) => `[${Array.from({ length: 9 }, () => item).join(',')}]`;
    const text = `a: &a ${list('1')}\nb: &b ${list('*a')}\nc: &c ${list('*b')}\nd: ${list('*c')}\n`;
    expect(told(text)).to.deep.equal(['c.yaml:1:1: expected fewer aliases (*name): they multiply']);
  });

  it('is refused when it is empty, or no map', () => {
    for (const text of ['', '\n', '# nothing\n', '- a\n', 'a text', '5']) {
      expect(told(text)[0], text).to.match(/^c\.yaml:\d:1: expected a map with keys such as target_proxy$/);
    }
  });

  it('is reported in plain words where it is no YAML, with the place', () => {
    const missing = `a quote, a bracket, a comma or a colon is missing; in brackets, write "\${NAME}" in quotes`;
    const cases = {
      'a: 1\nb: 2\na: 2': 'c.yaml:3:1: this key stands here for the second time; the first stands in line 1',
      'a:\n\tb: 1': 'c.yaml:2:1: a tab stands here; YAML is indented with spaces',
      'a: b: c': 'c.yaml:1:4: a second "key: value" begins here; a text with ": " in it must stand in quotes',
      'a: @b': 'c.yaml:1:4: a text that begins with this character must stand in quotes',
      'l: [${N}]': `c.yaml:1:6: ${missing}`,
      'a: !secret b': 'c.yaml:1:4: this tag (!name) is not known',
      'a: !!binary aGk=': 'c.yaml:1:4: this tag (!name) is not known',
      '? [a]\n: 1': 'c.yaml:1:3: expected a word as the key',
    };
    for (const [text, says] of Object.entries(cases)) expect(told(text), text).to.deep.equal([says]);
  });

  it('has a quote or bracket that is not closed reported where it begins', () => {
    const quote = 'the quote that begins here is not closed on its line';
    const bracket = 'the bracket that begins here is not closed';
    const cases = {
      'a: "b': `c.yaml:1:4: ${quote}`,
      'a:\n  url: "https://a.example\n  b: 30\nc:\n  d: 1\n': `c.yaml:2:8: ${quote}`,
      "a:\n  url: 'https://a.example\n  b: 30\n": `c.yaml:2:8: ${quote}`,
      'a:\n  url: "https://a.example\n  b: "c"\nd: 1\n': `c.yaml:2:8: ${quote}`,
      'a: { b: "c, d: 1 }\ne:\n  f: 1\n': `c.yaml:1:9: ${quote}`,
      'a:\n  l: [429, 502\n  b: 3\nc: 1\n': `c.yaml:2:6: ${bracket}`,
      'a: { l: [429], b: 3\nc:\n  d: 1\n': `c.yaml:1:4: ${bracket}`,
    };
    for (const [text, says] of Object.entries(cases)) expect(told(text), text).to.deep.equal([says]);
  });

  it('has a missing space after the colon of a key reported', () => {
    const says = 'a space is missing after the colon; expected "key: value"';
    const cases = {
      'target_proxy:\n  url:https://sekret.example\n': 'c.yaml:2:3',
      'target_proxy:\n  url:https://sekret.example\n  timeout: 30\n': 'c.yaml:2:3',
      'target_proxy:\n  url:"https://sekret.example"\n  timeout: 30\n': 'c.yaml:2:3',
      'target_proxy:\n  timeout: 30\n  url:https://sekret.example\n': 'c.yaml:3:3',
      'target_proxy: {url:https://sekret.example, timeout: 30}\n': 'c.yaml:1:16',
      'target_proxy:{url: demo}\n': 'c.yaml:1:1',
      'url:https://sekret.example\n': 'c.yaml:1:1',
      'stages:\n  - use:./sekret.js\n': 'c.yaml:2:5',
    };
    for (const [text, place] of Object.entries(cases)) expect(told(text), text).to.deep.equal([`${place}: ${says}`]);
    for (const text of [
      'target_proxy: { url: localhost:80 }',
      'server: { allowed_hosts: [host:80] }',
      'a: { gpt:free: b }',
    ])
      expect(told(text), text).to.deep.equal([]);
  });

  it('has a line reported that is indented further than the key above it', () => {
    const says = 'this line is indented further than the key above it, which has a value already';
    const cases = {
      'target_proxy:\n url: https://sekret.example\n  api_key: sekret\n': 'c.yaml:3:3',
      'error_handling:\n  max_retries: 3\n\n    jitter: true\n': 'c.yaml:4:5',
    };
    for (const [text, place] of Object.entries(cases)) expect(told(text), text).to.deep.equal([`${place}: ${says}`]);
    expect(told('target_proxy\n  url: demo\n').join()).not.to.include('indented');
  });

  it('has merge keys, which YAML 1.2 does not have, and bad aliases reported, all at once', () => {
    const says = 'merge keys (<<) are not supported; write the keys themselves, or an alias (*name) as the whole value';
    expect(told('a: &a { b: 1 }\nc:\n  <<: *a\n  d: [{ <<: *a, e: *none }]\n')).to.deep.equal([
      `c.yaml:3:3: ${says}`,
      `c.yaml:4:9: ${says}`,
      'c.yaml:4:20: expected an alias (*name) of an anchor (&name) that stands before it, and not around it',
    ]);
    expect(told('a: &a { "<<": 1 }\nc: *a\n')).to.deep.equal([]);
    expect(told('a: <<\n')).to.deep.equal([]);
  });

  it('is reported all at once, and no deeper nesting ends in a crash', () => {
    expect(told('a: 1\na: 2\nb: "\\q"\na: 3\n')).to.have.length(3);
    expect(told('['.repeat(2000)).join()).to.include('nested too deeply');
  });

  it('is never quoted', () => {
    for (const text of [
      'a: "\\q sekret"',
      'sekret:sekret\nb: 1',
      'a: @sekret',
      'a: !sekret b',
      'a: *sekret',
      '} sekret',
      'sekret',
    ]) {
      expect(told(text), text).to.have.length.above(0);
      expect(told(text).join(), text).not.to.include('sekret');
    }
  });
});
