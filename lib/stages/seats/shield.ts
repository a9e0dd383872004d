/**
 * What a stage is shown: frozen through and through. Bytes cannot be frozen: a stage gets a copy of those that it looks
 * at, and one that writes into its copy is found out.
 */
import type { Body, Bytes } from '../../core/exchange.js';
import { freeze } from '../../core/freeze.js';

export interface Shield {
  readonly shown: Body;
  /** Whether the stage has written into what it was shown. */
  readonly wasWritten: () => boolean;
}

/** A body whose bytes are copied for the first one who looks at them. */
export const shield = (body: Body): Shield => {
  const field = body._tag === 'Bytes' ? 'bytes' : 'peek';
  const original = body._tag === 'Bytes' ? body.bytes : body.peek;
  let copy: Buffer | undefined;
  const look = (): Buffer => {
    copy ??= Buffer.from(original);
    return copy;
  };
  const { [field as 'bytes']: _, ...rest } = body as Bytes;
  freeze(rest);
  const shown = Object.freeze(Object.defineProperty({ ...body }, field, { get: look, enumerable: true }));
  return { shown, wasWritten: () => copy !== undefined && !copy.equals(original) };
};
