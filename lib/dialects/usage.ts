/** The numbers of tokens in a reply, as either dialect writes them. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { rewrittenBy, withLayer } from '../core/body-layers.js';
import type { Usage } from '../core/custom-stage.js';
import type { Body, Rewriter } from '../core/exchange.js';
import { parse } from './json.js';
import { looksLikeJson } from './reading.js';
import { type SseEvent, sseReader } from './sse.js';

const Counts = t.partial({
  prompt_tokens: t.number,
  completion_tokens: t.number,
  input_tokens: t.number,
  output_tokens: t.number,
  cache_read_input_tokens: t.union([t.number, t.null]),
  cache_creation_input_tokens: t.union([t.number, t.null]),
});

const Counted = t.type({ usage: Counts });
const Message = t.type({ message: Counted });

const countsIn = (value: unknown): O.Option<t.TypeOf<typeof Counts>> => {
  if (Counted.is(value)) return O.some(value.usage);
  return Message.is(value) ? O.some(value.message.usage) : O.none;
};

/** What was counted, of a reply or an event; where a number is missing, the one that was seen before. */
const usageIn = (value: unknown, before: O.Option<Usage>): O.Option<Usage> => {
  const counts = countsIn(value);
  if (O.isNone(counts)) return before;
  const { prompt_tokens: prompt, completion_tokens: completion, output_tokens: output } = counts.value;
  const { input_tokens: input, cache_read_input_tokens: read, cache_creation_input_tokens: written } = counts.value;
  // Anthropic counts apart what came from its cache, or went into it.
  const all = input === undefined ? undefined : input + (read ?? 0) + (written ?? 0);
  const known = O.toUndefined(before);
  const inputTokens = prompt ?? all ?? known?.inputTokens;
  const outputTokens = completion ?? output ?? known?.outputTokens;
  return inputTokens === undefined || outputTokens === undefined ? before : O.some({ inputTokens, outputTokens });
};

const usageInText = (text: string, before: O.Option<Usage>): O.Option<Usage> => {
  if (!text.includes('"usage"')) return before;
  const value = parse(text);
  return E.isRight(value) ? usageIn(value.right, before) : before;
};

const usageInEvents = (events: readonly SseEvent[], before: O.Option<Usage>): O.Option<Usage> =>
  events.reduce((usage, { data }) => (O.isSome(data) ? usageInText(data.value, usage) : usage), before);

const usageOfReply = (body: Buffer): O.Option<Usage> => {
  if (looksLikeJson(body)) return usageInText(body.toString(), O.none);
  const reader = sseReader();
  return usageInEvents([...reader.push(body), ...reader.end()], O.none);
};

/** Changes nothing. */
const counter = (emit: (usage: O.Option<Usage>) => void): Rewriter => {
  const reader = sseReader();
  let usage: O.Option<Usage> = O.none;
  const see = (events: readonly SseEvent[], passed: Buffer): E.Either<never, Buffer> => {
    usage = usageInEvents(events, usage);
    emit(usage);
    return E.right(passed);
  };
  return { push: (bytes) => see(reader.push(bytes), bytes), end: () => see(reader.end(), Buffer.alloc(0)) };
};

/** The body of a chat's reply, of which the usage is told: at once where it is whole, else as the stream is passed on. */
export const countUsage = (body: Body, emit: (usage: O.Option<Usage>) => void): Body => {
  if (body._tag === 'Held')
    return looksLikeJson(body.prefix)
      ? body
      : withLayer(
          body,
          rewrittenBy(() => counter(emit)),
        );
  emit(usageOfReply(body.bytes));
  return body;
};
