/** OpenAI's chat replies as chunks, and chunks as a reply; the older replies with `text` too. */
import * as O from 'fp-ts/lib/Option.js';
import { Fields, fieldsBut, fieldsOf, isSaid, latest, merged } from '../merge.js';
import { reasonOf } from '../reasons.js';
import { indexOf, SAID, THINKING } from './view.js';

const reasoningFields: ReadonlySet<string> = new Set(THINKING);

/** The fields that every chunk of a stream repeats. */
const REPEATED = ['id', 'created', 'model', 'system_fingerprint', 'service_tier'] as const;

const only = (fields: Fields, isWanted: (field: string) => boolean): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([field, value]) => isWanted(field) && value !== null));

const choicesOf = (value: Fields): readonly Fields[] =>
  Array.isArray(value.choices) ? value.choices.filter(Fields.is) : [];

const TEXT_COMPLETION = 'text_completion';
const objectOf = (value: Fields, otherwise: string): string =>
  value.object === TEXT_COMPLETION ? TEXT_COMPLETION : otherwise;

const mapCalls = (message: Fields, change: (call: Fields, place: number) => Fields): Fields =>
  Array.isArray(message.tool_calls)
    ? { ...message, tool_calls: message.tool_calls.filter(Fields.is).map(change) }
    : message;

/** A call with its `index`, by which readers put its pieces together; a whole reply has none. */
const indexed = (call: Fields, index: number): Fields => ({ ...call, index });
const withoutIndex = ({ index, ...call }: Fields): Fields => call;

const ROLE: ReadonlySet<string> = new Set(['role']);

/** The role, then the reasoning, then the rest. */
const deltasOf = (message: Fields): readonly Fields[] => {
  const said = mapCalls(fieldsBut(message, ROLE, SAID), indexed);
  const { role } = message;
  const reasoning = only(said, (field) => reasoningFields.has(field));
  const rest = only(said, (field) => !reasoningFields.has(field));
  return [{ role: role ?? 'assistant' }, reasoning, rest].filter((part) => Object.keys(part).length > 0);
};

const OF_CHOICE: ReadonlySet<string> = new Set(['message', 'delta', 'text', 'logprobs', 'finish_reason']);

const choiceChunks = (choice: Fields, place: number): readonly Fields[] => {
  const { message, delta, text, logprobs = null, finish_reason = null } = choice;
  const rest = fieldsBut(choice, OF_CHOICE);
  const said = delta ?? message;
  const isText = typeof text === 'string' && (fieldsOf(said).content ?? null) === null;
  const deltas = isText && !Fields.is(said) ? [] : deltasOf(fieldsOf(said)).map((part) => ({ delta: part }));
  const parts = isText ? [...deltas, { text }] : deltas;
  const end = isText ? { text: '' } : { delta: {} };
  const common = { index: indexOf(choice, place), logprobs: null, finish_reason: null };
  return [
    ...parts.slice(0, -1).map((part) => ({ ...common, ...part })),
    ...parts.slice(-1).map((part) => ({ ...common, ...part, logprobs })),
    { ...common, ...rest, ...end, index: common.index, finish_reason: reasonOf(finish_reason) },
  ];
};

export const dataEvent = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

const APART: ReadonlySet<string> = new Set(['choices', 'usage']);

/** The chunks of a reply, one choice in each: readers look at the first only. None: it has no choices. */
export const streamOf = (reply: Fields): O.Option<string> => {
  const chunks = choicesOf(reply).flatMap(choiceChunks);
  if (chunks.length === 0) return O.none;
  const { usage } = reply;
  const about = fieldsBut(reply, APART);
  // Looked up by name: a reply may have very many fields.
  const named = REPEATED.map((field) => [field, reply[field]] as const).filter(([, value]) => (value ?? null) !== null);
  const each = { ...Object.fromEntries(named), object: objectOf(reply, 'chat.completion.chunk') };
  const events = [
    ...chunks.map((chunk, at) => ({ ...(at === 0 ? about : {}), ...each, choices: [chunk] })),
    ...(isSaid(usage) ? [{ ...each, choices: [], usage }] : []),
  ];
  return O.some(`${events.map(dataEvent).join('')}data: [DONE]\n\n`);
};

/** In a chat an older completion's `text` is content too, where a piece has no other. */
const inMessage = (piece: Fields): Fields => {
  const message = fieldsOf(piece.message);
  if (!isSaid(piece.text) || isSaid(message.content)) return piece;
  const { text, ...rest } = piece;
  return { ...rest, message: { ...message, content: text } };
};

const wholeChoice = (index: number, all: readonly Fields[]): Fields => {
  const pieces = all.map(({ delta, message, finish_reason, ...other }) => ({
    ...other,
    finish_reason: reasonOf(finish_reason),
    message: delta ?? message ?? null,
  }));
  const isChat = pieces.some((piece) => isSaid(fieldsOf(piece.message).content));
  const { message, ...rest } = merged(isChat ? pieces.map(inMessage) : pieces);
  const choice = { finish_reason: null, ...rest, index };
  if (!Fields.is(message) && typeof rest.text === 'string') return choice;
  return { ...choice, message: { role: 'assistant', content: null, ...mapCalls(fieldsOf(message), withoutIndex) } };
};

/** The reply that the chunks of a stream make. None: they have no choices. */
export const wholeOf = (values: readonly Fields[]): O.Option<Fields> => {
  const chunks = values.filter((value) => Array.isArray(value.choices) || isSaid(value.usage));
  const pieces = new Map<number, Fields[]>();
  for (const [place, choice] of chunks.flatMap((chunk) => [...choicesOf(chunk).entries()])) {
    const index = indexOf(choice, place);
    const known = pieces.get(index) ?? [];
    known.push(choice);
    pieces.set(index, known);
  }
  if (pieces.size === 0) return O.none;
  const about = latest(chunks);
  const choices = [...pieces].sort(([a], [b]) => a - b).map(([index, all]) => wholeChoice(index, all));
  return O.some({ ...about, object: objectOf(about, 'chat.completion'), choices });
};
