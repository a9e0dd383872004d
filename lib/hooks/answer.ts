/** Reads the answer of a hook: the value, a reply, or an objection; anything else is a fault of the stage. */
import * as E from 'fp-ts/lib/Either.js';
import type { Early } from '../core/custom-stage.js';
import type { Decoded } from '../core/exchange.js';
import type { Failure, Unwanted } from '../core/failure.js';
import { isObject, isObjection } from '../core/well-formed.js';
import { call, type HookDeps, type Soon } from './call.js';
import { type Change, replyIn } from './changes.js';
import { fault } from './fault.js';
import type { Placed } from './memory.js';

/** The hooks that give a value. */
export type ValueHook = 'request' | 'attempt' | 'reply' | 'response' | 'failure';

/** The result of a hook. */
export type Made<A> = E.Either<Failure, A | Early>;

/** The answers that a hook may give in place of its value. */
const MAY: Readonly<Record<ValueHook, readonly unknown[]>> = {
  request: ['Early', 'Refused'],
  attempt: [],
  reply: ['Refused', 'Unwanted'],
  response: [],
  failure: ['Early', 'Refused'],
};

const DID: ReadonlyMap<unknown, string> = new Map([
  ['Early', 'answered'],
  ['Refused', 'refused'],
  ['Unwanted', 'asked for another try'],
]);

export const isEarly = <A extends object>(made: A | Early): made is Early => '_tag' in made && made._tag === 'Early';

/** A function that calls a hook of a stage, and takes of its answer what takes effect. */
export const calling = <A extends Decoded>(
  deps: HookDeps,
  hook: ValueHook,
  change: Change<A>,
): ((stage: Placed, e: A) => Soon<Made<A>>) => {
  const read = (stage: Placed, e: A, given: unknown): Made<A> => {
    // Most stages only look.
    if (given === e) return E.right(e);
    const wrong = (how: string) => fault(stage, hook, how);
    if (!isObject(given)) return wrong('returned no value');
    if (given._tag === 'Right') return read(stage, e, given.right);
    const other = given._tag === 'Left' ? given.left : given;
    const tag = isObject(other) ? other._tag : undefined;
    const did = DID.get(tag);
    if (did !== undefined && !MAY[hook].includes(tag)) return wrong(`${did}, which this hook cannot do,`);
    if (given._tag === 'Left') {
      return isObjection(other)
        ? E.left({ ...(other as Unwanted), stage: stage.label })
        : wrong('returned a failure that neither refuse nor tryAgain makes');
    }
    if (tag === 'Early') {
      const reply = replyIn(given.reply);
      return E.isLeft(reply) ? wrong(`answered with ${reply.left}`) : E.right({ _tag: 'Early', reply: reply.right });
    }
    const made = change(e, given);
    return E.isLeft(made) ? wrong(`returned ${made.left}`) : made;
  };
  return (stage, e) => call(deps, stage, hook, e, read);
};
