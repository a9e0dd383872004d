/** Finds the stage that an entry means: in the kit, in a file, or in a package. */
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as E from 'fp-ts/lib/Either.js';
import type * as TE from 'fp-ts/lib/TaskEither.js';
import { resolve as resolvePackage } from 'import-meta-resolve';
import { closest } from '../codecs/did-you-mean.js';
import type { OptionsCodec, StageDefinition } from '../core/custom-stage.js';
import type { Failure } from '../core/failure.js';
import { thrown } from '../core/thrown.js';
import { isObject } from '../core/well-formed.js';
import * as face from '../index.js';
import { KIT } from '../kit/index.js';

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

const notFound = (use: string, folder: string): string => {
  const asFile = existsSync(resolve(folder, use)) ? `; the file of that name is ./${use}` : '';
  const meant = closest(use, [...BUILT_IN.keys()]);
  const question = meant === undefined ? '.' : `; did you mean ${meant}?`;
  return `no built-in stage and no package that is installed here has this name${asFile}${question} Built in: ${[...BUILT_IN.keys()].join(', ')}`;
};

const whyUnresolved = (error: unknown, use: string, folder: string): string =>
  (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
    ? 'its package is installed, but exports nothing of this name for an import'
    : notFound(use, folder);

/** `node:fs` and `https://…` can be resolved as well, but there is no file that could be read. */
const onlyFile = (url: string): Result<string> => {
  if (url.startsWith('file:')) return E.right(url);
  return url.startsWith('node:')
    ? E.left('this is a module of Node, not a stage')
    : E.left('a stage is a file or a package, not another URL');
};

/** The URL of the module's file. */
const urlOf = (use: string, folder: string): Result<string> => {
  if (isFile(use)) return E.right(pathToFileURL(resolve(folder, use)).href);
  const url = E.tryCatch(
    () => resolvePackage(use, pathToFileURL(`${folder}/`).href),
    (error) => whyUnresolved(error, use, folder),
  );
  return E.chain(onlyFile)(url);
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
    (code: string) => `the file ${path} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}`,
    (text: string) => `${url}?content=${createHash('sha256').update(text).digest('hex').slice(0, 16)}`,
  )(readText(path));
};

const THIS_PACKAGE =
  'it imports seaking-proxy, which is not installed there; export a function instead: export default ({ defineStage }) => defineStage({ … })';

const described = (error: Error): string => {
  const text = String(error.message).split('\n')[0] as string;
  if (/package 'seaking-proxy'/.test(text)) return THIS_PACKAGE;
  const hint = error instanceof SyntaxError ? '; node --check shows the line' : '';
  return `it cannot be imported: ${thrown(error)}: ${text}${hint}`;
};

/** Errors while a module is loaded hold nothing of a request: there has been none yet. */
const whyNot = (error: unknown): string => (error instanceof Error ? described(error) : 'it cannot be imported');

/** The result of a promise, unless it takes too long or fails. */
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

const isCodec = (options: unknown): options is OptionsCodec<unknown> =>
  isObject(options) && typeof options.decode === 'function';

/** A stage of what a module exports. */
export const definitionIn = (exported: unknown): Result<StageDefinition> => {
  if (!isObject(exported)) {
    return E.left('it must export a stage, or a function that returns one: export default ({ defineStage }) => …');
  }
  const unknown = Object.keys(exported).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) return E.left(`a stage has no ${unknown}; it has ${KEYS.join(', ')}`);
  const { name, options, make } = exported;
  if (typeof name !== 'string' || !NAME.test(name)) {
    return E.left('its name must be of lower-case letters, digits and hyphens');
  }
  if (typeof make !== 'function') return E.left(`${name} must have a function make`);
  const definition = { name, make: (make as StageDefinition['make']).bind(exported) };
  if (options === undefined) return E.right(definition);
  return isCodec(options)
    ? E.right({ ...definition, options })
    : E.left(`the options of ${name} must be a codec, which has a function decode`);
};

/** The export of a module; of CommonJS that was compiled from ES, the export of that. */
const exportOf = ({ default: exported }: { readonly default?: unknown }): unknown =>
  isObject(exported) && exported.__esModule === true ? exported.default : exported;

/** The function that gives the stage, from the exports of a module. */
const giverIn = (module: { readonly default?: unknown }): Result<() => unknown> => {
  const exported = exportOf(module);
  if (isObject(exported) && typeof exported.then === 'function') {
    // Nobody else waits for it.
    Promise.resolve(exported).catch(() => {});
    return E.left('it exports a promise; export a function that returns one: export default async () => …');
  }
  if (typeof exported !== 'function') return E.right(() => exported);
  return /^class\b/.test(Function.prototype.toString.call(exported))
    ? E.left('it exports a class; export an object, or a function that returns one')
    : E.right(() => exported(face));
};

/** Node keeps CommonJS by the name of its file, whatever the query says. */
const required = createRequire(import.meta.url).cache;

/** The number of times that a file with a certain content could not be imported. */
const failures = new Map<string, number>();

const importAnew = async (url: string): Promise<{ readonly default?: unknown }> => {
  delete required[realpathSync(fileURLToPath(url))];
  return import(url);
};

const load = async (url: string, io: ModuleIo): Promise<Result<StageDefinition>> => {
  const failed = failures.get(url) ?? 0;
  // Node keeps also what failed, though the cause may have been outside of the file.
  const imported = await settled(importAnew(failed === 0 ? url : `${url}&again=${failed}`), io);
  if (E.isLeft(imported)) {
    failures.set(url, failed + 1);
    // A file that it imports is not read again once Node has it, whatever was wrong with it.
    return failed === 0 ? imported : E.left(`${imported.left}; a change of what it imports may need a restart`);
  }
  const giver = giverIn(imported.right);
  if (E.isLeft(giver)) return giver;
  const given = await settled(Promise.resolve().then(giver.right), io);
  return E.chain(definitionIn)(given);
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
