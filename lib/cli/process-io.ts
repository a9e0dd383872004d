/** The parts of the process that a command may touch, so that a spec can put others in their place. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Cause } from '../core/thrown.js';
import { hasTerminal, onHangUp } from './hang-up.js';
import { onUncaughtErrors } from './uncaught.js';

export interface ProcessIo {
  readonly pid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The stream of `out`, for a writer that must not wait for the reader. */
  readonly outStream: () => Writable;
  /** True if people read that. */
  readonly isTerminal: boolean;
  /** Resolves at the next request to stop. */
  readonly stopped: () => Promise<void>;
  /** Calls this at each request to read the config again; there is none on Windows. */
  readonly onReload: (listener: () => void) => void;
  /** Calls this, and no earlier listener, with each error that nothing awaits. Undefined: Node reports it. */
  readonly onUncaught: (listener: ((cause: Cause) => void) | undefined) => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  /** Ends the process once everything is written, whatever else keeps it alive. */
  readonly leave: (code: number) => void;
}

const nextSignal = async (): Promise<void> => {
  const ended = new AbortController();
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal, { signal: ended.signal })));
  ended.abort();
};

/** A writer that goes on if the reader has gone (EPIPE). */
const writer = (stream: Writable): ((text: string) => void) => {
  stream.on('error', () => {});
  return (text) => {
    stream.write(text);
  };
};

/** The handle that Node has below a terminal or a pipe, and not below a file. */
interface WithHandle {
  readonly _handle?: { readonly setBlocking: (isBlocking: boolean) => void };
}

/** Node waits for a terminal that is paused (Ctrl-S), on Windows for a pipe too, and has no public way to change it. */
const unblocked = (): Writable => {
  (process.stdout as WithHandle)._handle?.setBlocking(false);
  return process.stdout;
};

const NOBODY = () => {};
let unlisten = NOBODY;
let leavingWith = 0;

/** Resolves once everything is written, or nobody reads it any more. */
const written = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });

export const thisProcess: ProcessIo = {
  pid: process.pid,
  env: process.env,
  out: writer(process.stdout),
  err: writer(process.stderr),
  outStream: unblocked,
  isTerminal: process.stdout.isTTY === true,
  stopped: nextSignal,
  onReload: (reload) =>
    void process.on('SIGHUP', () =>
      onHangUp({
        isTerminal: process.stdout.isTTY === true,
        hasTerminal,
        stop: process.kill.bind(process, process.pid, 'SIGTERM'),
        reload,
      }),
    ),
  onUncaught: (listener) => {
    unlisten();
    unlisten = listener === undefined ? NOBODY : onUncaughtErrors(listener);
  },
  exit: (code) => process.exit(code),
  leave: (code) => {
    // A failure that is reported while it leaves is still one.
    leavingWith ||= code;
    // Node reports what is thrown in promises at the end of a turn.
    setImmediate(async () => {
      await Promise.all([process.stdout, process.stderr].map(written));
      process.exit(leavingWith);
    });
  },
};

/** Exit codes, as sysexits.h numbers them where it does. */
export const EXIT = { ok: 0, crash: 1, usage: 64, unavailable: 69, config: 78 } as const;

/** This package's own. */
export const version = (): string => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};
