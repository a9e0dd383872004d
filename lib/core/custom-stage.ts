/** Custom stages: a name, a codec of the options, and a function for each hook that the stage uses. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import type { Attempt } from './attempt.js';
import type { Fields } from './dialect.js';
import type { Answered, Decoded, Replied, Reply, Target, Try } from './exchange.js';
import type { Failure, Unwanted } from './failure.js';
import type { Reason } from './reason.js';

/** A reply of the stage's own. */
export interface Early {
  readonly _tag: 'Early';
  readonly reply: Reply;
}

/** An end of the request, as `refuse` makes it. */
export type Refused = Extract<Failure, { _tag: 'Refused' }>;

/** A try as `attempt` sees it. */
export interface Attempting extends Omit<Try, 'target'> {
  /** The upstream, by its name. */
  readonly target: Pick<Target, 'name'>;
}

/** A request for which all attempts, and the stages inside this one, came to no good reply. */
export interface Failed extends Decoded {
  /** `GaveUp` sums up the attempts, if there were any. `match` takes it apart. */
  readonly failure: Failure;
}

/** An accepted reply, and which of its choices a text belongs to. */
export interface Choosing extends Answered {
  /** 0 for the first. Of an Anthropic message: which block of text. */
  readonly choice: number;
}

/** An accepted reply, and its JSON. */
export interface Parsed extends Answered {
  /** The whole reply; of a stream, one event. */
  readonly fields: Fields;
}

/** The number of tokens of a request and its reply, as the upstream counted them. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** The end of a request, as the log has it. */
export interface Outcome {
  /** The status that the client got. */
  readonly status: number;
  /** The failure, if there was no good reply; none: the client has all of a good one. */
  readonly reason: O.Option<Reason>;
  /** The finished attempts, each with how long it took. */
  readonly attempts: readonly Attempt[];
  /** From the arrival of the request to the last byte of its reply. */
  readonly durationMs: number;
}

/** A request as the client sent it, and what came of it. */
export interface Finished extends Decoded, Outcome {
  /** None: the upstream did not say. */
  readonly usage: O.Option<Usage>;
}

/** An objection of a stage: an end, or another try. */
export type Objection = Refused | Unwanted;

/** The answer of a hook: a value or an objection, at once, as a promise, or as a TaskEither. */
export type Gives<A, O = never> = A | E.Either<O, A> | Promise<A | E.Either<O, A>> | TE.TaskEither<O, A>;

/** A function of a stage: of the value that the hook sees, and of the stage's state. */
export type HookFunction<A, S, R> = {
  // A method, so that a stage with a state of its own can stand where any stage can.
  bivariant(e: A, state: S): R;
}['bivariant'];

/**
 * From a value to the same value or a changed one, or to another answer that the hook allows. One that throws, takes too
 * long or gives nonsense ends the request with a 500 that names the stage.
 */
export type Hook<A, S, R = A, O = never> = HookFunction<A, S, Gives<R, O>>;

/** The output of a transform. `reasoning` goes where clients look for the model's reasoning. */
export type Said = string | { readonly text?: string; readonly reasoning?: string };

/** Keeps what it needs between two calls: there is one for each choice of each reply. */
export interface TextTransform {
  /** Takes the next text, which may begin and end anywhere but within a character. What is not given back is held. */
  readonly push: (text: string) => Said;
  /** The text that was held back. Called once, after the last text. */
  readonly end: () => Said;
}

/** The part of a stream that must be there before any of it goes on: so many characters of each choice, or all. */
export type Needs = 'whole' | { readonly chars: number };

