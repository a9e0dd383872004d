/** Anthropic's messages and events, whatever odd shape they came in, as its readers expect them. */
import type { Fields } from '../merge.js';
import { asText, asThought, bareText, firstObject, isObject, mapped, withField } from '../usual/fields.js';

const withTexts = (part: Fields): Fields => {
  const withDefault = withField(withField(part, 'text', asText(part.text)), 'thinking', asThought(part.thinking));
  return withField(withDefault, 'partial_json', asText(withDefault.partial_json));
};

/** A block or a delta; a bare text is one of this type. */
const usualPart =
  (type: string) =>
  (part: unknown): unknown => {
    const object = firstObject(part);
    if (object !== undefined) return withTexts(object);
    const text = bareText(part);
    return text === '' ? part : { type, text };
  };

const usualBlock = usualPart('text');
const usualDelta = usualPart('text_delta');

const blocksIn = (content: unknown): unknown => {
  if (Array.isArray(content)) return mapped(content, usualBlock);
  const block = usualBlock(content);
  return isObject(block) && 'type' in block ? [block] : content;
};

/** A bare text is a content only of what calls itself a message. */
export const normalizeReply = (value: unknown): unknown =>
  isObject(value) && (Array.isArray(value.content) || value.type === 'message')
    ? withField(value, 'content', blocksIn(value.content))
    : value;

const usualEvent = (value: unknown): unknown => {
  if (!isObject(value)) return value;
  switch (value.type) {
    case 'message_start':
      return withField(value, 'message', normalizeReply(firstObject(value.message) ?? value.message));
    case 'content_block_start':
      return withField(value, 'content_block', usualBlock(value.content_block));
    case 'content_block_delta':
      return withField(value, 'delta', usualDelta(value.delta));
    case 'message_delta':
      return withField(value, 'delta', firstObject(value.delta) ?? value.delta);
    default:
      return value;
  }
};

/** For the events of one stream. */
export const normalizeEvents = (): ((value: unknown) => unknown) => usualEvent;
