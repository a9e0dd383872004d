/** The content of a message in the shapes that dialects share: a string, or a list of typed parts. */
import * as t from 'io-ts';
import type { ChoiceText, View } from '../core/dialect.js';
import { combine, noFacts, type StreamFacts } from '../core/reading.js';

/** Whether a value is not null, blank, an empty list or an empty object. */
export const isFilled = (value: unknown): boolean => {
  if (typeof value === 'string') return value.trim() !== '';
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
};

export const content: StreamFacts = { ...noFacts, content: true };
export const thinking: StreamFacts = { ...noFacts, thinking: true };

const Part = t.partial({ type: t.unknown, text: t.unknown, thinking: t.unknown, refusal: t.unknown });
type Part = t.TypeOf<typeof Part>;

const reasoned = (part: Part): StreamFacts => (isFilled(part.thinking) || isFilled(part.text) ? thinking : noFacts);
const said = (part: Part): StreamFacts => (isFilled(part.text) ? content : noFacts);

/** The fields that only describe a tool call: a call needs a name, an id or arguments. */
export const OF_CALLS: ReadonlySet<string> = new Set(['type', 'index']);

/** The fields that only describe sound or a picture: these need data or a URL. */
export const OF_MEDIA: ReadonlySet<string> = new Set([
  ...OF_CALLS,
  'id',
  'format',
  'detail',
  'media_type',
  'mime_type',
  'mimeType',
  'expires_at',
  'width',
  'height',
]);

/** Whether anything stands in a value, however deep: a text that is not blank, or a number in a field. */
export const holds = (value: unknown, describing: ReadonlySet<string>): boolean => {
  if (typeof value !== 'object' || value === null) return typeof value === 'string' && isFilled(value);
  if (Array.isArray(value)) return value.some((item) => holds(item, describing));
  return Object.entries(value).some(
    ([field, part]) => !describing.has(field) && (typeof part === 'number' || holds(part, describing)),
  );
};

const MEDIA = /image|audio|video/i;

/** A tool call, a picture, or what is not known here: content, unless nothing stands in it. */
const other = (part: Part): StreamFacts => {
  const isMedia = typeof part.type === 'string' && MEDIA.test(part.type);
  return holds(part, isMedia ? OF_MEDIA : OF_CALLS) ? content : noFacts;
};

/** The readers of the parts of known types. A part of another type counts if anything stands in it. */
const BY_TYPE: ReadonlyMap<unknown, (part: Part) => StreamFacts> = new Map([
  [undefined, said],
  ['text', said],
  ['output_text', said],
  ['text_delta', said],
  ['refusal', (part: Part) => (isFilled(part.refusal) ? content : noFacts)],
  ['thinking', reasoned],
  ['reasoning', reasoned],
  ['thinking_delta', reasoned],
  ['redacted_thinking', () => thinking],
  ['signature_delta', () => noFacts],
  ['citations_delta', () => noFacts],
]);

/** The facts of one part, or of one piece of a part. */
export const partFacts = (value: unknown): StreamFacts => {
  if (typeof value === 'string') return isFilled(value) ? content : noFacts;
  if (!Part.is(value)) return noFacts;
  return (BY_TYPE.get(value.type) ?? other)(value);
};

const partText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (!Part.is(value) || typeof value.text !== 'string') return '';
  return BY_TYPE.get(value.type) === said ? value.text : '';
};

/** The parts of a content; a string is one part. */
export const parts = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** The text that the user would see. */
export const textOf = (value: unknown): string => parts(value).map(partText).join('');

export const nothing: View = { facts: noFacts, texts: [], closes: false };

/** OpenAI's own limit of `n`. A stream of more choices would make each event slower to add than the last. */
export const MAX_CHOICES = 128;

const append = (texts: readonly ChoiceText[], added: ChoiceText): readonly ChoiceText[] => {
  if (!texts.some(({ choice }) => choice === added.choice)) {
    return texts.length < MAX_CHOICES ? [...texts, added] : texts;
  }
  return texts.map((old) => (old.choice === added.choice ? { ...old, text: old.text + added.text } : old));
};

/** Two views as one; with `nothing` a monoid. It keeps the text: where only the facts matter, combine those. */
export const join = (a: View, b: View): View => ({
  facts: combine(a.facts, b.facts),
  texts: b.texts.reduce(append, a.texts),
  closes: a.closes || b.closes,
  failed: a.failed ?? b.failed,
});
