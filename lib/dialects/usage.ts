/** The numbers of tokens in a reply. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { rewrittenBy, withLayer } from '../core/body-layers.js';
import type { Usage } from '../core/custom-stage.js';
import type { Dialect } from '../core/dialect.js';
import type { Body, Rewriter } from '../core/exchange.js';
import { parse } from './json.js';
import { looksLikeJson } from './reading.js';
import { type SseEvent, sseReader } from './sse.js';
import { eventsIn } from './stream-reader.js';

/** The usage so far, with what a reply or an event adds; a number that is missing stays as it was. */
const usageIn = (dialect: Dialect, value: unknown, before: O.Option<Usage>): O.Option<Usage> => {
  const known = O.toUndefined(before);
  const { inputTokens = known?.inputTokens, outputTokens = known?.outputTokens } = dialect.usage(value);
  return inputTokens === undefined || outputTokens === undefined ? before : O.some({ inputTokens, outputTokens });
};

const usageInText = (dialect: Dialect, text: string, before: O.Option<Usage>): O.Option<Usage> => {
  if (!text.includes('"usage"')) return before;
  const value = parse(text);
  return E.isRight(value) ? usageIn(dialect, value.right, before) : before;
};

const usageInEvents = (dialect: Dialect, events: Iterable<SseEvent>, before: O.Option<Usage>): O.Option<Usage> => {
  let usage = before;
  for (const { data } of events) if (O.isSome(data)) usage = usageInText(dialect, data.value, usage);
  return usage;
};

const usageOfReply = (dialect: Dialect, body: Buffer): O.Option<Usage> => {
  if (looksLikeJson(body)) return usageInText(dialect, body.toString(), O.none);
  return usageInEvents(dialect, eventsIn(body), O.none);
};

/** A rewriter that counts, and changes nothing. */
const counter = (dialect: Dialect, emit: (usage: O.Option<Usage>) => void): Rewriter => {
  const reader = sseReader();
  let usage: O.Option<Usage> = O.none;
  const see = (events: readonly SseEvent[], passed: Buffer): E.Either<never, Buffer> => {
    usage = usageInEvents(dialect, events, usage);
    emit(usage);
    return E.right(passed);
  };
  return { push: (bytes) => see(reader.push(bytes), bytes), end: () => see(reader.end(), Buffer.alloc(0)) };
};

/** The body of a chat's reply. Emits its usage: at once if the body is whole, else as the stream is passed on. */
export const countUsage = (dialect: Dialect, body: Body, emit: (usage: O.Option<Usage>) => void): Body => {
  if (body._tag === 'Held')
    return looksLikeJson(body.prefix)
      ? body
      : withLayer(
          body,
          rewrittenBy(() => counter(dialect, emit)),
        );
  emit(usageOfReply(dialect, body.bytes));
  return body;
};
