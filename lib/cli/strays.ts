/** Errors that nobody waits for: thrown in a timer of a stage's, or in a promise that it forgot. */
import { fileURLToPath } from 'node:url';
import { framesOf, thrown } from '../core/thrown.js';

/** Compiled, and as source maps name it. */
const LIB = ['../', '../../../lib/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** The packages that it is made of: its dependencies and theirs, but for those that are only types. */
export const PARTS: readonly string[] = [
  '@pinojs/redact',
  'atomic-sleep',
  'eventemitter3',
  'follow-redirects',
  'fp-ts',
  'http-proxy',
  'import-meta-resolve',
  'io-ts',
  'on-exit-leak-free',
  'pino',
  'pino-abstract-transport',
  'pino-std-serializers',
  'process-warning',
  'quick-format-unescaped',
  're2js',
  'real-require',
  'requires-port',
  'safe-stable-stringify',
  'sonic-boom',
  'split2',
  'thread-stream',
  'yaml',
];

/** The files of the calls that led to an error; not of those that only wait for what does. */
const filesOf = (error: Error): readonly string[] =>
  [...framesOf(error).matchAll(/^ +at (?!async )(?:.* \()?((?:file:\/\/|\/|[A-Z]:\\).*):\d+:\d+\)?$/gm)].map(
    ([, file]) => ((file as string).startsWith('file:') ? fileURLToPath(file as string) : (file as string)),
  );

const isOwn = (file: string): boolean => LIB.some((folder) => file.startsWith(folder));

/** The innermost package that a file is of; none: it is in no package. */
const packageOf = (file: string): string | undefined =>
  /^.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(file)?.[1]?.replace('\\', '/');

const isPartOfIt = (file: string): boolean => isOwn(file) || PARTS.includes(packageOf(file) ?? '');

/**
 * Whether the proxy itself threw it: its own calls led there, or those of what it is made of, and none of anybody else.
 * An error of Node's own, as of a socket without a listener, names no file; the proxy listens to all of its sockets.
 */
const isOurs = (error: unknown): boolean => {
  try {
    const files = error instanceof Error ? filesOf(error) : [];
    return files.some(isOwn) && files.every(isPartOfIt);
  } catch {
    // Even a look at it throws: that is none of ours.
    return false;
  }
};

/** Each takes what was thrown, in words that hold nothing of a request. */
export interface Strays {
  readonly tell: (what: string) => void;
  /** Must end the process. */
  readonly end: (what: string) => void;
}

/**
 * Watches this process for them, until the function that it gives is called.
 *
 * Node would end the process, with the error's message, in which a prompt may stand. A promise that nobody waits for has
 * interrupted nobody. An exception has interrupted what Node had called: where that was a stage's, nothing of the proxy's
 * is left half done, and no stage shall end it. Where it was the proxy's own, nobody knows what is, and Node is right.
 */
export const watchStrays = ({ tell, end }: Strays): (() => void) => {
  const rejected = (error: unknown) => tell(thrown(error));
  const uncaught = (error: unknown) => (isOurs(error) ? end : tell)(thrown(error));
  process.on('unhandledRejection', rejected).on('uncaughtException', uncaught);
  return () => {
    process.off('unhandledRejection', rejected).off('uncaughtException', uncaught);
  };
};
