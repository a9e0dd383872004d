/** Anthropic's messages as events, and events as a message. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { parse } from '../json.js';
import { type Fields, fieldsBut, fieldsOf, latest, merged } from '../merge.js';
import { reasonOf } from '../reasons.js';

/** The fields of a block that begin empty and come as deltas of their own name. */
const TEXTS = ['text', 'thinking', 'signature'] as const;

const blockOf = (value: unknown): Fields =>
  typeof value === 'string' ? { type: 'text', text: value } : fieldsOf(value);

const blockEvents = (value: unknown, index: number): readonly Fields[] => {
  const { citations, ...block } = blockOf(value);
  const texts = TEXTS.filter((field) => typeof block[field] === 'string');
  const deltas = [
    ...texts.map((field) => ({ type: `${field}_delta`, [field]: block[field] })),
    ...('input' in block ? [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }] : []),
    ...(Array.isArray(citations) ? citations.map((citation) => ({ type: 'citations_delta', citation })) : []),
  ];
  const begun = {
    ...block,
    ...Object.fromEntries(texts.map((field) => [field, ''])),
    ...('input' in block ? { input: {} } : {}),
    ...(Array.isArray(citations) ? { citations: [] } : {}),
  };
  return [
    { type: 'content_block_start', index, content_block: begun },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
};

export const namedEvent = (event: Fields): string => {
  const name = typeof event.type === 'string' ? `event: ${event.type}\n` : '';
  return `${name}data: ${JSON.stringify(event)}\n\n`;
};

const APART: ReadonlySet<string> = new Set(['content', 'stop_reason', 'stop_sequence', 'usage']);

/** The events of a message. None: the message has no list of content. */
export const streamOf = (message: Fields): O.Option<string> => {
  const { content, stop_reason, stop_sequence = null } = message;
  if (!Array.isArray(content)) return O.none;
  // Anthropic's SDKs throw where a count is missing.
  const usage = { input_tokens: 0, output_tokens: 0, ...fieldsOf(message.usage) };
  const events = [
    {
      type: 'message_start',
      message: { ...fieldsBut(message, APART), content: [], stop_reason: null, stop_sequence: null, usage },
    },
    ...content.flatMap(blockEvents),
    { type: 'message_delta', delta: { stop_reason: reasonOf(stop_reason), stop_sequence }, usage },
    { type: 'message_stop' },
  ];
  return O.some(events.map(namedEvent).join(''));
};

/** The fields that a delta adds to its block. */
const pieceOf = (delta: Fields): Fields => {
  const { type, citation, ...piece } = delta;
  return citation === undefined ? piece : { ...piece, citations: [citation] };
};

/** The arguments of a tool call. Arguments that were cut stay text: a tool must run only with what the model gave. */
const inputOf = (json: unknown, begun: unknown): unknown =>
  typeof json === 'string' && json !== '' ? E.getOrElse<unknown, unknown>(() => json)(parse(json)) : (begun ?? {});

const wholeBlock = (pieces: readonly Fields[]): Fields => {
  const { partial_json: json, ...block } = merged(pieces);
  return json === undefined ? block : { ...block, input: inputOf(json, block.input) };
};

/** The blocks of a stream. Some upstreams leave out the `index` of a block, or its start. */
const wholeBlocks = (events: readonly Fields[]): readonly Fields[] => {
  const blocks = new Map<number, Fields[]>();
  for (const { type, index, content_block: begun, delta } of events) {
    const isStart = type === 'content_block_start';
    if (!isStart && type !== 'content_block_delta') continue;
    const newest = isStart ? blocks.size : Math.max(0, blocks.size - 1);
    const at = typeof index === 'number' ? index : newest;
    const added = fieldsOf(delta);
    const pieces =
      blocks.get(at) ??
      (isStart ? [] : [{ type: typeof added.type === 'string' ? added.type.replace(/_delta$/, '') : added.type }]);
    pieces.push(isStart ? blockOf(begun) : pieceOf(added));
    blocks.set(at, pieces);
  }
  return [...blocks.values()].map(wholeBlock);
};

/** The message that the events of a stream make. None: they begin no message and no block. */
export const wholeOf = (events: readonly Fields[]): O.Option<Fields> => {
  const starts = events.filter(({ type }) => type === 'message_start').map(({ message }) => fieldsOf(message));
  const changes = events
    .filter(({ type }) => type === 'message_delta')
    .map(({ type, delta, ...rest }) => ({ ...rest, ...fieldsOf(delta) }));
  const blocks = wholeBlocks(events);
  if (starts.length === 0 && blocks.length === 0) return O.none;
  const said = [...starts, ...changes].map((each: Fields) => ({ ...each, stop_reason: reasonOf(each.stop_reason) }));
  const usage = latest([...starts, ...changes].map((each: Fields) => fieldsOf(each.usage)));
  return O.some({
    type: 'message',
    role: 'assistant',
    stop_reason: null,
    stop_sequence: null,
    ...latest(said),
    content: [...starts.flatMap(({ content }) => (Array.isArray(content) ? content : [])), ...blocks],
    ...(Object.keys(usage).length > 0 ? { usage } : {}),
  });
};
