/** One stage on one value. */
import * as E from 'fp-ts/lib/Either.js';
import type { Failed, Said, Seated } from '../core/custom-stage.js';
import type { Answered, Decoded, Planned, Received, Replied, Reply, Try } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { sleep } from '../edge/ports.js';
import { runSeat } from '../stages/seats.js';
import { type Sat, seat } from './seat.js';
import * as values from './values.js';

/** What each seat sees. */
interface Seen {
  readonly received: Received;
  readonly decoded: Decoded;
  readonly planned: Planned;
  readonly try: Try;
  readonly replied: Replied;
  readonly answered: Answered;
  readonly failed: Failed;
}

/** The value that goes on; a reply in place of what is still to come; or a failure. */
export type Ran<A> =
  | { readonly _tag: 'Value'; readonly value: A }
  | { readonly _tag: 'Early'; readonly reply: Reply }
  | { readonly _tag: 'Failed'; readonly failure: Failure };

/** What a stage makes of a value at a seat. Faults of the stage are failures too. */
export const run = async <S extends keyof Seen, O>(sat: Sat<O>, at: S, value: Seen[S]): Promise<Ran<Seen[S]>> => {
  const ran = await runSeat({ sleep }, [seat(sat)], at, value);
  if (E.isLeft(ran)) return { _tag: 'Failed', failure: ran.left };
  return ran.right as Ran<Seen[S]>;
};

export interface Text {
  readonly text: string;
  readonly reasoning: string;
}

const added = ({ text, reasoning }: Text, said: Said): Text =>
  typeof said === 'string'
    ? { text: text + said, reasoning }
    : { text: text + (said.text ?? ''), reasoning: reasoning + (said.reasoning ?? '') };

/** What the text transform of a stage makes of a text that comes in these pieces. */
export const runText = <O>(sat: Sat<O>, pieces: readonly string[], value: Answered = values.answered()): Text => {
  const { label, seats }: Seated = seat(sat);
  if (seats.text === undefined) throw new Error(`${label} has no text`);
  const transform = seats.text(value, 0);
  const said = [...pieces.map((piece) => transform.push(piece)), transform.end()];
  return said.reduce<Text>(added, { text: '', reasoning: '' });
};
