/** What a message holds, in the shapes that both dialects share: a string, or a list of typed parts. */
import * as t from 'io-ts';
import { combine, noSigns, type Signs } from '../core/reading.js';

/** Anything but nothing: not null, blank, an empty list or an empty object. */
export const isFilled = (value: unknown): boolean => {
  if (typeof value === 'string') return value.trim() !== '';
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
};

export const content: Signs = { ...noSigns, content: true };
export const thinking: Signs = { ...noSigns, thinking: true };

const Part = t.partial({ type: t.unknown, text: t.unknown, thinking: t.unknown, refusal: t.unknown });
type Part = t.TypeOf<typeof Part>;

const thought = (part: Part): Signs => (isFilled(part.thinking) || isFilled(part.text) ? thinking : noSigns);
const said = (part: Part): Signs => (isFilled(part.text) ? content : noSigns);

/** Every type that is not content whatever it holds; a tool call or a picture is. */
const BY_TYPE: ReadonlyMap<unknown, (part: Part) => Signs> = new Map([
  [undefined, said],
  ['text', said],
  ['output_text', said],
  ['text_delta', said],
  ['refusal', (part: Part) => (isFilled(part.refusal) ? content : noSigns)],
  ['thinking', thought],
  ['reasoning', thought],
  ['thinking_delta', thought],
  ['redacted_thinking', () => thinking],
  ['signature_delta', () => noSigns],
  ['citations_delta', () => noSigns],
]);

/** What one part holds, or one piece of a part. */
export const partSigns = (value: unknown): Signs => {
  if (typeof value === 'string') return isFilled(value) ? content : noSigns;
  if (!Part.is(value)) return noSigns;
  return (BY_TYPE.get(value.type) ?? (() => content))(value);
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

const CUT = new Set(['length', 'max_tokens', 'model_context_window_exceeded']);
const FILTERED = new Set([
  'content_filter',
  'content_filtered',
  'safety',
  'image_safety',
  'prohibited_content',
  'blocklist',
  'spii',
  'recitation',
  'refusal',
]);

/** What a `finish_reason` or `stop_reason` says of the end, in any upstream's letters. */
export const endSigns = (reason: unknown): Signs => {
  const word = typeof reason === 'string' ? reason.toLowerCase() : '';
  const stopped = isFilled(reason);
  return { ...noSigns, stopped, finished: stopped, cut: CUT.has(word), filtered: FILTERED.has(word) };
};

/** What one choice says. */
export interface ChoiceText {
  /** The `index` of the choice. */
  readonly choice: number;
  readonly text: string;
}

/** What a whole reply, one event, or all events so far hold. */
export interface View {
  readonly signs: Signs;
  /** The text of each choice that has any. */
  readonly texts: readonly ChoiceText[];
  /** It ends a block of the reply, into which nothing can be said any more. */
  readonly closes: boolean;
}

export const nothing: View = { signs: noSigns, texts: [], closes: false };

/** OpenAI's own limit of `n`. A stream of more choices would make each event slower to add than the last. */
export const MAX_CHOICES = 128;

const append = (texts: readonly ChoiceText[], added: ChoiceText): readonly ChoiceText[] => {
  if (!texts.some(({ choice }) => choice === added.choice)) {
    return texts.length < MAX_CHOICES ? [...texts, added] : texts;
  }
  return texts.map((old) => (old.choice === added.choice ? { ...old, text: old.text + added.text } : old));
};

/** With `nothing` a monoid. It keeps the text: where only the signs matter, combine those. */
export const join = (a: View, b: View): View => ({
  signs: combine(a.signs, b.signs),
  texts: b.texts.reduce(append, a.texts),
  closes: a.closes || b.closes,
});
