/** Finds the stage that an entry means: in the kit, in a file, or in a package. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { extname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as E from 'fp-ts/lib/Either.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import { resolve as resolvePackage } from 'import-meta-resolve';
import { closest } from '../codecs/likeness.js';
import type { StageDefinition } from '../core/custom-stage.js';
import type { Failure } from '../core/failure.js';
import { thrown } from '../core/thrown.js';
import { isObject } from '../core/well-formed.js';
import * as face from '../index.js';
import { KIT } from '../stages/kit/index.js';

export interface ModuleIo {
  /** The folder that files and packages are looked for from. */
  readonly folder: string;
  /** The content of a file; the left is the system's error code. */
  readonly readText: (path: string) => E.Either<string, string>;
  /** Ends early when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => TE.TaskEither<Failure, void>;
}

/** A stage, and where it comes from. */
export interface Found {
  readonly definition: StageDefinition;
  /** The URL of its file, without a query; the name, where it is built in. */
  readonly origin: string;
}

type Result<A> = E.Either<string, A>;

const IMPORT_MS = 10_000;

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

const BUILT_IN = new Map(KIT.map(({ definition }) => [definition.name, definition]));

const isFile = (use: string): boolean => /^\.{0,2}[/\\]/.test(use) || isAbsolute(use);

/** The URL of the module. */
const urlOf = (use: string, folder: string): Result<string> => {
  if (isFile(use)) return E.right(pathToFileURL(resolve(folder, use)).href);
  return E.tryCatch(
    () => resolvePackage(use, pathToFileURL(`${folder}/`).href),
    () => {
      const meant = closest(use, [...BUILT_IN.keys()]);
      const question = meant === undefined ? '' : `; did you mean ${meant}?`;
      const asFile = existsSync(resolve(folder, use)) ? `; the file of that name is ./${use}` : '';
      return `no built-in stage and no package that is installed here has this name${question}${asFile}. Built in: ${[...BUILT_IN.keys()].join(', ')}`;
    },
  );
};

/** Node strips types since 22.18. */
const readsTypes = (): boolean => Boolean((process.features as { readonly typescript?: unknown }).typescript);

const TYPED: ReadonlySet<string> = new Set(['.ts', '.mts', '.cts']);

/** The URL with its content in it, so that a changed file is another module: Node reads each URL once. */
const fresh = (url: string, readText: ModuleIo['readText']): Result<string> => {
  const path = fileURLToPath(url);
  if (TYPED.has(extname(path)) && !readsTypes()) {
    return E.left(`a .ts file needs Node 22.18 or newer, and this is ${process.version}; compile it to .js`);
  }
  return E.bimap(
    (code: string) => `the file cannot be read (${code})`,
    (text: string) => `${url}?content=${createHash('sha256').update(text).digest('hex').slice(0, 16)}`,
  )(readText(path));
};

const THIS_PACKAGE =
  'it imports seaking-proxy, which is not installed there; export a function instead: export default ({ defineStage }) => defineStage({ … })';

/** Errors while a module is loaded hold nothing of a request: there has been none yet. */
const whyNot = (error: unknown): string => {
  if (!(error instanceof Error)) return 'it cannot be imported';
  const text = error.message.split('\n')[0] as string;
  if (/package 'seaking-proxy'/.test(text)) return THIS_PACKAGE;
  const hint = error instanceof SyntaxError ? '; node --check tells the line' : '';
  return `it cannot be imported: ${thrown(error)}: ${text}${hint}`;
};

/** What is awaited, unless it takes too long or fails. */
const settled = async <A>(pending: Promise<A>, { sleep }: ModuleIo): Promise<Result<A>> => {
  const timer = new AbortController();
  const late = sleep(IMPORT_MS, timer.signal)().then(
    (): Result<A> => E.left(`it is not loaded after ${IMPORT_MS / 1000} s`),
  );
  const loaded = pending.then(
    (value): Result<A> => E.right(value),
    (error): Result<A> => E.left(whyNot(error)),
  );
  const first = await Promise.race([loaded, late]);
  timer.abort();
  return first;
};

const KEYS = ['name', 'options', 'make'];

/** Whether what a module exports is a stage. */
export const definitionIn = (exported: unknown): Result<StageDefinition> => {
  if (!isObject(exported)) {
    return E.left('it must export a stage, or a function that gives one: export default ({ defineStage }) => …');
  }
  const { name, options, make } = exported;
  const unknown = Object.keys(exported).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) return E.left(`a stage has no ${unknown}; it has ${KEYS.join(', ')}`);
  if (typeof name !== 'string' || !NAME.test(name)) {
    return E.left('its name must be of lower-case letters, digits and hyphens');
  }
  if (typeof make !== 'function') return E.left(`${name} must have a function make`);
  if (options !== undefined && !(isObject(options) && typeof options.decode === 'function')) {
    return E.left(`the options of ${name} must be a codec, which has a function decode`);
  }
  return E.right(exported as unknown as StageDefinition);
};

const load = async (url: string, io: ModuleIo): Promise<Result<StageDefinition>> => {
  const imported = await settled<unknown>(import(url), io);
  if (E.isLeft(imported)) return imported;
  const { default: exported } = imported.right as { readonly default?: unknown };
  if (typeof exported !== 'function') return definitionIn(exported);
  const made = await settled<unknown>(
    Promise.resolve().then(() => exported(face)),
    io,
  );
  return E.chain(definitionIn)(made);
};

/** The stage that `use` means; the left says why there is none. */
export const find = async (use: string, io: ModuleIo): Promise<Result<Found>> => {
  const known = BUILT_IN.get(use);
  if (known !== undefined) return E.right({ definition: known, origin: use });
  const url = urlOf(use, io.folder);
  if (E.isLeft(url)) return url;
  const versioned = fresh(url.right, io.readText);
  if (E.isLeft(versioned)) return versioned;
  const definition = await load(versioned.right, io);
  return E.chain(
    (found: StageDefinition): Result<Found> =>
      BUILT_IN.has(found.name)
        ? E.left(`its name is that of a built-in stage: ${found.name}`)
        : E.right({ definition: found, origin: url.right }),
  )(definition);
};
