/** Other words in replies, streamed or whole. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { closed, optional, type Written } from '../../codecs/closed.js';
import { leaf, oneOf, Text } from '../../codecs/leaf.js';
import { type Match, Pattern } from '../../codecs/pattern.js';
import type { Said, TextTransform } from '../../core/custom-stage.js';
import { type Flaw, flaw, kitStage } from './kit-stage.js';
import { type Rule, replacer } from './replacement.js';
import { withoutThoughts } from './thoughts.js';

const Replacement = leaf<string>({ name: 'text, which may be empty', is: t.string.is });

const Length = leaf<number>({
  name: 'a number of characters, 1 to 10000',
  is: (u): u is number => Number.isInteger(u) && (u as number) >= 1 && (u as number) <= 10_000,
});

/** Long enough for a marker and a sentence in it. */
const WITHIN = 100;

const RULE = {
  find: optional(Text, 'a pattern', 'What is replaced, letter by letter.'),
  pattern: optional(Pattern, 'a text', 'What is replaced, in place of `find`.'),
  with: optional(
    Replacement,
    'nothing',
    'What stands there then. Of a pattern, `$1` is what a group found, and `$$` a `$`. A group with a name is `$${name}` in the config, where one `$` is for the config itself.',
  ),
  within: optional(
    Length,
    `${WITHIN}; of a text its length`,
    'The longest match of the pattern; a stream is that many characters late.',
  ),
};
type WrittenRule = Written<typeof RULE>;

const REFERENCE = /\$(?:\$|(\d{1,2})|\{(\w+)\})/g;

/** The groups that a replacement names. */
const groupsIn = (replacement: string): readonly string[] =>
  [...replacement.matchAll(REFERENCE)].map(([, number, name]) => number ?? name ?? '0');

const filled = (replacement: string, { groups, named }: Match): string =>
  replacement.replace(REFERENCE, (_, number?: string, name?: string) => {
    if (number !== undefined) return O.getOrElse(() => '')(groups[Number(number)] as O.Option<string>);
    return name === undefined ? '$' : O.getOrElse(() => '')(named[name] as O.Option<string>);
  });

/** The same as a pattern's, of plain text. */
const literal =
  (text: string): Rule['find'] =>
  (all, from) => {
    const start = all.indexOf(text, from);
    return start < 0 ? O.none : O.some({ start, end: start + text.length, groups: [], named: {} });
  };

const ruleOf = ({ find = '', pattern, with: replacement = '', within = WITHIN }: WrittenRule): Rule =>
  pattern === undefined
    ? { find: literal(find), within: find.length, replacement: () => replacement }
    : { find: pattern.find, within, replacement: (match) => filled(replacement, match) };

const complaints = ({ find, pattern, with: replacement = '', within }: WrittenRule, i: number): readonly Flaw[] => {
  const place = ['rules', String(i)] as const;
  if ((find === undefined) === (pattern === undefined)) {
    return [flaw('each rule needs either find or pattern', ...place)];
  }
  if (pattern === undefined) return within === undefined ? [] : [flaw('within goes with pattern', ...place, 'within')];
  const unknown = groupsIn(replacement).filter((group) => group !== '0' && !pattern.groups.includes(group));
  return [...new Set(unknown)].map((group) => flaw(`the pattern has no group ${group}`, ...place, 'with'));
};

const parts = (said: Said): { readonly text: string; readonly reasoning: string } =>
  typeof said === 'string' ? { text: said, reasoning: '' } : { text: '', reasoning: '', ...said };

/** Thoughts are taken out first; rules see what is left, each what the one before has made. */
const transform = (think: 'move' | 'remove' | undefined, rules: readonly Rule[]): TextTransform => {
  const thoughts =
    think === undefined ? { push: (text: string) => text, end: () => '' } : withoutThoughts(think === 'move');
  const replacers = rules.map(replacer);
  const through = (text: string): string => replacers.reduce((rest, { push }) => push(rest), text);
  return {
    push: (came) => {
      const { text, reasoning } = parts(thoughts.push(came));
      return { reasoning, text: through(text) };
    },
    end: () => {
      const { text, reasoning } = parts(thoughts.end());
      const last = replacers.reduce((rest, { push, end }) => push(rest) + end(), text);
      return { reasoning, text: last };
    },
  };
};

export const replaceText = kitStage({
  name: 'replace-text',
  says: 'Replaces words in the text of replies, and takes out what a model thinks aloud. Streams and whole replies alike, wherever their pieces end.',
  fields: {
    think: optional(
      oneOf('move', 'remove'),
      'left as it is',
      'What becomes of `<think>…</think>` (or `thinking`, `thought`, `reasoning`) at the beginning of a reply, also of several: it is moved to the reasoning (`reasoning_content`; with Anthropic, a block of thinking), or removed.',
    ),
    rules: optional(
      t.array(closed(RULE), 'a list of rules'),
      'none',
      'One behind the other, each on what the one before has made. A rule has `find` or `pattern`, `with`, and `within`.',
    ),
  },
  example: `- use: replace-text
  with:
    think: move
    rules:
      - { find: "[OOC]", with: "" }
      - { pattern: "(?i)as an ai (language )?model,? ?", with: "" }
`,
  check: ({ think, rules = [] }) => {
    if (think === undefined && rules.length === 0) return [flaw('replace-text needs think or rules')];
    return rules.flatMap(complaints);
  },
  make: ({ think, rules = [] }) => {
    const made = rules.map(ruleOf);
    return { text: () => transform(think, made) };
  },
});
