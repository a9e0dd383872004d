/** Changes the JSON and the text of replies, whole or piece by piece. What nobody changes stays byte for byte. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Fields } from '../core/custom-stage.js';
import type { Dialect, Rewriter } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import * as anthropicViews from './anthropic.js';
import { isFilled } from './content.js';
import { parse } from './json.js';
import * as openaiViews from './openai.js';
import { looksLikeStream } from './reading.js';
import * as anthropic from './rewrite/anthropic.js';

export type { Changes, Piece, TextFlow } from './rewrite/changes.js';

import { type Changes, inWholeCharacters, type Piece, type TextFlow } from './rewrite/changes.js';
import * as openai from './rewrite/openai.js';
import { type SseEvent, sseReader } from './sse.js';

const VIEWS = { openai: openaiViews, anthropic: anthropicViews } as const;

type Changed = E.Either<Failure, Buffer>;

type MakeFlow = (choice: number) => TextFlow;

/** Watches what goes in and what comes out, so that a reply of which nothing is left is not taken for a good one. */
const counted = (dialect: Dialect, changes: Changes) => {
  let [hadText, hasContent] = [false, false];
  const flow =
    (make: MakeFlow): MakeFlow =>
    (choice) => {
      const { push, end } = inWholeCharacters(make(choice));
      return {
        push: (text) => {
          hadText ||= isFilled(text);
          return push(text);
        },
        end,
      };
    };
  /** Looks at what goes to the client: an event, or a whole reply. */
  const look = (value: Fields): Fields => {
    const { replyView, eventView } = VIEWS[dialect];
    const view = O.alt(() => eventView(value))(replyView(value));
    hasContent ||= O.isSome(view) && view.value.signs.content;
    return value;
  };
  /** What is wrong with the reply, if anything is. */
  const fault = (): O.Option<Failure> =>
    O.alt(() => (hadText && !hasContent ? O.some(changes.nothingLeft) : O.none))(changes.fault());
  return { flow, look, fault };
};

/** What a dialect makes of events. Keeps state. */
interface Stream {
  /** The values in place of this one; the same, where nothing of it changes. */
  readonly take: (value: Fields) => readonly Fields[];
  /** What was held back, once nothing more of the text comes. */
  readonly end: () => readonly Fields[];
}

const openaiStream = (make: MakeFlow): Stream => {
  const flows = new Map<number, TextFlow>();
  let last: Fields = {};
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
  return {
    take: (value) => {
      if ('choices' in value) last = value;
      return [openai.withOtherText(value, { flowOf, endOf }, false)];
    },
    end: () =>
      [...flows.keys()].flatMap((choice) => {
        const chunk = openai.chunkLike(last, choice, endOf(choice));
        return O.isSome(chunk) ? [chunk.value] : [];
      }),
  };
};

const STREAMS: Readonly<Record<Dialect, (make: MakeFlow) => Stream>> = {
  openai: openaiStream,
  anthropic: anthropic.blocks,
};

const UNCHANGED: Stream = { take: (value) => [value], end: () => [] };

const eventOf = (dialect: Dialect, value: Fields): Buffer => {
  const name = dialect === 'anthropic' && typeof value.type === 'string' ? `event: ${value.type}\n` : '';
  return Buffer.from(`${name}data: ${JSON.stringify(value)}\n\n`);
};

const json = (changes: Changes, value: Fields): Fields => (O.isSome(changes.json) ? changes.json.value(value) : value);

const valueIn = ({ data }: SseEvent): O.Option<Fields> => {
  const value = O.isSome(data) ? parse(data.value) : E.left('not json');
  return E.isRight(value) && t.UnknownRecord.is(value.right) ? O.some(value.right) : O.none;
};

const isDone = ({ data }: SseEvent): boolean => O.isSome(data) && data.value.trim() === '[DONE]';

/** For one stream. */
export const rewriter = (dialect: Dialect, changes: Changes): Rewriter => {
  const reader = sseReader();
  const { flow, look, fault } = counted(dialect, changes);
  const stream = O.isSome(changes.text) ? STREAMS[dialect](flow(changes.text.value)) : UNCHANGED;

  const rendered = (values: readonly Fields[]): readonly Buffer[] =>
    values.map((value) => eventOf(dialect, look(value)));
  const take = (event: SseEvent): readonly Buffer[] => {
    const value = valueIn(event);
    if (isDone(event)) {
      isOver = true;
      return [...rendered(stream.end()), event.raw];
    }
    if (O.isNone(value)) return [event.raw];
    isOver ||= value.value.type === 'message_stop';
    const taken = stream.take(json(changes, value.value));
    const isSame = taken.length === 1 && taken[0] === value.value;
    if (!isSame) return rendered(taken);
    look(value.value);
    return [event.raw];
  };
  let isOver = false;
  /** Whether something is left of the reply is asked before the client is told that it is whole. */
  const all = (out: readonly Buffer[]): Changed => {
    const wrong = isOver ? fault() : changes.fault();
    return O.isSome(wrong) ? E.left(wrong.value) : E.right(Buffer.concat(out));
  };
  return {
    push: (bytes) => all(reader.push(bytes).flatMap(take)),
    end: () => {
      const last = reader.end().flatMap(take);
      const held = rendered(stream.end());
      isOver = true;
      return all([...last, ...held]);
    },
  };
};

const wholeOf = (dialect: Dialect, value: Fields, make: MakeFlow): Fields => {
  if (dialect === 'anthropic') return anthropic.messageWithOtherText(value, make);
  const flows = new Map<number, TextFlow>();
  const flowOf = (choice: number): TextFlow => {
    const flow = make(choice);
    flows.set(choice, flow);
    return flow;
  };
  return openai.withOtherText(value, { flowOf, endOf: (choice) => flows.get(choice)?.end() ?? [] }, true);
};

const rewrittenJson = (dialect: Dialect, changes: Changes, content: Buffer): Changed => {
  const value = parse(content);
  if (E.isLeft(value) || !t.UnknownRecord.is(value.right)) return E.right(content);
  const { flow, look, fault } = counted(dialect, changes);
  const before = json(changes, value.right);
  const after = O.isSome(changes.text) ? wholeOf(dialect, before, flow(changes.text.value)) : before;
  look(after);
  const wrong = fault();
  if (O.isSome(wrong)) return E.left(wrong.value);
  return E.right(after === value.right ? content : Buffer.from(JSON.stringify(after)));
};

/** A body in memory, whichever form it has. What is no reply stays as it is. */
export const rewrittenWhole = (dialect: Dialect, changes: Changes, content: Buffer): Changed => {
  if (!looksLikeStream(content)) return rewrittenJson(dialect, changes, content);
  const { push, end } = rewriter(dialect, changes);
  const before = push(content);
  if (E.isLeft(before)) return before;
  return E.map((after: Buffer) => Buffer.concat([before.right, after]))(end());
};
