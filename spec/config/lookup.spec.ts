import { resolve } from 'node:path';
import { expect } from 'chai';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { lookup } from '../../lib/config/lookup.js';
import { render } from '../../lib/config/report.js';

const HERE = './proxy.config.yaml';
const SYSTEM = '/etc/seaking-proxy/proxy.config.yaml';
const found =
  (...paths: readonly string[]) =>
  (path: string) =>
    paths.includes(path);

describe('config: where it is looked for', () => {
  it('is what --config names, even if nothing is there', () => {
    expect(lookup(O.some('mine.yaml'), { SEAKING_CONFIG: 'other.yaml' }, found(HERE))).to.deep.equal(
      E.right('mine.yaml'),
    );
  });

  it('is else what $SEAKING_CONFIG names', () => {
    expect(lookup(O.none, { SEAKING_CONFIG: 'other.yaml' }, found(HERE))).to.deep.equal(E.right('other.yaml'));
    expect(lookup(O.none, { SEAKING_CONFIG: '' }, found(HERE))).to.deep.equal(E.right(HERE));
  });

  it("is else this folder, else the system's", () => {
    expect(lookup(O.none, {}, found(HERE, SYSTEM))).to.deep.equal(E.right(HERE));
    expect(lookup(O.none, {}, found(SYSTEM))).to.deep.equal(E.right(SYSTEM));
  });

  it('is else a problem that says what can be done', () => {
    const none = lookup(O.none, {}, found());
    const says = E.isLeft(none) ? render([none.left]) : '';
    for (const word of [resolve(HERE), SYSTEM, '--config', '$SEAKING_CONFIG', '--target'])
      expect(says).to.include(word);
  });
});
