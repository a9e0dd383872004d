/** One hook of one stage, called with one value. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { closest } from '../codecs/did-you-mean.js';
import type { Failed, Finished, Hooks, InstalledStage } from '../core/custom-stage.js';
import type { Fields } from '../core/dialect.js';
import type { Answered, Decoded, Replied, Reply, Try } from '../core/exchange.js';
import type { Failure } from '../core/failure.js';
import { sentence } from '../core/sentence.js';
import { inWholeCharacters, textIn } from '../dialects/text-changes.js';
import { sleep } from '../edge/clock.js';
import { calling, type Made, type ValueHook } from '../hooks/answer.js';
import { call, type Soon } from '../hooks/call.js';
import * as changes from '../hooks/changes.js';
import { memoryOf, type Placed, remember } from '../hooks/memory.js';
import { changesBy } from '../hooks/rewrite.js';
import { install, type TestStage } from './install.js';
import * as values from './values.js';

/** The value that each hook sees. */
export interface Seen {
  readonly request: Decoded;
  readonly attempt: Try;
  readonly reply: Replied;
  readonly response: Answered;
  readonly failure: Failed;
  readonly finished: Finished;
}

const HOOKS: readonly (keyof Seen)[] = ['request', 'attempt', 'reply', 'response', 'failure', 'finished'];

/** The value that goes on; a reply in place of what is still to come; or a failure. */
export type Ran<A> =
  | { readonly _tag: 'Value'; readonly value: A }
  | { readonly _tag: 'Early'; readonly reply: Reply }
  | { readonly _tag: 'Failed'; readonly failure: Failure };

const deps = { sleep };

/** A test of what a stage does not do could never fail. */
const missing = ({ label, hooks }: InstalledStage, name: keyof Hooks): Error =>
  new Error(`${label} has no ${name}; it has ${Object.keys(hooks).join(', ')}`);

const placed = (stage: InstalledStage): Placed => ({ ...stage, at: 0 });

/** The value with a new state of the stage, where it has one. */
const begun = <A extends Decoded>(stage: InstalledStage, value: A): A => {
  if (stage.hooks.state === undefined) return value;
  const began = remember([placed(stage)], value);
  if (E.isLeft(began)) throw new Error(sentence(began.left));
  // It is the value that was given, and more.
  return began.right as A;
};

/** The value without what is remembered of it. */
const forgotten = <A extends Decoded>(e: A): A => {
  if (memoryOf(e) === undefined) return e;
  const { memory: _, ...value } = e as A & { readonly memory: unknown };
  // All that was added to it is gone again.
  return value as unknown as A;
};

const CHANGES: Readonly<Record<ValueHook, unknown>> = { ...changes, response: changes.reply };

const called = <A extends Decoded>(stage: InstalledStage, hook: keyof Seen, value: A): Soon<Made<A>> => {
  const e = begun(stage, value);
  if (hook === 'finished') return call(deps, placed(stage), hook, e, () => E.right(value));
  // The change of each hook is of the value that it sees, which is what a caller gives.
  return calling(deps, hook, CHANGES[hook] as changes.Change<A>)(placed(stage), e);
};

/**
 * The result of a hook of a stage; where that is another reply, its `reading` is not made yet. Faults of the stage
 * are failures too: `StageFault`, with `why`. Rejects with an Error where a config would not take the stage or its
 * options, and where the stage does not have the hook. A `state` is made anew for each call.
 */
export const run = async <H extends keyof Seen>(given: TestStage, hook: H, value: Seen[H]): Promise<Ran<Seen[H]>> => {
  if (!HOOKS.includes(hook)) {
    const meant = closest(hook, HOOKS);
    const question = meant === undefined ? '' : `did you mean ${meant}? `;
    throw new Error(`no value comes to a hook ${hook}; ${question}There are: ${HOOKS.join(', ')}`);
  }
  const stage = install(given);
  if (stage.hooks[hook] === undefined) throw missing(stage, hook);
  const ran: Made<Seen[H]> = await called(stage, hook, value);
  if (E.isLeft(ran)) return { _tag: 'Failed', failure: ran.left };
  return '_tag' in ran.right ? ran.right : { _tag: 'Value', value: forgotten(ran.right) };
};

/** The text of a reply, and its reasoning. */
export interface Text {
  readonly text: string;
  readonly reasoning: string;
}

const throwFault = (fault: O.Option<Failure>): void => {
  if (O.isSome(fault)) throw new Error(sentence(fault.value));
};

/**
 * The text that the `text` of a stage makes of one that comes in these pieces. Throws an Error where the stage has none, or where
 * the proxy would end the reply since the stage threw or gave nonsense.
 */
export const runText = (given: TestStage, pieces: readonly string[], value: Answered = values.response()): Text => {
  const stage = install(given);
  const { text, fault } = changesBy([placed(stage)], begun(stage, value));
  if (O.isNone(text)) throw missing(stage, 'text');
  const { push, end } = inWholeCharacters(text.value(0));
  const said = [...pieces.flatMap((piece) => push(piece)), ...end()];
  throwFault(fault());
  return { text: textIn(said, 'text'), reasoning: textIn(said, 'reasoning') };
};

/** The JSON that the `json` of a stage makes of that of a whole reply or of one event. Throws like `runText`. */
export const runJson = (given: TestStage, fields: Fields, value: Answered = values.response()): Fields => {
  const stage = install(given);
  const { json, fault } = changesBy([placed(stage)], begun(stage, value));
  if (O.isNone(json)) throw missing(stage, 'json');
  const made = json.value(fields);
  throwFault(fault());
  return JSON.parse(JSON.stringify(made));
};
