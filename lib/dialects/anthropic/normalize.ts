/** Odd shapes of Anthropic's messages and events, turned into those that its readers expect. */
import type { Fields } from '../merge.js';
import { asReasoning, asText, bareText, firstObject, isObject, mapped, withField } from '../odd-shapes.js';

const withTexts = (part: Fields): Fields => {
  const known = withField(withField(part, 'text', asText(part.text)), 'thinking', asReasoning(part.thinking));
  return withField(known, 'partial_json', asText(known.partial_json));
};

/** A block or a delta; a bare text is one of this type. */
const normalPart =
  (type: string) =>
  (part: unknown): unknown => {
    const object = firstObject(part);
    if (object !== undefined) return withTexts(object);
    const text = bareText(part);
    return text === '' ? part : { type, text };
  };

const normalBlock = normalPart('text');
const normalDelta = normalPart('text_delta');

const blocksIn = (content: unknown): unknown => {
  if (Array.isArray(content)) return mapped(content, normalBlock);
  const block = normalBlock(content);
  return isObject(block) && 'type' in block ? [block] : content;
};

/** A message. A bare text counts as content only of what calls itself a message. */
export const normalizeReply = (value: unknown): unknown =>
  isObject(value) && (Array.isArray(value.content) || value.type === 'message')
    ? withField(value, 'content', blocksIn(value.content))
    : value;

const normalEvent = (value: unknown): unknown => {
  if (!isObject(value)) return value;
  switch (value.type) {
    case 'message_start':
      return withField(value, 'message', normalizeReply(firstObject(value.message) ?? value.message));
    case 'content_block_start':
      return withField(value, 'content_block', normalBlock(value.content_block));
    case 'content_block_delta':
      return withField(value, 'delta', normalDelta(value.delta));
    case 'message_delta':
      return withField(value, 'delta', firstObject(value.delta) ?? value.delta);
    default:
      return value;
  }
};

/** For the events of one stream. */
export const normalizeEvents = (): ((value: unknown) => unknown) => normalEvent;
