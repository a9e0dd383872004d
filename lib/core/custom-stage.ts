/** What a custom stage is: a name, a codec of its options, and a function for each seat that it takes. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Answered, Decoded, Planned, Received, Replied, Reply, Try } from './exchange.js';
import type { Failure, Unwanted } from './failure.js';

/** A reply of a stage's own; the rooms that are still to come are left out. */
export interface Early {
  readonly _tag: 'Early';
  readonly reply: Reply;
}

/** What the tries and the stages came to, where that is no good reply. */
export interface Failed extends Planned {
  /** `GaveUp` sums up the tries, if there were any. `match` takes it apart. */
  readonly failure: Failure;
}

/** What `refuse` makes: an end of the request. */
export type Refused = Extract<Failure, { _tag: 'Refused' }>;

/** What a stage can say against going on. */
export type Objection = Refused | Unwanted;

/** The value, as it was or changed; a reply of the stage's own; or an objection. */
export type Given<A, O extends Objection = Refused> = A | Early | E.Either<O, A | Early>;

/** The same at once, as a promise, or as a TaskEither. */
export type Gives<A, O extends Objection = Refused> = Given<A, O> | Promise<Given<A, O>> | TE.TaskEither<O, A | Early>;

/**
 * A stage's function for a seat. It gets the value frozen. One that throws, or gives what the seat cannot take, ends the
 * request with a 500 that names the stage.
 */
export type Seat<A, O extends Objection = Refused> = (value: A) => Gives<A, O>;

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
  readonly replied?: Seat<Replied, Objection>;
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

/** Reads a stage's options, as a codec of io-ts does. */
export interface OptionsCodec<O> {
  /**
   * Gets what stands at `with:`, or an empty map. Errors of io-ts on the left are told each at its line. Of any other left
   * it is told only that these are not the stage's options, as it may hold what is secret.
   */
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

/** A stage, as a file exports it. */
export interface StageDefinition<Options = unknown> {
  /** Lower-case letters, digits and hyphens; no other stage's. */
  readonly name: string;
  /** Without it the stage takes no options. */
  readonly options?: OptionsCodec<Options>;
  /**
   * Called once for each time that a config names the stage. What is wrong with the options may be thrown, as an Error.
   * A method, so that a stage with options of its own can stand where any stage can.
   */
  make(options: Options, tools: Tools): Seats;
}

/** A stage in the place that a config gave it. */
export interface Seated {
  /** Its name, with a number where it sits more than once. */
  readonly label: string;
  /** How long one call may take to answer. */
  readonly timeoutMs: number;
  readonly seats: Seats;
}

/** The stage as it is. Its use is that TypeScript knows what `make` gets and may give. */
export const defineStage = <Options>(
  // No method here: of one, TypeScript would take what wants more options than the codec gives.
  definition: StageDefinition<Options> & { readonly make: (options: Options, tools: Tools) => Seats },
): StageDefinition<Options> => definition;

/** Ends a request well: with this reply in place of what the rooms that are still to come would make. */
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
export const tryAgain = (says: string, { atMost }: { readonly atMost?: number } = {}): E.Either<Unwanted, never> =>
  E.left({ _tag: 'Unwanted', stage: NOBODY, says, atMost: O.fromNullable(atMost) });

/** An end, with this sentence for the client. `status`: 400 to 599; 400 if nothing is said. */
export const refuse = (says: string, { status = 400 }: { readonly status?: number } = {}): E.Either<Refused, never> =>
  E.left({ _tag: 'Refused', stage: NOBODY, status, says });

/** What a stage can object with, by one name. */
export const failures = Object.freeze({ refuse, tryAgain });

const charsOf = ({ seats }: Seated): number => (typeof seats.needs === 'object' ? seats.needs.chars : 0);

/** How much of a stream has to be held back for all of these. */
export const mostNeeded = (stages: readonly Seated[]): Needs =>
  stages.some(({ seats }) => seats.needs === 'whole') ? 'whole' : { chars: Math.max(0, ...stages.map(charsOf)) };
