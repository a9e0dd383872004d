/**
 * A message as a stage may see it. The bytes of its body cannot be frozen: who looks at them gets a copy, and a stage that
 * writes into it is found out. What only the edge may use, the ticket and the means to go on, is not shown.
 * Classes, since closures and object literals with getters would cost more than most stages.
 */
import * as O from 'fp-ts/lib/Option.js';
import type { Body, Bytes, Held } from '../../core/exchange.js';
import { freeze } from '../../core/freeze.js';
import { plus } from '../../core/plus.js';

const NONE: O.Option<never> = freeze({ ...O.none });

/** Stands for nothing, so that nobody can redeem it. */
const NO_TICKET: Held['ticket'] = freeze({ _tag: 'Ticket' });

/** What has a body, wherever it stands in a value. */
export interface Message {
  readonly body: Body;
}

export class Shield<M extends Message = Message> {
  readonly message: M;
  /** The message as it is shown. */
  readonly shown: M;
  #copy: Buffer | undefined;

  constructor(message: M) {
    const { body } = message;
    this.message = message;
    this.shown = freeze(
      plus(message, { body: body._tag === 'Bytes' ? new ShownBytes(this) : new ShownHeld(this, body) }),
    );
  }

  get #original(): Buffer {
    const { body } = this.message;
    return body._tag === 'Bytes' ? body.bytes : body.peek;
  }

  look(): Buffer {
    this.#copy ??= Buffer.from(this.#original);
    return this.#copy;
  }

  /** Whether anybody has looked at the bytes. */
  wasSeen(): boolean {
    return this.#copy !== undefined;
  }

  /** Whether what was shown is no longer what the bytes are. */
  wasWritten(): boolean {
    return this.#copy !== undefined && !this.#copy.equals(this.#original);
  }
}

class ShownBytes implements Bytes {
  readonly _tag = 'Bytes';
  readonly #shield: Shield;

  constructor(shield: Shield) {
    this.#shield = shield;
    Object.freeze(this);
  }

  get bytes(): Buffer {
    return this.#shield.look();
  }
}

class ShownHeld implements Held {
  readonly _tag = 'Held';
  readonly ticket = NO_TICKET;
  readonly length: Held['length'];
  readonly lastWords = NONE;
  readonly resume = NONE;
  readonly rewrite = NONE;
  readonly #shield: Shield;

  constructor(shield: Shield, { length }: Held) {
    this.length = freeze(length);
    this.#shield = shield;
    Object.freeze(this);
  }

  get peek(): Buffer {
    return this.#shield.look();
  }
}
