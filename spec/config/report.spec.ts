import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { problem, render } from '../../lib/config/report.js';

const at = (line: number, column = 1) => O.some({ file: 'c.yaml', line, column });

describe('config: the report', () => {
  it('reports file, line, column, key and what was expected', () => {
    const port = problem(at(3, 9), ['server', 'port'], 'expected a port');
    expect(render([port])).to.equal('c.yaml:3:9: server.port: expected a port');
  });

  it('leaves out what there is not', () => {
    expect(render([problem(O.none, [], 'no config found')])).to.equal('no config found');
    expect(render([problem(O.none, ['--target'], 'expected a URL')])).to.equal('--target: expected a URL');
    expect(render([])).to.equal('');
  });

  it('shows items of lists by their index', () => {
    expect(problem(O.none, ['a', '10', 'b', '2'], '').key).to.equal('a[10].b[2]');
  });

  it('follows the order of the file', () => {
    const lines = render([problem(at(9), ['c'], ''), problem(at(2, 5), ['b'], ''), problem(at(2, 1), ['a'], '')]);
    expect(lines.split('\n').map((line) => line.slice(0, 10))).to.deep.equal([
      'c.yaml:2:1',
      'c.yaml:2:5',
      'c.yaml:9:1',
    ]);
  });

  it('is a line for each problem, whatever it says', () => {
    expect(render([problem(O.none, [], ' a\n\n b\r\nc\u2028d\n'), problem(O.none, [], 'e')])).to.equal('a b c d\ne');
  });

  it('begins with what stands in no file', () => {
    expect(render([problem(at(1), ['a'], ''), problem(O.none, [], 'no file')])).to.match(/^no file\n/);
  });

  it('shows ten problems, and how many more there are', () => {
    const some = (count: number) => Array.from({ length: count }, (_, i) => problem(at(i + 1), ['a'], 'wrong'));
    expect(render(some(10)).split('\n')).to.have.length(10);
    expect(render(some(13)).split('\n').slice(9)).to.deep.equal(['c.yaml:10:1: a: wrong', 'and 3 more']);
  });

  it('does not show a key that may be a value with its colon at the wrong place', () => {
    for (const key of ['api_key:sk-1', 'Bearer sk-1', '', 'k'.repeat(41), 'a\nb']) {
      expect(problem(O.none, ['target_proxy', key], '').key, key).to.equal('target_proxy.?');
    }
  });
});
