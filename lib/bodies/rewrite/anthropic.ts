/** Anthropic's messages and events with other text. Reasoning stands in blocks of its own, which shifts those behind. */
import * as t from 'io-ts';
import type { Fields } from '../../core/custom-stage.js';
import type { Piece, TextFlow } from './changes.js';

const Message = t.type({ content: t.array(t.unknown) });
const TextBlock = t.type({ type: t.literal('text'), text: t.string });

const thinking = (text: string): Fields => ({ type: 'thinking', thinking: text, signature: '' });

/** Neighbours of one kind are one block. */
const grouped = (pieces: readonly Piece[]): readonly Piece[] => {
  const groups: Piece[] = [];
  for (const piece of pieces) {
    const last = groups.at(-1);
    if (last?.kind === piece.kind) groups[groups.length - 1] = { ...last, text: last.text + piece.text };
    else groups.push(piece);
  }
  return groups;
};

/** A whole message with other text; itself, where nothing changes. */
export const messageWithOtherText = (message: Fields, flow: (place: number) => TextFlow): Fields => {
  if (!Message.is(message)) return message;
  let isSame = true;
  const content = message.content.flatMap((block, place) => {
    if (!TextBlock.is(block)) return [block];
    const { push, end } = flow(place);
    const pieces = grouped([...(block.text === '' ? [] : push(block.text)), ...end()]);
    const [only, ...more] = pieces;
    if (
      more.length === 0 &&
      (only === undefined ? block.text === '' : only.text === block.text && only.kind === 'text')
    ) {
      return [block];
    }
    isSame = false;
    return pieces.map(({ kind, text }) => (kind === 'text' ? { ...block, text } : thinking(text)));
  });
  return isSame ? message : { ...message, content };
};

const Event = t.intersection([
  t.type({ type: t.string }),
  t.partial({ index: t.unknown, content_block: t.UnknownRecord, delta: t.UnknownRecord }),
]);
type Event = t.TypeOf<typeof Event>;

/** A block of text as it comes in. */
interface Incoming {
  readonly index: unknown;
  readonly block: Fields;
  readonly flow: TextFlow;
}

/** Puts the events of a stream into blocks anew. */
export interface Blocks {
  /** The events in place of this one. */
  readonly take: (event: Fields) => readonly Fields[];
  /** What was held back, where the stream ends in the middle of a block. */
  readonly end: () => readonly Fields[];
}

const START: Readonly<Record<Piece['kind'], (block: Fields) => Fields>> = {
  text: (block) => ({ ...block, type: 'text', text: '' }),
  reasoning: () => thinking(''),
};
const DELTA: Readonly<Record<Piece['kind'], (text: string) => Fields>> = {
  text: (text) => ({ type: 'text_delta', text }),
  reasoning: (text) => ({ type: 'thinking_delta', thinking: text }),
};

export const blocks = (flow: (place: number) => TextFlow): Blocks => {
  let incoming: Incoming | undefined;
  let open: Piece['kind'] | undefined;
  let begun = 0;
  /** Of the next block that is opened. */
  let next = 0;
  const places = new Map<unknown, number>();

  const close = (): readonly Fields[] => {
    if (open === undefined) return [];
    open = undefined;
    return [{ type: 'content_block_stop', index: next - 1 }];
  };
  const ensure = (kind: Piece['kind'], block: Fields): readonly Fields[] => {
    if (open === kind) return [];
    const closed = close();
    open = kind;
    next += 1;
    return [...closed, { type: 'content_block_start', index: next - 1, content_block: START[kind](block) }];
  };
  const say = (block: Fields, pieces: readonly Piece[]): readonly Fields[] =>
    pieces.flatMap(({ kind, text }) => [
      ...ensure(kind, block),
      { type: 'content_block_delta', index: next - 1, delta: DELTA[kind](text) },
    ]);
  const begin = (index: unknown, block: Fields): Incoming => {
    incoming = { index, block, flow: flow(begun) };
    begun += 1;
    return incoming;
  };
  const finish = (): readonly Fields[] => {
    if (incoming === undefined) return [];
    const { block, flow: ended } = incoming;
    incoming = undefined;
    return [...say(block, ended.end()), ...close()];
  };

  const delta = (event: Event): readonly Fields[] => {
    const { delta: added = {}, index } = event;
    const isText = added.type === 'text_delta' && typeof added.text === 'string';
    if (!isText) {
      if (incoming === undefined || incoming.index !== index) return [{ ...event, index: places.get(index) ?? index }];
      return [...ensure('text', incoming.block), { ...event, index: next - 1 }];
    }
    // Some upstreams leave out the start of a block.
    const into = incoming?.index === index && incoming !== undefined ? incoming : begin(index, { type: 'text' });
    return added.text === '' ? [] : say(into.block, into.flow.push(added.text as string));
  };

  const start = ({ index, content_block: block = {}, ...rest }: Event): readonly Fields[] => {
    const ended = finish();
    if (!TextBlock.is(block)) {
      places.set(index, next);
      next += 1;
      return [...ended, { ...rest, index: next - 1, content_block: block }];
    }
    const into = begin(index, block);
    return block.text === '' ? ended : [...ended, ...say(block, into.flow.push(block.text))];
  };

  const take = (event: Fields): readonly Fields[] => {
    if (!Event.is(event)) return [event];
    if (event.type === 'content_block_start') return start(event);
    if (event.type === 'content_block_delta') return delta(event);
    if (event.type === 'content_block_stop') {
      return incoming?.index === event.index && incoming !== undefined
        ? finish()
        : [{ ...event, index: places.get(event.index) ?? event.index }];
    }
    return event.type === 'message_delta' || event.type === 'message_stop' ? [...finish(), event] : [event];
  };
  return {
    take,
    end: () => (incoming === undefined ? [] : say(incoming.block, incoming.flow.end())),
  };
};