/** The functions that `make` gives. Each is optional. `S`: what the stage remembers within a request. */
export interface Hooks<S = unknown> {
  /**
   * Makes what the stage remembers within one request; each hook gets it as its second argument. In TypeScript, `make` says
   * of what type it is: `make: (): Hooks<{ tries: number }> => ({ … })`.
   */
  readonly state?: () => S;
  /** Before a request is sent. May change `call.body` and `request`, `answer` or `refuse`. */
  readonly request?: Hook<Decoded, S, Decoded | Early, Refused>;
  /** Before each attempt. May change `outgoing`, and `target` by its name. */
  readonly attempt?: Hook<Attempting, S>;
  /** After each reply of the upstream, before it is judged. May change `reply`, ask to `tryAgain`, or `refuse`. */
  readonly reply?: Hook<Replied, S, Replied, Objection>;
  /** A reply was accepted and goes to the client. May change `reply`. */
  readonly response?: Hook<Answered, S>;
  /** No good reply came. May `answer`, or `refuse` with another sentence. */
  readonly failure?: Hook<Failed, S, Failed | Early, Refused>;
  /** Called for each choice of a chat's reply. Gives a transform of its text, the same for streams and whole replies. */
  readonly text?: HookFunction<Choosing, S, TextTransform>;
  /** Called with the JSON of a chat's reply, or of each event of a stream. Gives the `fields` that stand in its place. */
  readonly json?: HookFunction<Parsed, S, Fields>;
  /** After the last byte. Changes nothing; a fault of it is only logged. */
  readonly finished?: Hook<Finished, S, unknown, unknown>;
  /** Holds every stream back until so much of it is there for `reply`; costs as much time. */
  readonly needs?: Needs;
}

/** Reads a stage's options, as a codec of io-ts does. */
export interface OptionsCodec<O> {
  /**
   * Gets what stands at `with:`, or an empty map. Each error of io-ts on the left is reported at its line. Of any other left
   * it is only said that these are not the stage's options, as it may hold what is secret.
   */
  readonly decode: (options: unknown) => E.Either<unknown, O>;
}

/** The tools of a stage, so that a test can put others in their place. */
export interface Tools {
  /** The stage's name in the log and in errors, with a number where the config has it more than once. */
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A number from 0 up to, and without, 1. */
  readonly random: () => number;
  /** Writes a line to the log, with the stage's label; with `e`, the value of a hook, also the id of the request. */
  readonly log: (message: string, e?: { readonly id: string }) => void;
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
  make(options: Options, tools: Tools): Hooks;
}

/** A stage that a config has put into the proxy. */
export interface InstalledStage {
  /** Its name, with a number where the config has it more than once. */
  readonly label: string;
  /** The name of its file; none: it is built in. */
  readonly file?: string;
  /** The time that one call may take to answer. */
  readonly timeoutMs: number;
  readonly hooks: Hooks;
}

/** The stage as it is. Its use is that TypeScript knows what `make` gets and may give. */
export const defineStage = <Options, S>(
  definition: Pick<StageDefinition<Options>, 'name' | 'options'> & {
    // No method here: of one, TypeScript would take what wants more options than the codec gives.
    readonly make: (options: Options, tools: Tools) => Hooks<S>;
  },
): StageDefinition<Options> => definition;

/** Ends a request well, with this reply: at `request` nothing is sent then. The stages before this one still see it. */
export const answer = (reply: Reply): Early => ({ _tag: 'Early', reply });

/** The proxy fills in who says so. */
const NOBODY = '';

/**
 * Another try, at `reply` alone. `says` completes "A stage rejected the upstream's reply (…)"; it is shown once the attempts are
 * used up. `atMost`: how many retries of a request this stage may ask for; within the limit that the config sets.
 *
 * A reply that is bad by itself is tried again and waited for as ever, which takes none of those; only where that would be
 * its end, they come besides, and then the client is sent its own error. `changed`: the next try will be another one, as the stage
 * asks for another model at `attempt`, say; without it an account without credit is never asked again.
 */
export const tryAgain = (
  says: string,
  { atMost, changed = false }: { readonly atMost?: number; readonly changed?: boolean } = {},
): E.Either<Unwanted, never> =>
  E.left({ _tag: 'Unwanted', stage: NOBODY, says, atMost: O.fromNullable(atMost), changed });

/** An end, with this sentence for the client. `status`: 400 to 599; 400 if nothing is said. */
export const refuse = (says: string, { status = 400 }: { readonly status?: number } = {}): E.Either<Refused, never> =>
  E.left({ _tag: 'Refused', stage: NOBODY, status, says });

/** The objections of a stage, by one name. */
export const failures = Object.freeze({ refuse, tryAgain });

const charsOf = ({ hooks }: InstalledStage): number => (typeof hooks.needs === 'object' ? hooks.needs.chars : 0);

/** The part of a stream that all of these need held back. */
export const mostNeeded = (stages: readonly InstalledStage[]): Needs =>
  stages.some(({ hooks }) => hooks.needs === 'whole') ? 'whole' : { chars: Math.max(0, ...stages.map(charsOf)) };
