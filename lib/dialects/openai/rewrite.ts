/** OpenAI's chat replies and chunks with other text. */
import * as t from 'io-ts';
import type { EventRewriter, Fields, MakeFlow, TextFlow, TextPiece } from '../../core/dialect.js';
import { isFilled, textOf } from '../content.js';
import { isReason } from '../reasons.js';
import { textIn } from '../text-changes.js';
import { indexOf } from './view.js';

const Choices = t.type({ choices: t.array(t.UnknownRecord) });

type Bearer = 'delta' | 'message';

/** The field that bears the text: `delta` of a chunk, `message` of a reply. */
const bearerOf = (choice: Fields): Bearer | undefined =>
  t.UnknownRecord.is(choice.delta) ? 'delta' : t.UnknownRecord.is(choice.message) ? 'message' : undefined;

const messageOf = (choice: Fields): Fields => {
  const bearer = bearerOf(choice);
  return bearer === undefined ? {} : (choice[bearer] as Fields);
};

/** Whether a choice has its text in `text`, as older completions do; readers take it if no message has any. */
const isOlder = (choice: Fields): boolean =>
  typeof choice.text === 'string' && (messageOf(choice).content ?? null) === null;

const textOfChoice = (choice: Fields): string => textOf(isOlder(choice) ? choice.text : messageOf(choice).content);

const REASONING = 'reasoning_content';

/** A message with this text; its other parts stay. */
const withText = (message: Fields, text: string): Fields => {
  const { content } = message;
  if (!Array.isArray(content)) return { ...message, content: text };
  const others = content.filter((part) => textOf(part) === '');
  return { ...message, content: text === '' ? others : [{ type: 'text', text }, ...others] };
};

const withReasoning = (message: Fields, reasoning: string): Fields => {
  if (reasoning === '') return message;
  const known = message[REASONING];
  return { ...message, [REASONING]: (typeof known === 'string' ? known : '') + reasoning };
};

/** A choice with these pieces in place of its text. `otherwise` is where a message is put that was not there. */
const withPieces = (choice: Fields, pieces: readonly TextPiece[], otherwise: Bearer): Fields => {
  const [text, reasoning] = [textIn(pieces, 'text'), textIn(pieces, 'reasoning')];
  const message = messageOf(choice);
  const isOther = text !== textOfChoice(choice);
  const said = isOther && !isOlder(choice) ? withText(message, text) : message;
  const kept = isOther && isOlder(choice) ? { ...choice, text } : choice;
  const next = withReasoning(said, reasoning);
  return next === message ? kept : { ...kept, [bearerOf(choice) ?? otherwise]: next };
};

type Change = (choice: Fields, index: number) => Fields;

/** The same value with other choices; the value itself, where none of them changes. */
const withChoices = (value: Fields, change: Change): Fields => {
  if (!Choices.is(value)) return value;
  const choices = value.choices.map((choice, place) => change(choice, indexOf(choice, place)));
  return choices.every((choice, place) => choice === value.choices[place]) ? value : { ...value, choices };
};

export const replyWithOtherText = (reply: Fields, make: MakeFlow): Fields =>
  withChoices(reply, (choice, index) => {
    const text = textOfChoice(choice);
    if (text === '') return choice;
    const { push, end } = make(index);
    return withPieces(choice, [...push(text), ...end()], 'message');
  });

const speaks = (chunk: Fields): boolean =>
  Choices.is(chunk) && chunk.choices.some((choice) => textOfChoice(choice) !== '');

/** Whether a chunk has the usage, and nothing of any choice. */
const isUsage = (chunk: Fields): boolean => isFilled(chunk.usage) && Choices.is(chunk) && chunk.choices.length === 0;

/** A chunk like one that had text, with these pieces of one choice alone, and its finish where it has one. */
const chunkLike = (like: Fields, index: number, pieces: readonly TextPiece[], finish: unknown): readonly Fields[] => {
  const { usage: _, ...rest } = like;
  const empty = Choices.is(like) && like.choices.some(isOlder) ? { text: '' } : { delta: {} };
  const bare = { index, ...empty, finish_reason: finish };
  const choice = withPieces(bare, pieces, 'delta');
  return choice === bare && finish === null ? [] : [{ ...rest, choices: [choice] }];
};

/** Puts other text into the chunks of a stream. */
export const chunks = (make: MakeFlow): EventRewriter => {
  const flows = new Map<number, TextFlow>();
  /**
   * Whether a finish ends the choice. Some upstreams put one into each chunk, so it does only where text came before
   * any, and once.
   */
  const believed = new Map<number, boolean>();
  /** The finishes of chunks that may not be the last of their choice: they go out behind the last text. */
  const finishes = new Map<number, unknown>();
  /** The chunks of usage that came behind such a finish, and wait with it. */
  let usages: readonly Fields[] = [];
  /** The last chunk that had text. */
  let last: Fields = {};

  const flowOf = (choice: number): TextFlow => {
    const known = flows.get(choice) ?? make(choice);
    flows.set(choice, known);
    return known;
  };
  const endOf = (choice: number, { end }: TextFlow): readonly TextPiece[] => {
    flows.delete(choice);
    believed.set(choice, false);
    return end();
  };
  const changed: Change = (choice, index) => {
    const text = textOfChoice(choice);
    const isFinish = isReason(choice.finish_reason);
    if (!believed.has(index) && (isFinish || text !== '')) believed.set(index, !isFinish);
    const pieces = text === '' ? [] : flowOf(index).push(text);
    const flow = flows.get(index);
    if (!isFinish || flow === undefined) return withPieces(choice, pieces, 'delta');
    if (believed.get(index)) return withPieces(choice, [...pieces, ...endOf(index, flow)], 'delta');
    finishes.set(index, choice.finish_reason);
    return { ...withPieces(choice, pieces, 'delta'), finish_reason: null };
  };
  const released = (): readonly Fields[] => {
    const waiting = usages;
    usages = [];
    return waiting;
  };
  return {
    take: (chunk) => {
      if (finishes.size > 0 && isUsage(chunk)) {
        usages = [...usages, chunk];
        return [];
      }
      if (!speaks(chunk)) return [withChoices(chunk, changed)];
      last = chunk;
      return [...released(), withChoices(chunk, changed)];
    },
    end: () => [
      ...[...flows].flatMap(([choice, flow]) =>
        chunkLike(last, choice, endOf(choice, flow), finishes.get(choice) ?? null),
      ),
      ...released(),
    ],
  };
};
