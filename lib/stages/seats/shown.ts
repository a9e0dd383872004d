/** A value as a stage is shown it, and what the stage gives back as a value of ours. */
import * as O from 'fp-ts/lib/Option.js';
import { type Body, bytes } from '../../core/exchange.js';
import { freeze } from '../../core/freeze.js';
import { isBytes } from '../../core/well-formed.js';
import { type Shield, shield } from './shield.js';

/** What has a body, wherever it stands in a value. */
interface Message {
  readonly body: Body;
}

interface Value {
  readonly request: Message;
  readonly plan?: { readonly outgoing: Message };
  readonly outgoing?: Message;
  readonly reply?: Message;
}

export interface Shown<A> {
  readonly value: A;
  /** The body that a shown one stands for, or new bytes; none: neither. */
  readonly bodyOf: (given: unknown) => O.Option<Body>;
  readonly wasWritten: () => boolean;
}

export const show = <A extends Value>(value: A): Shown<A> => {
  const shields = new Map<Body, Shield>();
  const originals = new Map<unknown, Body>();
  const shielded = <M extends Message>(message: M): M => {
    const known = shields.get(message.body) ?? shield(message.body);
    shields.set(message.body, known);
    originals.set(known.shown, message.body);
    return { ...message, body: known.shown };
  };
  const { request, plan, outgoing, reply } = value;
  const shown = freeze({
    ...value,
    request: shielded(request),
    ...(plan === undefined ? {} : { plan: { ...plan, outgoing: shielded(plan.outgoing) } }),
    ...(outgoing === undefined ? {} : { outgoing: shielded(outgoing) }),
    ...(reply === undefined ? {} : { reply: shielded(reply) }),
  });
  return {
    value: shown,
    bodyOf: (given) => {
      const original = originals.get(given);
      if (original !== undefined) return O.some(original);
      return isBytes(given) ? O.some(bytes(given.bytes)) : O.none;
    },
    wasWritten: () => [...shields.values()].some(({ wasWritten }) => wasWritten()),
  };
};
