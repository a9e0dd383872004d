/** Asks for another try where a reply is good by all rules, and still not wanted. */

import * as t from 'io-ts';
import { filled, optional, section, withDefault } from '../codecs/closed.js';
import { HeaderName } from '../codecs/header-fields.js';
import { Count, leaf, StatusCode } from '../codecs/leaf.js';
import { Pattern } from '../codecs/pattern.js';
import { type Needs, tryAgain } from '../core/custom-stage.js';
import type { Replied } from '../core/exchange.js';
import { value } from '../core/headers.js';
import { isOnlyText, textsOfReply } from '../dialects/reply-text.js';
import { flaw, kitStage } from './kit-stage.js';
import { repeats } from './repetition.js';

const whole = (name: string, least: number, most: number) =>
  leaf<number>({
    name,
    is: (u): u is number => Number.isInteger(u) && (u as number) >= least && (u as number) <= most,
    read: (input) => (typeof input === 'string' && input.trim() !== '' ? Number(input) : input),
  });

const Characters = whole('a number of characters, 1 to 100000', 1, 100_000);
const BlockLength = whole('a number of characters, 1 to 1000', 1, 1000);
const Several = whole('a whole number, 2 to 100', 2, 100);

const HEADER = {
  name: optional(HeaderName, 'must be given', 'The name of the field.'),
  matches: optional(Pattern, 'any value', 'The pattern must match the value of the field.'),
};

const REPEATS = {
  block: withDefault(BlockLength, 20, 'The least length of the repeated part, in characters.'),
  times: withDefault(Several, 4, 'How often the part must occur in a row.'),
};

/** A word of ours for each condition that a reply met, and the text of one of its choices. */
type Condition = (e: Replied, text: string) => string | undefined;

/** The text of each choice, of a good reply to a chat. */
const textsIn = ({ call, plan, reply, reading }: Replied): readonly string[] => {
  // The rest of a reply that broke off is no whole one.
  if (call._tag !== 'Chat' || reading._tag !== 'Content' || plan.isContinuation) return [];
  return textsOfReply(call.dialect, reply.body).filter((text) => text.trim() !== '');
};

/** The words of the conditions, if all of them are met. */
const allOf = (conditions: readonly Condition[], e: Replied, text: string): string | undefined => {
  const met = conditions.map((condition) => condition(e, text));
  return met.every((each) => each !== undefined) ? met.join(', ') : undefined;
};

/** A tool call, a picture has a short text, or none, and is no less a reply for that; a stream that goes on may become one. */
const isShort = ({ call, reply }: Replied, text: string, chars: number): boolean =>
  text.length < chars && reply.body._tag === 'Bytes' && isOnlyText(call.dialect, reply.body.bytes);

export const retryWhen = kitStage({
  name: 'retry-when',
  description:
    'Retries a reply if all given conditions hold, within the limits of the config. Conditions on the text must hold for the same choice. An error that is retried anyway keeps its retries and waits, and an account without credit is never asked again. To retry on either of two conditions, write two entries.',
  fields: {
    status: optional(
      t.array(StatusCode, 'a list of status codes, 400 to 599'),
      'any',
      'The reply has one of these statuses.',
    ),
    header: section(HEADER, 'The reply has this header field.'),
    content_matches: optional(Pattern, 'any', 'The pattern matches the beginning of the text.'),
    within: withDefault(Characters, 200, 'The length of the beginning, in characters.'),
    shorter_than: optional(
      Characters,
      'any length',
      'The text has fewer characters than this, and the reply has nothing but text: no tool call, no picture.',
    ),
    repeats: section(REPEATS, 'The text repeats itself. Holds each stream back until it is whole.'),
    at_most: withDefault(Count, 1, 'How many retries of one request this stage may ask for.'),
  },
  example: `- use: retry-when
  with: { content_matches: "(?i)^(I['’]m sorry|I cannot|I can['’]t)", within: 200, at_most: 2 }
`,
  check: ({ status, header, content_matches: content, shorter_than: shorter, repeats: again }) => {
    if (header !== undefined && header.name === undefined) return [flaw('header needs the name of a field', 'header')];
    const some = [status, header, content, shorter, again].some((condition) => condition !== undefined);
    if (some) return [];
    return [flaw('retry-when needs a condition: status, header, content_matches, shorter_than or repeats')];
  },
  make: ({
    status,
    header,
    content_matches: content,
    within,
    shorter_than: shorter,
    repeats: again,
    at_most: atMost,
  }) => {
    const { block, times } = filled(REPEATS, again);
    const onReply: readonly (Condition | undefined)[] = [
      status && (({ reply }) => (status.includes(reply.status) ? `status ${reply.status}` : undefined)),
      header &&
        (({ reply }) => {
          const field = value(reply.headers, String(header.name));
          return field !== '' && (header.matches?.test(field) ?? true) ? `header ${header.name}` : undefined;
        }),
    ];
    const onText: readonly (Condition | undefined)[] = [
      content && ((_, text) => (content.test(text.slice(0, within)) ? 'its words' : undefined)),
      shorter === undefined ? undefined : (e, text) => (isShort(e, text, shorter) ? 'it is too short' : undefined),
      again && ((_, text) => (repeats(text, block, times) ? 'it repeats itself' : undefined)),
    ];
    const asked = [...onReply, ...onText].filter((condition) => condition !== undefined);
    const asksText = onText.some((condition) => condition !== undefined);
    const chars = Math.max(content === undefined ? 0 : within, shorter ?? 0);
    const needs: Needs = again === undefined ? { chars } : 'whole';
    return {
      needs,
      reply: (e) => {
        const texts = asksText ? textsIn(e) : [''];
        const met = texts.map((text) => allOf(asked, e, text)).find((each) => each !== undefined);
        return met === undefined ? e : tryAgain(met, { atMost });
      },
    };
  },
});
