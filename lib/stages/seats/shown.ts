/** A value as a stage is shown it, frozen through and through, and what the stage gives back as a value of ours. */
import * as O from 'fp-ts/lib/Option.js';
import { type Body, bytes } from '../../core/exchange.js';
import { freeze } from '../../core/freeze.js';
import { plus } from '../../core/plus.js';
import { ownBytes } from '../../core/well-formed.js';
import { type Message, Shield } from './shield.js';

interface Value {
  readonly request: Message;
  readonly plan?: { readonly outgoing: Message };
  readonly outgoing?: Message;
  readonly reply?: Message;
}

export class Shown<A> {
  readonly value: A;
  readonly #shields: readonly Shield[];

  constructor(value: A, shields: readonly Shield[]) {
    this.value = value;
    this.#shields = shields;
  }

  /**
   * What a stage has put in this place: a body of the value's, or new bytes; none: neither. A stream can only go on where
   * it was.
   */
  bodyIn(given: unknown, place: Body): O.Option<Body> {
    const shield = this.#shields.find(({ shown }) => shown.body === given);
    if (shield === undefined) return O.map(bytes)(ownBytes(given));
    const { body } = shield.message;
    return body._tag === 'Bytes' || body === place ? O.some(body) : O.none;
  }

  /** Whether a stage has looked at bytes. */
  wasSeen(): boolean {
    return this.#shields.some((shield) => shield.wasSeen());
  }

  wasWritten(): boolean {
    return this.#shields.some((shield) => shield.wasWritten());
  }
}

export const show = <A extends Value>(value: A): Shown<A> => {
  const shields: Shield[] = [];
  const shown = <M extends Message>(message: M): M => {
    const known = shields.find((shield) => shield.message === message) ?? new Shield(message);
    shields.push(known);
    // It was made of this message.
    return known.shown as M;
  };
  const { request, plan, outgoing, reply } = value;
  const changes: { -readonly [K in keyof Value]?: unknown } = { request: shown(request) };
  if (plan !== undefined) changes.plan = plus(plan, { outgoing: shown(plan.outgoing) });
  if (outgoing !== undefined) changes.outgoing = shown(outgoing);
  if (reply !== undefined) changes.reply = shown(reply);
  return new Shown(freeze(plus(value, changes)), shields);
};
