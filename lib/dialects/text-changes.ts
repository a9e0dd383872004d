/** What is to be changed in a reply. */
import type * as O from 'fp-ts/lib/Option.js';
import type { Fields, MakeFlow, TextFlow, TextPiece } from '../core/dialect.js';
import type { Failure } from '../core/failure.js';

/** For one reply; keeps its state. */
export interface Changes {
  /** Of the JSON of each event, or of the whole. */
  readonly json: O.Option<(fields: Fields) => Fields>;
  /** A new flow for each choice. */
  readonly text: O.Option<MakeFlow>;
  /** What went wrong in one of these; what they gave since then is worth nothing. */
  readonly fault: () => O.Option<Failure>;
  /** What it is called when text went in and nothing came out. */
  readonly nothingLeft: Failure;
}

export const textIn = (pieces: readonly TextPiece[], kind: TextPiece['kind']): string =>
  pieces.map((piece) => (piece.kind === kind ? piece.text : '')).join('');

/** A flow that is never given half a character: the first half of a pair waits for the second. */
export const inWholeCharacters = ({ push, end }: TextFlow): TextFlow => {
  let half = '';
  return {
    push: (text) => {
      const all = half + text;
      half = /[\ud800-\udbff]$/.exec(all)?.[0] ?? '';
      const whole = half === '' ? all : all.slice(0, -1);
      return whole === '' ? [] : push(whole);
    },
    end: () => [...(half === '' ? [] : push(half)), ...end()],
  };
};

/** `text` through a flow; what is reasoning already is no text for it. */
const through = (pieces: readonly TextPiece[], next: TextFlow): readonly TextPiece[] =>
  pieces.flatMap((piece) => (piece.kind === 'text' ? next.push(piece.text) : [piece]));

/** One flow behind the other. */
export const inSequence = (first: TextFlow, second: TextFlow): TextFlow => ({
  push: (text) => through(first.push(text), second),
  end: () => [...through(first.end(), second), ...second.end()],
});
