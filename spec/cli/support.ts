/** The command as users run it, in folders of its own, and an upstream that this project did not make. */

import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ProcessIo } from '../../lib/cli/process-io.js';
import type { Cause } from '../../lib/core/thrown.js';
import { type Listening, listen } from '../support/listen.js';

// Specs run in dist/spec/cli.
export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const bin = join(root, 'bin', 'seaking-proxy');

type Env = Readonly<Record<string, string>>;

/** This process's own, without what would choose a config. */
const cleanEnv = (): NodeJS.ProcessEnv => {
  const { SEAKING_CONFIG: _, ...env } = process.env;
  return env;
};

export interface Options {
  readonly cwd?: string;
  readonly env?: Env;
  /** The file to run, in place of `bin/seaking-proxy`. */
  readonly file?: string;
  /** Arguments for Node itself. */
  readonly node?: readonly string[];
  /** How many files it may have open; needs a POSIX shell. */
  readonly openFiles?: number;
}

export interface Child {
  readonly out: () => string;
  readonly err: () => string;
  /** What stdout or stderr matches, once it does; rejects when the process ends first. */
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** The exit code, once all output is there; null where a signal ended it. */
  readonly ended: Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Ends what a failed spec left. */
export const endAll = (): void => {
  for (const child of running) child.kill('SIGKILL');
};

export const startChild = (args: readonly string[], options: Options = {}): Child => {
  const { cwd = tmpdir(), env = {}, file = bin, node = [], openFiles } = options;
  const command = [process.execPath, ...node, file, ...args];
  const limited =
    openFiles === undefined ? command : ['sh', '-c', `ulimit -n ${openFiles} && exec "$0" "$@"`, ...command];
  const child = spawn(limited[0] as string, limited.slice(1), {
    cwd,
    env: { ...cleanEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let [out, err] = ['', ''];
  const bell = new EventEmitter();
  child.stdout.on('data', (piece) => {
    out += piece;
    bell.emit('told');
  });
  child.stderr.on('data', (piece) => {
    err += piece;
    bell.emit('told');
  });
  const ended = once(child, 'close').then(([code]): number | null => {
    running.delete(child);
    return code;
  });
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(out) ?? pattern.exec(err);
      if (found !== null) return found;
      const over = await Promise.race([once(bell, 'told').then(() => false), ended.then(() => true)]);
      if (over && !pattern.test(out) && !pattern.test(err)) throw new Error(`ended before ${pattern}: ${out}${err}`);
    }
  };
  return { out: () => out, err: () => err, until, signal: (name) => void child.kill(name), ended };
};

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs to the end. */
export const run = async (args: readonly string[], options: Options = {}): Promise<Finished> => {
  const child = startChild(args, options);
  const code = await child.ended;
  return { code, out: child.out(), err: child.err() };
};

/** Starts the proxy on a free port; gives the base URL that it tells. */
export const startCommand = async (
  args: readonly string[],
  options: Options = {},
): Promise<{ readonly child: Child; readonly base: string }> => {
  const child = startChild([...args, '--port', '0'], options);
  // Start-up is told whole before anything is asked: to people, or to a machine.
  const [, greeted, logged] = await child.until(
    / URL (http:\S+)\nRetries: .*\n|"event":"started".*"url":"([^"]+)".*\n/,
  );
  const base = greeted ?? logged ?? '';
  return { child, base };
};

const folders: string[] = [];

/** A new folder with these files. */
export const folder = (files: Readonly<Record<string, string>> = {}): string => {
  const path = mkdtempSync(join(tmpdir(), 'seaking-cli-'));
  folders.push(path);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
};

export const removeFolders = (): void => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
};

/** An upstream that answers by hand; its URL is that of its API. */
export const upstream = async (listener: RequestListener): Promise<Listening> => {
  const listening = await listen(createServer(listener));
  return { ...listening, url: `${listening.url}/v1` };
};

const completion = (content: string): object => ({
  id: 'c-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
});

/** A whole chat completion. */
export const completionText = (content: string): string => JSON.stringify(completion(content));

const chunkOf = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: 'c-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** The same, streamed. */
export const streamText = (content: string): string =>
  `${chunkOf({ role: 'assistant', content }, null)}${chunkOf({}, 'stop')}data: [DONE]\n\n`;

/** Asks for a chat completion. */
export const chat = (base: string, fields: object = {}, headers: Env = {}): Promise<Response> =>
  fetch(`${base}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hello' }], ...fields }),
  });

export interface FakeProcessIo extends ProcessIo {
  readonly told: () => string;
  readonly complained: () => string;
  readonly exits: () => readonly number[];
  /** Asks to stop, as a signal does. */
  readonly stop: () => void;
  /** Asks to read the config again. */
  readonly reload: () => void;
  /** Tells it that this was thrown where nobody waits for it. */
  readonly uncaught: (error: Cause) => void;
  /** The codes with which it was to end once all is written. */
  readonly left: () => readonly number[];
}

/** A process that a spec has in its hand. */
export const fakeProcessIo = (env: Env = {}): FakeProcessIo => {
  let [told, complained] = ['', ''];
  const exits: number[] = [];
  const left: number[] = [];
  let uncaught: ((error: Cause) => void) | undefined;
  const waiting: (() => void)[] = [];
  const listeners: (() => void)[] = [];
  return {
    pid: 4321,
    env,
    out: (text) => {
      told += text;
    },
    err: (text) => {
      complained += text;
    },
    outStream: () =>
      new Writable({
        write: (chunk, _encoding, done) => {
          told += chunk;
          done();
        },
      }),
    isTerminal: true,
    stopped: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
    onReload: (listener) => {
      listeners.push(listener);
    },
    onUncaught: (listener) => {
      uncaught = listener;
    },
    exit: (code) => {
      exits.push(code);
    },
    leave: (code) => {
      left.push(code);
    },
    told: () => told,
    complained: () => complained,
    exits: () => exits,
    left: () => left,
    uncaught: (error) => uncaught?.(error),
    stop: () => {
      for (const resolve of waiting.splice(0)) resolve();
    },
    reload: () => {
      for (const listener of listeners) listener();
    },
  };
};
