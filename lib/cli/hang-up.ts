/** What a SIGHUP means: it asks a service to read its config again, and tells a program that its terminal has closed. */
import { closeSync, openSync } from 'node:fs';

/** Whether the terminal that a process was started from is still there. */
export const hasTerminal = (path = '/dev/tty'): boolean => {
  try {
    closeSync(openSync(path, 'r'));
    return true;
  } catch {
    return false;
  }
};

export interface HangUp {
  /** Whether the process was started from a terminal. */
  readonly isTerminal: boolean;
  readonly hasTerminal: () => boolean;
  readonly stop: () => void;
  readonly reload: () => void;
}

/** A proxy that lived on without its terminal would hold its port, and nobody would know of it. */
export const onHangUp = ({ isTerminal, hasTerminal: isThere, stop, reload }: HangUp): void =>
  isTerminal && !isThere() ? stop() : reload();
