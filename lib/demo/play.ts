/** Performs a script on a socket. */
import type { Script, Step } from './script.js';

/** A connection, as far as a script needs it. */
export interface Line {
  /** False: the buffer is full, so wait until it drains. */
  readonly send: (bytes: Buffer) => boolean;
  readonly finish: () => void;
  readonly reset: () => void;
  readonly isClosed: () => boolean;
  /** Calls back at the next 'drain' or 'close'; gives a function that stops listening. */
  readonly on: (event: 'drain' | 'close', listener: () => void) => () => void;
}

/** The state of the connection afterwards. */
export type Ending = 'kept' | 'reset_next' | 'closed';

const waitFor = (line: Line, arm: (done: () => void) => () => void): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      disarm();
      ignore();
      resolve();
    };
    const disarm = arm(done);
    const ignore = line.on('close', done);
  });

const arms = {
  drain: (line: Line) => (done: () => void) => line.on('drain', done),
  timer: (ms: number) => (done: () => void) => {
    const timer = setTimeout(done, ms);
    return () => clearTimeout(timer);
  },
  never: () => () => {},
};

/** Undefined: go on with the next step. */
const perform = async (line: Line, step: Step): Promise<Ending | undefined> => {
  switch (step._tag) {
    case 'Send':
      return line.send(step.bytes) ? undefined : waitFor(line, arms.drain(line)).then(() => undefined);
    case 'Pause':
      return waitFor(line, arms.timer(step.ms)).then(() => undefined);
    case 'Hang':
      return waitFor(line, arms.never).then(() => 'closed');
    case 'Finish':
      line.finish();
      return 'closed';
    case 'Reset':
      line.reset();
      return 'closed';
    case 'ResetNext':
      return 'reset_next';
  }
};

/** Ends with the script, or as soon as the client has gone. */
export const play = async (line: Line, script: Script): Promise<Ending> => {
  for (const step of script) {
    if (line.isClosed()) return 'closed';
    const ending = await perform(line, step);
    if (ending !== undefined) return ending;
  }
  return 'kept';
};
