/** Other words in replies, streamed or whole. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { closed, optional, type Written, withDefault } from '../codecs/closed.js';
import { leaf, oneOf, Text } from '../codecs/leaf.js';
import { type Match, Pattern } from '../codecs/pattern.js';
import { type Hooks, type TextTransform, tryAgain } from '../core/custom-stage.js';
import type { Replied } from '../core/exchange.js';
import { type Parting, reasoningApart } from '../dialects/reasoning.js';
import { onlyThinks } from '../dialects/reply-text.js';
import { type Flaw, flaw, kitStage } from './kit-stage.js';
import { type Rule, replacer } from './replacement.js';

const Replacement = leaf<string>({ name: 'text, which may be empty', is: t.string.is });

const Length = leaf<number>({
  name: 'a number of characters, 1 to 10000',
  is: (u): u is number => Number.isInteger(u) && (u as number) >= 1 && (u as number) <= 10_000,
});

/** Long enough for a marker and a sentence in it. */
const WITHIN = 100;

const RULE = {
  find: optional(
    Text,
    'none',
    'The text to replace; upper and lower case differ. A rule has either this or `pattern`.',
  ),
  pattern: optional(Pattern, 'none', 'The pattern of the text to replace. A rule has either this or `find`.'),
  with: optional(
    Replacement,
    'nothing: the text is removed',
    'The text that replaces it. With `find`, it is used as written. With `pattern`, `$1` stands for the match of the first group, `$0` for the whole match, and `$$` for a `$`. A group with a name is written `$${name}`, because the config itself takes one `$`.',
  ),
  within: withDefault(
    Length,
    WITHIN,
    'Only with `pattern`: the most characters of a match. A longer match is replaced in part or not at all. A stream is late by that many characters; with `find`, by the length of the text.',
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

/** A finder of plain text, as of a pattern. */
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

const allText: Parting = { push: (text) => ({ reasoning: '', text }), end: () => ({ reasoning: '', text: '' }) };

/** The text changes of the options. Reasoning is taken out first; each rule sees what the one before has made. */
const transform = (think: 'move' | 'remove' | undefined, rules: readonly Rule[]): TextTransform => {
  const parting = think === undefined ? allText : reasoningApart();
  const replacers = rules.map(replacer);
  const through = (text: string): string => replacers.reduce((rest, { push }) => push(rest), text);
  const said = (reasoning: string, text: string) => ({ reasoning: think === 'move' ? reasoning : '', text });
  return {
    push: (came) => {
      const { text, reasoning } = parting.push(came);
      return said(reasoning, through(text));
    },
    end: () => {
      const { text, reasoning } = parting.end();
      const last = replacers.reduce((rest, { push, end }) => push(rest) + end(), text);
      return said(reasoning, last);
    },
  };
};

/** True if nothing of a good reply would be left, through no fault of the rules. The end of a stream is not known yet. */
const isOnlyThought = ({ call, plan, reading, reply: { body } }: Replied): boolean =>
  call._tag === 'Chat' &&
  reading._tag === 'Content' &&
  // The rest of a reply that broke off is no whole one.
  !plan.isContinuation &&
  body._tag === 'Bytes' &&
  onlyThinks(call.dialect, body.bytes);

export const replaceText = kitStage({
  name: 'replace-text',
  description:
    'Replaces words in the text of replies, and moves or removes reasoning that stands in it. It does so alike in streams, wherever their pieces end, and in whole replies.',
  fields: {
    think: optional(
      oneOf('move', 'remove'),
      'left as it is',
      'What to do with one or several `<think>…</think>` (or `thinking`, `thought`, `reasoning`) at the beginning of a reply: move them to the reasoning (`reasoning_content`; with Anthropic, a block of thinking), or remove them. A reply without any other text is retried or, if the client already has its beginning, ends in an error; but not if the token limit cut it.',
    ),
    rules: {
      codec: t.array(closed(RULE), 'a list of rules'),
      fields: RULE,
      description: 'The rules, applied in order; each sees the result of the one before.',
    },
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
  make: ({ think, rules = [] }): Hooks => {
    const made = rules.map(ruleOf);
    const text = () => transform(think, made);
    if (think === undefined) return { text };
    return { text, reply: (e) => (isOnlyThought(e) ? tryAgain('the model only thought') : e) };
  },
});
