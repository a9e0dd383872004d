import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Fields } from '../../lib/codecs/closed.js';
import { CONFIG } from '../../lib/config/codec.js';
import { problemsOf, settingsOf } from './decoded.js';

const sample = readFileSync(new URL('../../../proxy.config.yaml', import.meta.url), 'utf8');
/** A key that is commented out has its # right in front of it, prose has a space between. */
const uncommented = sample.replaceAll(/^( *)#(?=\S)/gm, '$1');

const keysOf = (fields: Fields, prefix = ''): readonly string[] =>
  Object.entries(fields).flatMap(([key, field]) => [
    prefix + key,
    ...('fields' in field ? keysOf(field.fields, `${prefix}${key}.`) : []),
  ]);

const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
const keysIn = (value: object, prefix = ''): readonly string[] =>
  Object.entries(value).flatMap(([key, inner]) => [
    prefix + key,
    ...(isMap(inner) ? keysIn(inner, `${prefix}${key}.`) : []),
  ]);

describe('config: proxy.config.yaml', () => {
  it('runs as it is, against the demo', () => {
    expect(settingsOf(sample)).to.deep.equal(settingsOf('target_proxy: { url: demo }'));
  });

  it('loads with every key uncommented, and still means the defaults', () => {
    expect(problemsOf(uncommented)).to.deep.equal([]);
    expect(settingsOf(uncommented)).to.deep.equal(settingsOf(sample));
  });

  it('loads with any one key uncommented', () => {
    const lines = sample.split('\n');
    const commented = [...lines.entries()].filter(([, line]) => /^ *#\S/.test(line));
    expect(commented).to.have.length.above(30);
    for (const [i, line] of commented) {
      const one = lines.with(i, line.replace('#', '')).join('\n');
      expect(problemsOf(one), line).to.deep.equal([]);
    }
  });

  it('shows every key that there is, and no other', () => {
    const keys = keysOf(CONFIG).filter((key) => !key.startsWith('stages.'));
    expect(keysIn(parse(uncommented))).to.have.members(keys);
  });

  it('takes a key from the environment', () => {
    const settings = settingsOf(uncommented, { TARGET_KEY: 'sk-1' });
    expect(settings.target.apiKey).to.deep.equal({ _tag: 'Some', value: 'sk-1' });
  });
});
