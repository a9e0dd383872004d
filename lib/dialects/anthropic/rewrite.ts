/** Anthropic's messages and events with other text. Reasoning stands in blocks of its own, which shifts those behind. */
import * as t from 'io-ts';
import type { EventRewriter, Fields, MakeFlow, TextFlow, TextPiece } from '../../core/dialect.js';
import { textIn } from '../text-changes.js';

const Message = t.type({ content: t.array(t.unknown) });
const TextBlock = t.type({ type: t.literal('text'), text: t.string });

const thinking = (text: string): Fields => ({ type: 'thinking', thinking: text, signature: '' });

/** The pieces, with neighbours of one kind put together. */
const grouped = (pieces: readonly TextPiece[]): readonly TextPiece[] => {
  const groups: TextPiece[] = [];
  for (const piece of pieces) {
    const last = groups.at(-1);
    if (last?.kind === piece.kind) groups[groups.length - 1] = { ...last, text: last.text + piece.text };
    else groups.push(piece);
  }
  return groups;
};

/** A whole message with other text. The blocks of text are counted, without the others, as choices are. */
export const messageWithOtherText = (message: Fields, flow: MakeFlow): Fields => {
  if (!Message.is(message)) return message;
  let isSame = true;
  let begun = 0;
  const content = message.content.flatMap((block) => {
    if (!TextBlock.is(block)) return [block];
    const { push, end } = flow(begun);
    begun += 1;
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
  /** The events that came before any text: they go out with it, since reasoning may come first. */
  readonly early: Fields[];
  /** No text has come. */
  isSilent: boolean;
}

const START: Readonly<Record<TextPiece['kind'], (block: Fields) => Fields>> = {
  text: (block) => ({ ...block, type: 'text', text: '' }),
  reasoning: () => thinking(''),
};
const DELTA: Readonly<Record<TextPiece['kind'], (text: string) => Fields>> = {
  text: (text) => ({ type: 'text_delta', text }),
  reasoning: (text) => ({ type: 'thinking_delta', thinking: text }),
};

/** The event with this index; itself, if it has that index. */
const numbered = (event: Fields, index: unknown): Fields => (event.index === index ? event : { ...event, index });

const isUnchanged = (pieces: readonly TextPiece[], text: string): boolean =>
  textIn(pieces, 'text') === text && textIn(pieces, 'reasoning') === '';

const opening = (index: unknown, kind: TextPiece['kind'], block: Fields): Fields => ({
  type: 'content_block_start',
  index,
  content_block: START[kind](block),
});

const STOP: Fields = { type: 'content_block_stop' };

/** Puts the events of a stream into blocks anew. */
export const blocks = (flow: MakeFlow): EventRewriter => {
  let incoming: Incoming | undefined;
  let open: TextPiece['kind'] | undefined;
  let begun = 0;
  /** The index of the next block. */
  let next = 0;
  const places = new Map<unknown, number>();

  const close = (stop: Fields): readonly Fields[] => {
    if (open === undefined) return [];
    open = undefined;
    return [numbered(stop, next - 1)];
  };
  const begins = (kind: TextPiece['kind'], events: readonly Fields[]): readonly Fields[] => {
    const closed = close(STOP);
    open = kind;
    next += 1;
    return [...closed, ...events.map((event) => numbered(event, next - 1))];
  };
  const ensure = (kind: TextPiece['kind'], { block, early }: Incoming): readonly Fields[] => {
    if (open === kind) return [];
    const came = kind === 'text' ? early.splice(0) : [];
    return begins(kind, came.length > 0 ? came : [opening(next, kind, block)]);
  };
  const say = (into: Incoming, pieces: readonly TextPiece[]): readonly Fields[] =>
    pieces.flatMap(({ kind, text }) => [
      ...ensure(kind, into),
      { type: 'content_block_delta', index: next - 1, delta: DELTA[kind](text) },
    ]);
  const begin = (index: unknown, block: Fields, early: Fields[]): Incoming => {
    incoming = { index, block, flow: flow(begun), early, isSilent: true };
    begun += 1;
    return incoming;
  };
  const push = (into: Incoming, text: string): readonly TextPiece[] => {
    into.isSilent = false;
    return into.flow.push(text);
  };
  const finish = (stop: Fields): readonly Fields[] => {
    if (incoming === undefined) return [];
    const ended = incoming;
    incoming = undefined;
    const said = say(ended, ended.flow.end());
    // A block that has no text, as in a whole message.
    const silent = ended.isSilent && open === undefined ? begins('text', ended.early) : [];
    return [...said, ...silent, ...close(stop)];
  };

  const delta = (event: Event): readonly Fields[] => {
    const { delta: added = {}, index } = event;
    if (added.type !== 'text_delta' || typeof added.text !== 'string') {
      if (incoming === undefined || incoming.index !== index) return [numbered(event, places.get(index) ?? index)];
      return [...ensure('text', incoming), numbered(event, next - 1)];
    }
    if (incoming === undefined || incoming.index !== index) {
      // Some upstreams leave out the start of a block, and the stop of the one before.
      const ended = finish(STOP);
      begin(index, { type: 'text' }, [opening(index, 'text', {})]);
      return [...ended, ...delta(event)];
    }
    const into = incoming;
    if (added.text !== '') {
      const pieces = push(into, added.text);
      return isUnchanged(pieces, added.text) ? [...ensure('text', into), numbered(event, next - 1)] : say(into, pieces);
    }
    if (open === 'text') return [numbered(event, next - 1)];
    if (into.isSilent) into.early.push(event);
    return [];
  };

  const start = (event: Event): readonly Fields[] => {
    const { index, content_block: block = {} } = event;
    const ended = finish(STOP);
    if (!TextBlock.is(block)) {
      places.set(index, next);
      next += 1;
      return [...ended, numbered(event, next - 1)];
    }
    if (block.text === '') {
      begin(index, block, [event]);
      return ended;
    }
    const into = begin(index, block, []);
    const pieces = push(into, block.text);
    return [...ended, ...(isUnchanged(pieces, block.text) ? begins('text', [event]) : say(into, pieces))];
  };

  const take = (event: Fields): readonly Fields[] => {
    if (!Event.is(event)) return [event];
    if (event.type === 'content_block_start') return start(event);
    if (event.type === 'content_block_delta') return delta(event);
    if (event.type === 'content_block_stop') {
      return incoming?.index === event.index && incoming !== undefined
        ? finish(event)
        : [numbered(event, places.get(event.index) ?? event.index)];
    }
    return event.type === 'message_delta' || event.type === 'message_stop' ? [...finish(STOP), event] : [event];
  };
  return {
    take,
    end: () => (incoming === undefined ? [] : say(incoming, incoming.flow.end())),
  };
};
