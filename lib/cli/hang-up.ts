/** The two meanings of a SIGHUP: a service should read its config again; the terminal of a program has closed. */
import { closeSync, openSync } from 'node:fs';

/** True if the terminal that a process was started from is still there. */
export const hasTerminal = (path = '/dev/tty'): boolean => {
  try {
    closeSync(openSync(path, 'r'));
    return true;
  } catch {
    return false;
  }
};

export interface HangUp {
  /** True if the process was started from a terminal. */
  readonly isTerminal: boolean;
  readonly hasTerminal: () => boolean;
  readonly stop: () => void;
  readonly reload: () => void;
}

/** A proxy that lived on without its terminal would hold its port, and nobody would know of it. */
export const onHangUp = ({ isTerminal, hasTerminal: isThere, stop, reload }: HangUp): void =>
  isTerminal && !isThere() ? stop() : reload();
