/** The memory that bodies take, of requests and of replies that are held: counted while they live, and limited. */
import type { Failure } from '../core/failure.js';

/** The memory that all requests hold together. */
export interface Ledger {
  heldBytes: number;
}

/** The part of one request. All of it is given back at its end: until then something may refer to what it holds. */
export interface Account {
  /** Counts more bytes; false, and nothing is counted, where that would be too much. One request is always let in. */
  readonly take: (bytes: number) => boolean;
  /** Another reply is read: what was held of the one before is given up. */
  readonly beginReply: () => void;
  readonly giveBack: () => void;
}

/** So much of a reply is always let in: its work is done, and may be billed, and most replies are not longer. */
const LITTLE_BYTES = 64 * 1024;

const RETRY_AFTER_MS = 1000;

/** The end of a request that would need more. */
export const NO_MEMORY: Failure = { _tag: 'Shedding', limit: 'server.held_bytes', retryAfterMs: RETRY_AFTER_MS };

export const openAccount = (ledger: Ledger, limitBytes: number): Account => {
  let own = 0;
  let ofReply: number | undefined;
  const giveUp = (bytes: number) => {
    own -= bytes;
    ledger.heldBytes -= bytes;
  };
  return {
    take: (bytes) => {
      const others = ledger.heldBytes - own;
      const isLittle = ofReply !== undefined && ofReply + bytes <= LITTLE_BYTES;
      if (others > 0 && ledger.heldBytes + bytes > limitBytes && !isLittle) return false;
      own += bytes;
      ledger.heldBytes += bytes;
      if (ofReply !== undefined) ofReply += bytes;
      return true;
    },
    beginReply: () => {
      giveUp(ofReply ?? 0);
      ofReply = 0;
    },
    giveBack: () => {
      giveUp(own);
      ofReply = 0;
    },
  };
};

/** For work that belongs to no request. */
const UNLIMITED: Account = { take: () => true, beginReply: () => {}, giveBack: () => {} };

/** The signal of a request goes with it through all of its life. */
const accounts = new WeakMap<AbortSignal, Account>();

export const openAccountOf = (signal: AbortSignal, ledger: Ledger, limitBytes: number): Account => {
  const account = openAccount(ledger, limitBytes);
  accounts.set(signal, account);
  return account;
};

export const accountOf = (signal: AbortSignal | undefined): Account => (signal && accounts.get(signal)) ?? UNLIMITED;
