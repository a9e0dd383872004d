/** Changes the JSON and the text of replies, whole or piece by piece. Unchanged events stay byte for byte. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Dialect, EventRewriter, Fields, MakeFlow, TextPiece } from '../core/dialect.js';
import type { Rewriter } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { isFilled } from './content.js';
import { parse } from './json.js';
import { looksLikeStream } from './reading.js';
import { type Parted, reasoningApart } from './reasoning.js';
import type { SseEvent } from './sse.js';
import { streamReader } from './stream-reader.js';
import { type Changes, inWholeCharacters, textIn } from './text-changes.js';

type Changed = E.Either<Failure, Buffer>;

/** Compares what goes in with what comes out, so that a reply of which nothing is left is not taken for a good one. */
const counted = (dialect: Dialect, changes: Changes, onlyReasoning: Failure) => {
  let [hadText, hadReasoning, isMoved] = [false, false, false];
  let [hasContent, isCut] = [false, false];
  const flow =
    (make: MakeFlow): MakeFlow =>
    (choice) => {
      const { push, end } = inWholeCharacters(make(choice));
      const apart = reasoningApart();
      const came = ({ text, reasoning }: Parted): void => {
        hadText ||= isFilled(text);
        hadReasoning ||= isFilled(reasoning);
      };
      const left = (pieces: readonly TextPiece[]): readonly TextPiece[] => {
        isMoved ||= isFilled(textIn(pieces, 'reasoning'));
        return pieces;
      };
      return {
        push: (text) => {
          came(apart.push(text));
          return left(push(text));
        },
        end: () => {
          came(apart.end());
          return left(end());
        },
      };
    };
  /** Looks at what goes to the client: an event, or a whole reply. */
  const look = (value: Fields): Fields => {
    const view = O.alt(() => dialect.events.view(value))(dialect.reply.view(value));
    hasContent ||= O.isSome(view) && view.value.facts.content;
    isCut ||= O.isSome(view) && view.value.facts.cut;
    return value;
  };
  const nothingLeft = (): O.Option<Failure> => {
    if (hasContent) return O.none;
    if (hadText && !isMoved) return O.some(changes.nothingLeft);
    // As with an upstream that parts reasoning itself: a cut reply needs more tokens, any other needs another try.
    return (hadReasoning || isMoved) && !isCut ? O.some(onlyReasoning) : O.none;
  };
  /** The failure of the reply, if any. */
  const fault = (): O.Option<Failure> => O.alt(nothingLeft)(changes.fault());
  return { flow, look, fault };
};

const UNCHANGED: EventRewriter = { take: (value) => [value], end: () => [] };

const json = (changes: Changes, value: Fields): Fields => (O.isSome(changes.json) ? changes.json.value(value) : value);

const valueIn = ({ data }: SseEvent, normalize: (value: unknown) => unknown): O.Option<Fields> => {
  const value = O.isSome(data) ? E.map(normalize)(parse(data.value)) : E.left('not json');
  return E.isRight(value) && t.UnknownRecord.is(value.right) ? O.some(value.right) : O.none;
};

const isDone = ({ data }: SseEvent): boolean => O.isSome(data) && data.value.trim() === '[DONE]';

/** A rewriter. From an event longer than `limitBytes` on, all goes on as it came. */
const rewriterOf = (dialect: Dialect, changes: Changes, limitBytes: number, onlyReasoning: Failure): Rewriter => {
  const reader = streamReader();
  const { flow, look, fault } = counted(dialect, changes, onlyReasoning);
  const stream = O.isSome(changes.text) ? dialect.events.rewriter(flow(changes.text.value)) : UNCHANGED;
  const normalize = dialect.events.normalize();
  const raws = new WeakMap<Fields, Buffer>();
  let isOver = false;
  let isEvents = true;

  /** The bytes of events; of unchanged ones those that came. */
  const rendered = (values: readonly Fields[]): readonly Buffer[] =>
    values.map((value) => raws.get(look(value)) ?? dialect.events.encode(value));
  const take = (event: SseEvent): readonly Buffer[] => {
    const value = valueIn(event, normalize);
    if (isDone(event)) {
      isOver = true;
      return [...rendered(stream.end()), event.raw];
    }
    if (O.isNone(value)) return [event.raw];
    isOver ||= dialect.events.isLast(value.value);
    raws.set(value.value, event.raw);
    return rendered(stream.take(json(changes, value.value)));
  };
  /** The bytes, or the failure, which must be known before the client gets the end of the reply. */
  const all = (out: readonly Buffer[]): Changed => {
    const wrong = isOver ? fault() : changes.fault();
    return O.isSome(wrong) ? E.left(wrong.value) : E.right(Buffer.concat(out));
  };
  return {
    push: (bytes) => {
      if (!isEvents) return E.right(bytes);
      const out = reader.push(bytes).flatMap(take);
      isEvents = reader.pendingBytes() <= limitBytes;
      return all(isEvents ? out : [...out, ...rendered(stream.end()), ...reader.end().map(({ raw }) => raw)]);
    },
    end: () => {
      if (!isEvents) return E.right(Buffer.alloc(0));
      const last = reader.end().flatMap(take);
      const held = rendered(stream.end());
      isOver = true;
      return all([...last, ...held]);
    },
  };
};

/** A rewriter of one stream, for events up to this limit. */
export const rewriter = (dialect: Dialect, changes: Changes, limitBytes: number): Rewriter =>
  rewriterOf(dialect, changes, limitBytes, { _tag: 'BrokenOff', by: 'thought' });

/** The failure of a whole reply that is only reasoning, as the judge has it. */
const EMPTY: Failure = { _tag: 'BadReply', reason: 'empty_reply', status: 200, text: '', hintMs: O.none };

const rewrittenJson = (dialect: Dialect, changes: Changes, content: Buffer): Changed => {
  const value = E.map(dialect.reply.normalize)(parse(content));
  if (E.isLeft(value) || !t.UnknownRecord.is(value.right)) return E.right(content);
  const { flow, look, fault } = counted(dialect, changes, EMPTY);
  const before = json(changes, value.right);
  const after = O.isSome(changes.text) ? dialect.reply.withText(before, flow(changes.text.value)) : before;
  look(after);
  const wrong = fault();
  if (O.isSome(wrong)) return E.left(wrong.value);
  return E.right(after === value.right ? content : Buffer.from(JSON.stringify(after)));
};

/** A body in memory, in any form, with its changes. What is no reply stays as it is. */
export const rewrittenWhole = (dialect: Dialect, changes: Changes, content: Buffer): Changed => {
  if (!looksLikeStream(content)) return rewrittenJson(dialect, changes, content);
  const { push, end } = rewriterOf(dialect, changes, content.length, EMPTY);
  const before = push(content);
  if (E.isLeft(before)) return before;
  return E.map((after: Buffer) => Buffer.concat([before.right, after]))(end());
};
