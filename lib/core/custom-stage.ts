/** What a custom stage is: a name, a codec of its options, and a function for each seat that it takes. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Answered, Decoded, Planned, Received, Replied, Reply, Try } from './exchange.js';
import type { Failure } from './failure.js';

/** A reply of a stage's own; the rooms that are still to come are left out. */
export interface Early {
  readonly _tag: 'Early';
  readonly reply: Reply;
}

/** What the tries and the stages came to, where that is no good reply. */
export interface Failed extends Planned {
  readonly failure: Failure;
}

/** What `refuse` and `tryAgain` make. */
export type Objection = Extract<Failure, { _tag: 'Refused' | 'Unwanted' }>;

/** The value, as it was or changed; a reply of the stage's own; or an objection. */
export type Given<A> = A | Early | E.Either<Objection, A | Early>;

/** The same at once, as a promise, or as a TaskEither. */
export type Gives<A> = Given<A> | Promise<Given<A>> | TE.TaskEither<Objection, A | Early>;

export type Seat<A> = (value: A) => Gives<A>;

/** What a transform makes of text. `reasoning` goes where clients look for what the model thought. */
export type Said = string | { readonly text?: string; readonly reasoning?: string };

/** Keeps what it needs between two calls: there is one for each choice of each reply. */
export interface TextTransform {
  /** Takes the next text, which may begin and end anywhere but within a character. What is not given back is held. */
  readonly push: (text: string) => Said;
  /** What was held back. Called once, after the last text. */
  readonly end: () => Said;
}

/** Any JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** How much of a stream a stage must see at `replied`: so many characters of the text of each choice that has begun, or all. */
export type Needs = 'whole' | { readonly chars: number };

/** What `make` gives. Each seat is optional. */
export interface Seats {
  /** Before the body is read for its meaning. Takes effect: `request`. */
  readonly received?: Seat<Received>;
  /** The body can be read at `call.body`. Takes effect: `call.body` and `request`. */
  readonly decoded?: Seat<Decoded>;
  /** It is known what will be sent. Takes effect: `plan.outgoing`, and a `plan.schedule` that stops earlier. */
  readonly planned?: Seat<Planned>;
  /** Before each try. Takes effect: `outgoing`. */
  readonly try?: Seat<Try>;
  /** After each reply, before it is judged; here alone another try can be asked for. Takes effect: `reply`. */
  readonly replied?: Seat<Replied>;
  /** The reply was judged good, and the tries are over. Takes effect: `reply`. */
  readonly answered?: Seat<Answered>;
  /** No good reply came of all tries. Takes effect: an objection in place of `failure`, or a reply. */
  readonly failed?: Seat<Failed>;
  /** Called for each choice of a chat's reply (each block of text, of an Anthropic message). */
  readonly text?: (reply: Answered, choice: number) => TextTransform;
  /** Called with the JSON of a chat's reply: of each event, if it is a stream. Gives what stands in its place. */
  readonly json?: (fields: Fields, reply: Answered) => Fields;
  /** Holds every stream back until `replied` can see this much of it; costs as much time. */
  readonly needs?: Needs;
}

/** Reads a stage's options, as a codec of io-ts does. The left says what is wrong. */
export interface OptionsCodec<O> {
  readonly decode: (options: unknown) => E.Either<unknown, O>;
}

/** What a stage may use of the world, so that a test can put another in its place. */
export interface Tools {
  /** What the stage is called where it is seated: its name, with a number where it sits more than once. */
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly roll: () => number;
}

export interface StageDefinition<Options = unknown> {
  /** Letters, digits and hyphens; no other stage's. */
  readonly name: string;
  /** Without it the stage takes no options. */
  readonly options?: OptionsCodec<Options>;
  /** Called once for each time that a config names the stage. What is wrong with the options may be thrown. */
  readonly make: (options: Options, tools: Tools) => Seats;
}

/** A stage in the place that a config gave it. */
export interface Seated {
  readonly label: string;
  /** How long one call may take to answer. */
  readonly timeoutMs: number;
  readonly seats: Seats;
}

/** A stage, as it is; its use is that TypeScript knows what `make` gets and may give. */
export const defineStage = <Options>(definition: StageDefinition<Options>): StageDefinition<Options> => definition;

/** A reply in place of what the rooms that are still to come would make. */
export const answer = (reply: Reply): Early => ({ _tag: 'Early', reply });

/** The framework fills in who says so. */
const NOBODY = '';

/**
 * Another try, at `replied` alone. `says` completes "Upstream's reply was not wanted (…)"; it is shown once the tries are
 * used up. `atMost`: how many retries of a request this stage may ask for; within the limit that the config sets.
 *
 * A reply that is bad by itself is tried again and waited for as ever, which takes none of those; only where that would be
 * its end, they come besides, and then it is told as what it is. An account without credit is never asked again.
 */
export const tryAgain = (says: string, { atMost }: { readonly atMost?: number } = {}): E.Either<Objection, never> =>
  E.left({ _tag: 'Unwanted', stage: NOBODY, says, atMost: O.fromNullable(atMost) });

/** An end, with this sentence for the client. `status`: 400 to 599. */
export const refuse = (says: string, { status = 400 }: { readonly status?: number } = {}): E.Either<Objection, never> =>
  E.left({ _tag: 'Refused', stage: NOBODY, status, says });

const charsOf = ({ seats }: Seated): number => (typeof seats.needs === 'object' ? seats.needs.chars : 0);

/** How much of a stream has to be held back for all of these. */
export const mostNeeded = (stages: readonly Seated[]): Needs =>
  stages.some(({ seats }) => seats.needs === 'whole') ? 'whole' : { chars: Math.max(0, ...stages.map(charsOf)) };
