/** OpenAI's chat replies and chunks with other text. */
import * as t from 'io-ts';
import type { Fields } from '../../core/custom-stage.js';
import { isFilled, textOf } from '../content.js';
import { type Piece, type TextFlow, textIn } from './changes.js';

const Choices = t.type({ choices: t.array(t.UnknownRecord) });

type Bearer = 'delta' | 'message';

/** What a choice has: `delta` of a chunk, `message` of a reply. */
const bearerOf = (choice: Fields): Bearer | undefined =>
  t.UnknownRecord.is(choice.delta) ? 'delta' : t.UnknownRecord.is(choice.message) ? 'message' : undefined;

const messageOf = (choice: Fields): Fields => {
  const bearer = bearerOf(choice);
  return bearer === undefined ? {} : (choice[bearer] as Fields);
};

/** An older completion has its text in `text`, which readers take where no message has any. */
const isOlder = (choice: Fields): boolean =>
  typeof choice.text === 'string' && (messageOf(choice).content ?? null) === null;

const textOfChoice = (choice: Fields): string => textOf(isOlder(choice) ? choice.text : messageOf(choice).content);

const indexOf = (choice: Fields, place: number): number => (typeof choice.index === 'number' ? choice.index : place);

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
const withPieces = (choice: Fields, pieces: readonly Piece[], otherwise: Bearer): Fields => {
  const [text, reasoning] = [textIn(pieces, 'text'), textIn(pieces, 'reasoning')];
  const message = messageOf(choice);
  const isOther = text !== textOfChoice(choice);
  const said = isOther && !isOlder(choice) ? withText(message, text) : message;
  const kept = isOther && isOlder(choice) ? { ...choice, text } : choice;
  const next = withReasoning(said, reasoning);
  return next === message ? kept : { ...kept, [bearerOf(choice) ?? otherwise]: next };
};

export interface Choosing {
  /** The flow of a choice, until its end. */
  readonly flowOf: (choice: number) => TextFlow;
  readonly endOf: (choice: number) => readonly Piece[];
  /** Whether no more text of this choice comes behind the value. */
  readonly isLast: (choice: number) => boolean;
}

/** The same value with other text; the value itself, where nothing of it changes. */
const withOtherText = (value: Fields, { flowOf, endOf, isLast }: Choosing, otherwise: Bearer): Fields => {
  if (!Choices.is(value)) return value;
  const choices = value.choices.map((choice, place) => {
    const index = indexOf(choice, place);
    const text = textOfChoice(choice);
    const said = text === '' ? [] : flowOf(index).push(text);
    return withPieces(choice, isLast(index) ? [...said, ...endOf(index)] : said, otherwise);
  });
  return choices.every((choice, place) => choice === value.choices[place]) ? value : { ...value, choices };
};

export const replyWithOtherText = (reply: Fields, make: (choice: number) => TextFlow): Fields => {
  const flows = new Map<number, TextFlow>();
  const flowOf = (choice: number): TextFlow => {
    const flow = make(choice);
    flows.set(choice, flow);
    return flow;
  };
  const endOf = (choice: number): readonly Piece[] => flows.get(choice)?.end() ?? [];
  return withOtherText(reply, { flowOf, endOf, isLast: () => true }, 'message');
};

/** The choices of which a chunk has text, or says by a `finish_reason` that they are whole. */
const choicesIn = (chunk: Fields, has: (choice: Fields) => boolean): ReadonlySet<number> =>
  new Set(
    Choices.is(chunk) ? chunk.choices.flatMap((choice, place) => (has(choice) ? [indexOf(choice, place)] : [])) : [],
  );

const spokenIn = (chunk: Fields) => choicesIn(chunk, (choice) => textOfChoice(choice) !== '');
const finishedIn = (chunk: Fields) => choicesIn(chunk, ({ finish_reason: reason }) => isFilled(reason));

/** A chunk like one that had text, with these pieces of one choice alone. */
const chunkLike = (like: Fields, index: number, pieces: readonly Piece[]): readonly Fields[] => {
  const { usage: _, ...rest } = like;
  const empty = Choices.is(like) && like.choices.some(isOlder) ? { text: '' } : { delta: {} };
  const bare = { index, ...empty, finish_reason: null };
  const choice = withPieces(bare, pieces, 'delta');
  return choice === bare ? [] : [{ ...rest, choices: [choice] }];
};

/** Puts other text into the chunks of a stream. */
export interface Chunks {
  /** The chunks in place of this one, or of the one before; the same, where nothing of it changes. */
  readonly take: (chunk: Fields) => readonly Fields[];
  /** What was held back. */
  readonly end: () => readonly Fields[];
}

export const chunks = (make: (choice: number) => TextFlow): Chunks => {
  const flows = new Map<number, TextFlow>();
  /** The last that had text. */
  let last: Fields = {};
  /** One that finishes a choice. Some upstreams say so in each chunk, so that the next tells whether it is the last. */
  let finish: Fields | undefined;

  const flowOf = (choice: number): TextFlow => {
    const known = flows.get(choice) ?? make(choice);
    flows.set(choice, known);
    return known;
  };
  const endOf = (choice: number): readonly Piece[] => {
    const ended = flows.get(choice)?.end() ?? [];
    flows.delete(choice);
    return ended;
  };
  const said = (chunk: Fields, isLast: Choosing['isLast']): Fields =>
    withOtherText(chunk, { flowOf, endOf, isLast }, 'delta');
  /** The chunk that was waited with, now that it is known which choices have text behind it. */
  const settled = (spoken: ReadonlySet<number>): readonly Fields[] => {
    if (finish === undefined) return [];
    const finished = finishedIn(finish);
    const chunk = said(finish, (choice) => finished.has(choice) && !spoken.has(choice));
    finish = undefined;
    return [chunk];
  };
  return {
    take: (chunk) => {
      const spoken = spokenIn(chunk);
      const before = settled(spoken);
      if (spoken.size > 0) last = chunk;
      const isWaitedWith = [...finishedIn(chunk)].some((choice) => spoken.has(choice) || flows.has(choice));
      if (!isWaitedWith) return [...before, said(chunk, () => false)];
      finish = chunk;
      return before;
    },
    end: () => [
      ...settled(new Set()),
      ...[...flows.keys()].flatMap((choice) => chunkLike(last, choice, endOf(choice))),
    ],
  };
};
