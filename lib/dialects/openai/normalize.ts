/** Odd shapes of OpenAI's replies and chunks, turned into those that its readers expect. */
import type { Fields } from '../merge.js';
import {
  asReasoning,
  asText,
  bareText,
  firstObject,
  isObject,
  mapped,
  withField,
  withoutField,
} from '../odd-shapes.js';
import { saysAnything } from './view.js';

type Bearer = 'delta' | 'message';

const normalPart = (part: unknown): unknown => {
  if (!isObject(part)) return asText(part);
  return withField(withField(part, 'text', asText(part.text)), 'thinking', asReasoning(part.thinking));
};

const normalContent = (content: unknown): unknown =>
  Array.isArray(content) ? mapped(content, normalPart) : normalPart(content);

const normalMessage = (message: Fields): Fields => {
  let known = withField(message, 'content', normalContent(message.content));
  for (const field of ['reasoning', 'reasoning_content', 'thinking']) {
    known = withField(known, field, asReasoning(known[field]));
  }
  return known;
};

/** The choice, with a message under this name or none. */
const withMessage = (choice: Fields, name: Bearer): Fields => {
  const came = choice[name];
  if (came === undefined || came === null) return choice;
  const message = firstObject(came);
  if (message !== undefined) return withField(choice, name, normalMessage(message));
  const content = bareText(came);
  return content === '' ? withoutField(choice, name) : withField(choice, name, { content });
};

const says = (message: unknown): boolean => isObject(message) && saysAnything(message);

/** The choice with its message where readers of this form look, if it stands elsewhere and that place is empty. */
const inItsPlace = (choice: Fields, own: Bearer, other: Bearer): Fields => {
  // Then it stands where any reader looks first.
  if (says(choice[own])) return own === 'message' && isObject(choice.delta) ? withoutField(choice, other) : choice;
  if (says(choice[other])) return withField(withoutField(choice, other), own, choice[other]);
  const message = choice[own];
  const { text } = choice;
  // Readers look at `text` where `content` is not there, and not where it is empty.
  return isObject(message) && message.content === '' && typeof text === 'string' && text !== ''
    ? withField(withoutField(choice, 'text'), own, { ...message, content: text })
    : choice;
};

const numbered = (choice: Fields): Fields =>
  typeof choice.index === 'string' && /^\d{1,3}$/.test(choice.index)
    ? withField(choice, 'index', Number(choice.index))
    : choice;

const readable = (choice: unknown): Fields => {
  const known = numbered(isObject(choice) ? choice : {});
  return withField(withMessage(withMessage(known, 'delta'), 'message'), 'text', asText(known.text));
};

const isChoice = (value: Fields): boolean =>
  ['delta', 'message', 'text', 'finish_reason'].some((field) => field in value);

const CHOICE_FIELDS = ['index', 'delta', 'message', 'text', 'finish_reason'];

/** The choices that an object holds in place of a list, or that stand beside it. */
const choicesOf = (value: Fields, choices: Fields): readonly unknown[] => {
  if (isChoice(choices)) return [choices];
  const inner = Object.values(choices).filter((one) => isObject(one) && isChoice(one));
  if (inner.length > 0) return inner;
  const beside = Object.fromEntries(
    CHOICE_FIELDS.filter((field) => field in value).map((field) => [field, value[field]]),
  );
  const { delta, message, text } = beside;
  return isObject(delta) || isObject(message) || typeof text === 'string' ? [beside] : [];
};

/** A reply or a chunk with its choices read; undefined: it has none. */
const withChoices = (value: unknown): (Fields & { readonly choices: readonly unknown[] }) | undefined => {
  if (!isObject(value)) return undefined;
  const { choices } = value;
  if (Array.isArray(choices) && (choices.length === 0 || choices.some(isObject)))
    return value as Fields & { readonly choices: readonly unknown[] };
  if (!isObject(choices)) return undefined;
  const found = choicesOf(value, choices);
  return found.length > 0 ? { ...value, choices: found } : undefined;
};

export const normalizeReply = (value: unknown): unknown => {
  const reply = withChoices(value);
  if (reply === undefined) return value;
  const choices = mapped(reply.choices, (choice) => inItsPlace(readable(choice), 'message', 'delta'));
  return withField(reply, 'choices', choices);
};

/**
 * For the chunks of one stream. Some upstreams repeat all that was said so far in a `message` beside each `delta`, so
 * that one is read only as long as no delta of its choice has said anything.
 */
export const normalizeEvents = (): ((value: unknown) => unknown) => {
  const spoke = new Set<unknown>();
  const normalChoice = (came: unknown): Fields => {
    const choice = readable(came);
    if (!isObject(choice.delta)) return choice;
    const { index = 0 } = choice;
    if (spoke.has(index)) return choice;
    if (!says(choice.delta)) return inItsPlace(choice, 'delta', 'message');
    spoke.add(index);
    return choice;
  };
  return (value) => {
    const chunk = withChoices(value);
    return chunk === undefined ? value : withField(chunk, 'choices', mapped(chunk.choices, normalChoice));
  };
};
