/** One stage on one value. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { inWholeCharacters, textIn } from '../bodies/rewrite/changes.js';
import { closest } from '../codecs/likeness.js';
import type { Failed, Fields, Seated, Seats } from '../core/custom-stage.js';
import type { Answered, Decoded, Planned, Received, Replied, Reply, Try } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { sentence } from '../core/sentence.js';
import { sleep } from '../edge/ports.js';
import { changesBy } from '../stages/seats/rewrite.js';
import { runSeat } from '../stages/seats.js';
import { type Sat, seat } from './seat.js';
import * as values from './values.js';

/** What each seat sees. */
export interface Seen {
  readonly received: Received;
  readonly decoded: Decoded;
  readonly planned: Planned;
  readonly try: Try;
  readonly replied: Replied;
  readonly answered: Answered;
  readonly failed: Failed;
}

const SEATS: readonly (keyof Seen)[] = ['received', 'decoded', 'planned', 'try', 'replied', 'answered', 'failed'];

/** The value that goes on; a reply in place of what is still to come; or a failure. */
export type Ran<A> =
  | { readonly _tag: 'Value'; readonly value: A }
  | { readonly _tag: 'Early'; readonly reply: Reply }
  | { readonly _tag: 'Failed'; readonly failure: Failure };

/** A test of what a stage does not do could never fail. */
const missing = ({ label, seats }: Seated, name: keyof Seats): Error =>
  new Error(`${label} has no ${name}; it has ${Object.keys(seats).join(', ')}`);

/**
 * What a stage makes of a value at a seat; where that is another reply, its `reading` is not made yet. Faults of the stage
 * are failures too: `StageFault`, with `why`. Rejects with an Error where a config would not take the stage or its
 * options, and where the stage does not take the seat.
 */
export const run = async <S extends keyof Seen>(sat: Sat, at: S, value: Seen[S]): Promise<Ran<Seen[S]>> => {
  if (!SEATS.includes(at)) {
    const meant = closest(at, SEATS);
    const question = meant === undefined ? '' : `did you mean ${meant}? `;
    throw new Error(`no value comes to a seat ${at}; ${question}There are: ${SEATS.join(', ')}`);
  }
  const stage = seat(sat);
  if (stage.seats[at] === undefined) throw missing(stage, at);
  const ran = await runSeat({ sleep }, [stage], at, value);
  if (E.isLeft(ran)) return { _tag: 'Failed', failure: ran.left };
  return ran.right as Ran<Seen[S]>;
};

/** What a reply says, and what the model thought. */
export interface Text {
  readonly text: string;
  readonly reasoning: string;
}

const throwFault = (fault: O.Option<Failure>): void => {
  if (O.isSome(fault)) throw new Error(sentence(fault.value));
};

/**
 * What the `text` of a stage makes of a text that comes in these pieces. Throws an Error where the stage has none, or where
 * the proxy would end the reply since the stage threw, gave nonsense or wrote into what it was given.
 */
export const runText = (sat: Sat, pieces: readonly string[], value: Answered = values.answered()): Text => {
  const stage = seat(sat);
  const { text, fault } = changesBy([stage], value);
  if (O.isNone(text)) throw missing(stage, 'text');
  const { push, end } = inWholeCharacters(text.value(0));
  const said = [...pieces.flatMap((piece) => push(piece)), ...end()];
  throwFault(fault());
  return { text: textIn(said, 'text'), reasoning: textIn(said, 'reasoning') };
};

/** The same for the `json` of a stage, with the JSON of a whole reply or of one event. */
export const runJson = (sat: Sat, fields: Fields, value: Answered = values.answered()): Fields => {
  const stage = seat(sat);
  const { json, fault } = changesBy([stage], value);
  if (O.isNone(json)) throw missing(stage, 'json');
  const made = json.value(fields);
  throwFault(fault());
  return made;
};
