/** A stream that breaks off, and goes on with what other tries say, as one stream. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as RA from 'fp-ts/lib/ReadonlyArray.js';
import type { Attempt } from '../core/attempt.js';
import { sourceOfBody } from '../core/body-layers.js';
import type { AdoptEvent, Dialect } from '../core/dialect.js';
import { type Ask, type Body, bytes } from '../core/exchange.js';
import { attemptsOf, type Failure } from '../core/failure.js';
import type { BodyLayer, Chunk, Source } from '../core/source.js';
import { streamOf } from '../dialects/convert.js';
import { parse } from '../dialects/json.js';
import { looksLikeJson, looksLikeStream } from '../dialects/reading.js';
import { type SseEvent, sseReader } from '../dialects/sse.js';
import { KEPT_CHARS, type Monitored } from './monitor.js';
import { seam } from './seam.js';

const END: Chunk = E.right(O.none);

const UNFIT: Chunk = E.left({ _tag: 'BrokenOff', by: 'error' });

const isMonitored = (source: Source): source is Monitored => 'seen' in source;

/** A body as a stream: JSON that came whole is turned into one. */
export const asStream = (dialect: Dialect, body: Body): Body =>
  body._tag === 'Held' || looksLikeStream(body.bytes) ? body : bytes(streamOf(dialect, body.bytes));

const dataOf = (event: SseEvent): O.Option<unknown> => O.chain((data: string) => O.fromEither(parse(data)))(event.data);

/** The data of the one event that these bytes are. */
const dataIn = (raw: Buffer): unknown => {
  const reader = sseReader();
  return O.toUndefined(O.chain(dataOf)(RA.head([...reader.push(raw), ...reader.end()])));
};

interface Continuation {
  readonly source: Source;
  /** The text that it has given, without what it repeated. */
  readonly text: () => string;
  /** It cannot be joined, so that no other would be either. */
  readonly isUnfit: () => boolean;
}

/** A second reply as the rest of a first one that ended with `before`. */
const continuation = (second: Source, onto: AdoptEvent, before: string): Continuation => {
  const reader = sseReader();
  let given = '';
  let repeated: string | undefined = '';
  let render: (text: string) => O.Option<Buffer> = () => O.none;
  let over: Chunk | undefined;

  const give = (text: string): readonly Buffer[] => {
    const event = render(text);
    if (before.length + given.length <= KEPT_CHARS) given += text;
    return O.isSome(event) ? [event.value] : [];
  };
  /** Decides on text that is held back because it may be a repetition. */
  const settle = (isWhole: boolean): readonly Buffer[] => {
    if (repeated === undefined) return [];
    const found = seam(before, repeated, isWhole);
    if (found._tag === 'Undecided') return [];
    repeated = undefined;
    if (found._tag === 'Joined') return give(found.text);
    over = UNFIT;
    return [];
  };
  const take = (event: SseEvent): readonly Buffer[] => {
    if (over !== undefined) return [];
    const value = dataOf(event);
    // `[DONE]`, and what keeps the connection alive.
    if (O.isNone(value)) return [...(O.isSome(event.data) ? settle(true) : []), event.raw];
    const adopted = onto(value.value);
    switch (adopted._tag) {
      case 'Drop':
        return [];
      case 'Foreign':
        over = UNFIT;
        return [];
      case 'Pass':
        // Before its text it says nothing of where that begins.
        return [...(repeated === '' ? [] : settle(true)), adopted.raw];
      case 'Text': {
        render = adopted.render;
        if (repeated === undefined) return give(adopted.text);
        repeated += adopted.text;
        return settle(false);
      }
    }
  };
  const next = async (): Promise<Chunk> => {
    while (over === undefined) {
      const chunk = await second.next();
      if (E.isLeft(chunk)) return chunk;
      const isEnd = O.isNone(chunk.right);
      const events = O.isSome(chunk.right) ? reader.push(chunk.right.value) : reader.end();
      const passed = [...events.flatMap(take), ...(isEnd ? settle(true) : [])];
      if (isEnd) over ??= END;
      if (passed.length > 0) return E.right(O.some(Buffer.concat(passed)));
    }
    if (E.isLeft(over)) second.abandon(over.left);
    return over;
  };
  return { source: { next, abandon: second.abandon }, text: () => given, isUnfit: () => over === UNFIT };
};

/** The model has said all that it had to say, or all of the block in which it would go on. */
const isOver = ({ seen }: Monitored): boolean => {
  const { facts, isClosed } = seen();
  return facts.stopped || facts.done || isClosed;
};

/** Whether what came so far is text that another reply can go on from. */
const isJoinable = ({ seen }: Monitored, dialect: Dialect): boolean => {
  const { isPlain, text } = seen();
  return isPlain && (text !== '' || !dialect.continuation.needsText);
};

/** The stream, and where it breaks off what `ask` brings; a failure where nothing can be joined to it. */
const continued = (first: Monitored, dialect: Dialect, ask: Ask): Source => {
  let current: Source = first;
  let text = () => first.seen().text;
  let askAgain = O.some(ask);
  let newest = first;
  let isUnfit = () => false;
  const attempts: Attempt[] = [];

  const goOn = async (failure: Failure): Promise<E.Either<Failure, void>> => {
    if (failure._tag !== 'BrokenOff' || O.isNone(askAgain)) return E.left(failure);
    if (!isJoinable(first, dialect) || isOver(newest) || isUnfit()) return E.left(failure);
    const before = text();
    // Longer than what is kept of it.
    if (before.length > KEPT_CHARS) return E.left(failure);
    const came = await askAgain.value(before)();
    attempts.push(...(E.isLeft(came) ? attemptsOf(came.left) : came.right.answered.attempts));
    if (E.isLeft(came)) return E.left(failure);
    const body = asStream(dialect, came.right.answered.reply.body);
    // Too long to be read, and so not to be turned into a stream.
    if (body._tag === 'Held' && looksLikeJson(body.prefix)) return E.left(failure);
    const whole = sourceOfBody(body);
    if (isMonitored(whole)) newest = whole;
    const second = continuation(whole, dialect.continuation.adopt(dataIn(first.seen().last)), before);
    current = second.source;
    isUnfit = second.isUnfit;
    text = () => before + second.text();
    askAgain = body._tag === 'Held' ? came.right.ask : O.none;
    return E.right(undefined);
  };
  return {
    next: async () => {
      for (;;) {
        const chunk = await current.next();
        if (E.isRight(chunk)) return chunk;
        const went = await goOn(chunk.left);
        if (E.isLeft(went)) return went;
      }
    },
    abandon: (failure) => current.abandon(failure),
    delivered: () => ({ cut: O.none, attempts }),
  };
};

/** Goes on with what other tries say, where the stream that it is around breaks off. */
export const resume =
  (dialect: Dialect, ask: Ask): BodyLayer =>
  (source) =>
    isMonitored(source) ? continued(source, dialect, ask) : source;
