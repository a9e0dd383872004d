/** The lines of one server-sent event, as its reader keeps them. */
import * as O from 'fp-ts/lib/Option.js';

export const LF = 0x0a;
export const CR = 0x0d;

const END_OF_LINE = Buffer.from('\n');
const END_OF_LINES = Buffer.from('\n\n');

/** An event with the blank line that it lacks; a LF behind a CR would only end the same line. */
export const withBlankLine = (raw: Buffer): Buffer =>
  Buffer.concat([raw, raw.at(-1) === CR ? END_OF_LINES : END_OF_LINE]);

/** Fields of the standard that say nothing of the reply; `''` is a comment. */
export const BESIDE_DATA: ReadonlySet<string> = new Set(['', 'event', 'id', 'retry']);

/** The lines of one event, as far as they have come. */
export interface Lines {
  readonly data: string[];
  type: string;
  /** The first line that is data or has a field of no standard, and how many such lines have come. */
  first: string;
  sayings: number;
  /** The type before that line, and the one that was named behind it. */
  typeBefore: string;
  typeBehind: string;
  /** The place of the line behind it, in bytes from the beginning of the event. */
  behindFirst: number | undefined;
}

export const noLines = (type = ''): Lines => ({
  data: [],
  type,
  first: '',
  sayings: 0,
  typeBefore: '',
  typeBehind: '',
  behindFirst: undefined,
});

export const dataOf = ({ data }: Lines): O.Option<string> => (data.length === 0 ? O.none : O.some(data.join('\n')));
