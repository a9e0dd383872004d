/** What a command may touch of the process that it runs in, so that a spec can put another in its place. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Cause } from '../core/thrown.js';
import { hasTerminal, onHangUp } from './hang-up.js';
import { watchUncaught } from './uncaught.js';

export interface ProcessIo {
  readonly pid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Where `out` goes, for one who writes much and must not wait for the reader. */
  readonly outStream: () => Writable;
  /** Whether people read that. */
  readonly isTerminal: boolean;
  /** Resolves at the next request to stop. */
  readonly stopped: () => Promise<void>;
  /** Calls this at each request to read the config again; there is none on Windows. */
  readonly onReload: (listener: () => void) => void;
  /** Calls this, in place of what it was given before, with each error that nobody waits for. Undefined: Node tells it. */
  readonly onUncaught: (listener: ((cause: Cause) => void) | undefined) => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  /** Ends the process once all that was told is written, whatever else there is that keeps it alive. */
  readonly leave: (code: number) => void;
}

const nextSignal = async (): Promise<void> => {
  const ended = new AbortController();
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal, { signal: ended.signal })));
  ended.abort();
};

/** Where the reader has gone (EPIPE), the work goes on. */
const writer = (stream: Writable): ((text: string) => void) => {
  stream.on('error', () => {});
  return (text) => {
    stream.write(text);
  };
};

/** What Node has below a terminal or a pipe, and not below a file. */
interface WithHandle {
  readonly _handle?: { readonly setBlocking: (isBlocking: boolean) => void };
}

/** Node waits for a terminal that is paused (Ctrl-S), on Windows for a pipe too, and has no public way to change it. */
const unblocked = (): Writable => {
  (process.stdout as WithHandle)._handle?.setBlocking(false);
  return process.stdout;
};

const NOBODY = () => {};
let unwatch = NOBODY;
let leavingWith = 0;

/** Also where nobody reads it any more. */
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
    unwatch();
    unwatch = listener === undefined ? NOBODY : watchUncaught(listener);
  },
  exit: (code) => process.exit(code),
  leave: (code) => {
    // A failure that is told while it leaves is still one.
    leavingWith ||= code;
    // Node tells what is thrown in promises at the end of a turn.
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
