/** A stream that breaks off, and goes on with what other tries say, as one stream. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as RA from 'fp-ts/lib/ReadonlyArray.js';
import type { Attempt } from '../core/attempt.js';
import type { AdoptEvent, Dialect } from '../core/dialect.js';
import { type Body, bytes, type Resume } from '../core/exchange.js';
import { attemptsOf, type Failure } from '../core/failure.js';
import { streamOf } from '../dialects/convert.js';
import { parse } from '../dialects/json.js';
import { looksLikeJson, looksLikeStream } from '../dialects/reading.js';
import { type SseEvent, sseReader } from '../dialects/sse.js';
import { KEPT_CHARS, type Monitored } from './monitor.js';
import { rewritten } from './rewritten.js';
import { seam } from './seam.js';
import { type Chunk, prefixed, type Source } from './source.js';
import { redeem } from './tickets.js';

const END: Chunk = E.right(O.none);

const UNFIT: Chunk = E.left({ _tag: 'BrokenOff', by: 'error' });

/** The bytes of a body, and the finished tries that were made for them since it was begun. */
export interface BodySource extends Source {
  readonly attempts: () => readonly Attempt[];
}

const noAttempts = (): readonly Attempt[] => [];

const attemptsIn = (source: Source | BodySource) => ('attempts' in source ? source.attempts : noAttempts);

const isMonitored = (source: Source): source is Monitored => 'seen' in source;

/** A source of what is in memory already. */
const sourceOfBytes = (bytes: Buffer): Source =>
  prefixed(E.right(O.some(bytes)), { next: async () => END, abandon: () => {} });

/** What came whole, as a stream whatever form it came in. */
export const asStream = (dialect: Dialect, body: Body): Body =>
  body._tag === 'Held' || looksLikeStream(body.bytes) ? body : bytes(streamOf(dialect, body.bytes));

const withPrefix = (prefix: Buffer, rest: Source): Source =>
  prefix.length === 0 ? rest : prefixed(E.right(O.some(prefix)), rest);

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
  /** What is held back while it may still be a repetition. */
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

/** The stream, and where it breaks off what `resume` asks for; a failure where nothing can be joined to it. */
const continued = (first: Monitored, prefix: Buffer, { dialect, ask }: Resume): BodySource => {
  let current = withPrefix(prefix, first);
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
    const answered = await askAgain.value(before)();
    attempts.push(...(E.isLeft(answered) ? attemptsOf(answered.left) : answered.right.attempts));
    if (E.isLeft(answered)) return E.left(failure);
    const body = asStream(dialect, answered.right.reply.body);
    // Too long to be read, and so not to be turned into a stream.
    if (body._tag === 'Held' && looksLikeJson(body.prefix)) return E.left(failure);
    const rest = body._tag === 'Bytes' ? sourceOfBytes(body.bytes) : redeem(body.ticket);
    if (isMonitored(rest)) newest = rest;
    const whole = body._tag === 'Bytes' ? rest : withPrefix(body.prefix, rest);
    const second = continuation(whole, dialect.continuation.adopt(dataIn(first.seen().last)), before);
    current = second.source;
    isUnfit = second.isUnfit;
    text = () => before + second.text();
    askAgain = body._tag === 'Held' ? O.map((resume: Resume) => resume.ask)(body.resume) : O.none;
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
    attempts: () => attempts,
  };
};

/** A body's bytes, of other tries where it breaks off and may go on. */
export const bodySource = (body: Body): BodySource => {
  if (body._tag === 'Bytes') return { ...sourceOfBytes(body.bytes), attempts: noAttempts };
  const rest = redeem(body.ticket);
  const source =
    O.isSome(body.resume) && isMonitored(rest)
      ? continued(rest, body.prefix, body.resume.value)
      : { ...withPrefix(body.prefix, rest), attempts: attemptsIn(rest) };
  // Outermost: what a stream is gone on from is what the upstream said.
  return O.isSome(body.rewrite) ? { ...source, ...rewritten(source, body.rewrite.value()) } : source;
};
