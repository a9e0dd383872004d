/**
 * Bytes cannot be frozen: a stage gets a copy of those that it looks at, and one that writes into its copy is found out.
 * Getters of a class, since a closure or a getter for each body would cost more than most stages.
 */
import type { Body, Bytes, Held } from '../../core/exchange.js';

class Copy {
  readonly #original: Buffer;
  #copy: Buffer | undefined;

  constructor(original: Buffer) {
    this.#original = original;
  }

  look(): Buffer {
    this.#copy ??= Buffer.from(this.#original);
    return this.#copy;
  }

  wasWritten(): boolean {
    return this.#copy !== undefined && !this.#copy.equals(this.#original);
  }
}

class ShownBytes implements Bytes {
  readonly _tag = 'Bytes';
  readonly #copy: Copy;

  constructor(copy: Copy) {
    this.#copy = copy;
    Object.freeze(this);
  }

  get bytes(): Buffer {
    return this.#copy.look();
  }
}

class ShownHeld implements Held {
  readonly _tag = 'Held';
  readonly ticket: Held['ticket'];
  readonly length: Held['length'];
  readonly lastWords: Held['lastWords'];
  readonly resume: Held['resume'];
  readonly rewrite: Held['rewrite'];
  readonly #copy: Copy;

  constructor({ ticket, length, lastWords, resume, rewrite }: Held, copy: Copy) {
    this.ticket = Object.freeze(ticket);
    this.length = Object.freeze(length);
    this.lastWords = Object.freeze(lastWords);
    this.resume = Object.freeze(resume);
    this.rewrite = Object.freeze(rewrite);
    this.#copy = copy;
    Object.freeze(this);
  }

  get peek(): Buffer {
    return this.#copy.look();
  }
}

export interface Shield {
  readonly shown: Body;
  /** Whether a stage has written into what it was shown. */
  readonly wasWritten: () => boolean;
}

/** A body whose bytes are copied for the first one who looks at them. */
export const shield = (body: Body): Shield => {
  const copy = new Copy(body._tag === 'Bytes' ? body.bytes : body.peek);
  const shown = body._tag === 'Bytes' ? new ShownBytes(copy) : new ShownHeld(body, copy);
  return { shown, wasWritten: () => copy.wasWritten() };
};
