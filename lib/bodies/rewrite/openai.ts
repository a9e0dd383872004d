/** OpenAI's chat replies and chunks with other text. */
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Fields } from '../../core/custom-stage.js';
import { isFilled, textOf } from '../content.js';
import { type Piece, type TextFlow, textIn } from './changes.js';

const Choices = t.type({ choices: t.array(t.UnknownRecord) });

/** Where a choice has its text: `delta` of a chunk, `message` of a reply, `text` of an older completion. */
const bearerOf = (choice: Fields): 'delta' | 'message' | undefined =>
  t.UnknownRecord.is(choice.delta) ? 'delta' : t.UnknownRecord.is(choice.message) ? 'message' : undefined;

const REASONING = 'reasoning_content';

/** A message with this text; its other parts stay. */
const withText = (message: Fields, text: string): Fields => {
  const { content } = message;
  if (!Array.isArray(content)) return { ...message, content: text };
  const others = content.filter((part) => textOf(part) === '');
  return { ...message, content: text === '' ? others : [{ type: 'text', text }, ...others] };
};

const withPieces = (message: Fields, before: string, pieces: readonly Piece[]): Fields => {
  const [text, reasoning] = [textIn(pieces, 'text'), textIn(pieces, 'reasoning')];
  const said = text === before ? message : withText(message, text);
  if (reasoning === '') return said;
  const known = said[REASONING];
  return { ...said, [REASONING]: (typeof known === 'string' ? known : '') + reasoning };
};

export interface Choosing {
  /** The flow of a choice, until its end. */
  readonly flowOf: (choice: number) => TextFlow;
  readonly endOf: (choice: number) => readonly Piece[];
}

const changed = (choice: Fields, place: number, { flowOf, endOf }: Choosing, isWhole: boolean): Fields => {
  const index = typeof choice.index === 'number' ? choice.index : place;
  const bearer = bearerOf(choice);
  const message = bearer === undefined ? {} : (choice[bearer] as Fields);
  const isText = bearer === undefined && typeof choice.text === 'string';
  const before = textOf(isText ? choice.text : message.content);
  const said = before === '' ? [] : flowOf(index).push(before);
  const pieces = isWhole || isFilled(choice.finish_reason) ? [...said, ...endOf(index)] : said;
  if (isText) {
    const text = textIn(pieces, 'text');
    return text === before ? choice : { ...choice, text };
  }
  const next = withPieces(message, before, pieces);
  return next === message ? choice : { ...choice, [bearer ?? 'delta']: next };
};

/** The same value with other text; the value itself, where nothing of it changes. */
export const withOtherText = (value: Fields, choosing: Choosing, isWhole: boolean): Fields => {
  if (!Choices.is(value)) return value;
  const choices = value.choices.map((choice, place) => changed(choice, place, choosing, isWhole));
  return choices.every((choice, place) => choice === value.choices[place]) ? value : { ...value, choices };
};

/** A chunk like another, with this text of one choice alone. */
export const chunkLike = (like: Fields, index: number, pieces: readonly Piece[]): O.Option<Fields> => {
  const delta = withPieces({}, '', pieces);
  if (Object.keys(delta).length === 0) return O.none;
  const { usage: _, ...rest } = like;
  return O.some({ ...rest, choices: [{ index, delta, finish_reason: null }] });
};
