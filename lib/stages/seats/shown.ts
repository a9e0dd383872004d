/** A value as a stage is shown it, frozen through and through, and what the stage gives back as a value of ours. */
import * as O from 'fp-ts/lib/Option.js';
import { type Body, bytes } from '../../core/exchange.js';
import { freeze } from '../../core/freeze.js';
import { isBytes } from '../../core/well-formed.js';
import { type Shield, shield } from './shield.js';

/** What has a body, wherever it stands in a value. */
interface Message {
  readonly body: Body;
}

interface Plan {
  readonly outgoing: Message;
}

interface Value {
  readonly request: Message;
  readonly plan?: Plan;
  readonly outgoing?: Message;
  readonly reply?: Message;
}

export interface Shown<A> {
  readonly value: A;
  /** The body that a shown one stands for, or new bytes; none: neither. */
  readonly bodyOf: (given: unknown) => O.Option<Body>;
  readonly wasWritten: () => boolean;
}

interface Cover extends Shield {
  readonly original: Body;
  readonly message: Message;
}

/** The same message, and the same plan, pass many seats: they are covered once. */
const covers = new WeakMap<Message, Cover>();
const plans = new WeakMap<Plan, Plan>();

const coverOf = (message: Message): Cover => {
  const known = covers.get(message);
  if (known !== undefined) return known;
  const { shown, wasWritten } = shield(message.body);
  const cover = { shown, wasWritten, original: message.body, message: freeze({ ...message, body: shown }) };
  covers.set(message, cover);
  return cover;
};

const planOf = (plan: Plan): Plan => {
  const known = plans.get(plan);
  if (known !== undefined) return known;
  const shown = freeze({ ...plan, outgoing: coverOf(plan.outgoing).message });
  plans.set(plan, shown);
  return shown;
};

export const show = <A extends Value>(value: A): Shown<A> => {
  const { request, plan, outgoing, reply } = value;
  const covered: Cover[] = [];
  const cover = (message: Message): Message => {
    const found = coverOf(message);
    covered.push(found);
    return found.message;
  };
  const shown: Partial<Record<keyof Value, unknown>> = { ...value, request: cover(request) };
  if (plan !== undefined) {
    shown.plan = planOf(plan);
    cover(plan.outgoing);
  }
  if (outgoing !== undefined) shown.outgoing = cover(outgoing);
  if (reply !== undefined) shown.reply = cover(reply);
  return {
    // The same fields, of the same types.
    value: freeze(shown) as unknown as A,
    bodyOf: (given) => {
      const found = covered.find((each) => each.shown === given);
      if (found !== undefined) return O.some(found.original);
      const copy: unknown = { ...(given as object) };
      return isBytes(copy) ? O.some(bytes(copy.bytes)) : O.none;
    },
    wasWritten: () => covered.some(({ wasWritten }) => wasWritten()),
  };
};
