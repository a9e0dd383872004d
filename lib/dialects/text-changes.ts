/** The changes of a reply's JSON and text. */
import type * as O from 'fp-ts/lib/Option.js';
import type { Fields, MakeFlow, TextFlow, TextPiece } from '../core/dialect.js';
import type { Failure } from '../core/failure.js';

/** The changes of one reply. Keeps state. */
export interface Changes {
  /** A change of the JSON of each event, or of the whole. */
  readonly json: O.Option<(fields: Fields) => Fields>;
  /** A new flow for each choice. */
  readonly text: O.Option<MakeFlow>;
  /** The failure of one of these, after which their results do not count. */
  readonly fault: () => O.Option<Failure>;
  /** The failure if text went in and nothing came out. */
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

/** The pieces after another flow, which gets the text and not the reasoning. */
const through = (pieces: readonly TextPiece[], next: TextFlow): readonly TextPiece[] =>
  pieces.flatMap((piece) => (piece.kind === 'text' ? next.push(piece.text) : [piece]));

/** Two flows, one behind the other. */
export const inSequence = (first: TextFlow, second: TextFlow): TextFlow => ({
  push: (text) => through(first.push(text), second),
  end: () => [...through(first.end(), second), ...second.end()],
});
