/** A config file, or a bare URL, as settings. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { InstalledStage } from '../core/custom-stage.js';
import type { Settings } from '../core/settings.js';
import { type Document, parse } from './document.js';
import { type Env, interpolate } from './environment.js';
import { type Finding, type Path, type Problem, problem } from './report.js';
import { type ReadSecret, settle, type Unread } from './resolve.js';
import { namedIn } from './stage-entry.js';
import { type InstallIo, installStages } from './stage-install.js';

interface Source {
  /** The name of the text's file in problems. */
  readonly file: string;
  readonly env: Env;
  readonly readSecret: ReadSecret;
}

export interface Io extends Omit<InstallIo, 'folder'> {
  readonly env: Env;
}

/** Reads a file of the system's; see `Io`. */
export const readText: Io['readText'] = (path) =>
  E.tryCatch(
    () => readFileSync(path, 'utf8'),
    (error) => String((error as NodeJS.ErrnoException).code),
  );

const WHY_UNREAD: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EISDIR: 'is a folder',
};

/** UTF-16 with its mark, and without, read as UTF-8. Windows PowerShell writes it, where the output goes to a file. */
const UTF_16 = /^\ufffd\ufffd|\0/;

/** The text of a file, or its whole path and why it has none. */
const textOf = (readFile: Io['readText'], path: string): E.Either<Unread, string> => {
  const text = readFile(path);
  if (E.isLeft(text)) return E.left({ path, why: WHY_UNREAD[text.left] ?? `cannot be read (${text.left})` });
  return UTF_16.test(text.right) ? E.left({ path, why: 'is written in UTF-16; save it as UTF-8' }) : text;
};

/** The content of a text, as far as it can be read. */
interface Read {
  readonly document: Document;
  readonly tree: Readonly<Record<string, unknown>>;
  /** Texts whose variables could not be filled in. */
  readonly unfilled: readonly Path[];
  readonly settings: E.Either<readonly Finding[], Settings>;
}

const read = (text: string, source: Source): E.Either<readonly Problem[], Read> =>
  E.map((document: Document): Read => {
    const { value, missing } = interpolate(document.value, source.env);
    const unfilled = missing.map(({ path }) => path);
    return { document, tree: value, unfilled, settings: settle(value, source.readSecret, missing) };
  })(parse(text, source.file));

const placed =
  ({ document }: Read) =>
  (findings: readonly Finding[]): readonly Problem[] =>
    findings.map((finding) => problem(O.some(document.place(finding)), finding.path, finding.says));

/** The settings that a config's text means, or every problem with it. Its stages are not looked for. */
export const decode = (text: string, source: Source): E.Either<readonly Problem[], Settings> =>
  E.chain((found: Read) => E.mapLeft(placed(found))(found.settings))(read(text, source));

/** A file must name its upstream: only who asks for the demo is to get it. */
const namesNoUpstream = ({ target_proxy: target }: Read['tree']): boolean =>
  target === undefined || target === null || (t.UnknownRecord.is(target) && (target.url ?? null) === null);

const NO_UPSTREAM = 'expected the base URL of the upstream, or the word demo for the one that comes with the proxy';

/** Settings, and the stages that they name. */
export interface Loaded {
  readonly settings: Settings;
  readonly stages: readonly InstalledStage[];
  /** The whole path of the file that says so; undefined: none does. */
  readonly file?: string;
  /** True if the upstream is the one that comes with the proxy, whose URL stands in the settings then. */
  readonly isDemo?: boolean;
}

const problemsIn = (result: E.Either<readonly Problem[], unknown>): readonly Problem[] =>
  E.isLeft(result) ? result.left : [];

const isWithin = (path: Path, outer: Path): boolean => outer.every((key, i) => path[i] === key);

/** The stages of what was read. A text that is not filled in is reported itself, and not what it may have caused. */
const install = async (
  { tree, unfilled }: Read,
  io: InstallIo,
): Promise<E.Either<readonly Finding[], readonly InstalledStage[]>> => {
  const isCaused = (path: Path): boolean => unfilled.some((each) => isWithin(each, path));
  const entries = namedIn(tree.stages).filter(({ at }) => !isCaused(['stages', String(at), 'use']));
  const installed = await installStages(entries, io);
  return E.mapLeft((found: readonly Finding[]) => found.filter(({ path, at }) => at === 'key' || !isCaused(path)))(
    installed,
  );
};

const checked =
  (check: (settings: Settings) => readonly Finding[]) =>
  (settings: Settings): E.Either<readonly Finding[], Settings> => {
    const found = check(settings);
    return found.length === 0 ? E.right(settings) : E.left(found);
  };

/** The settings and stages of a file, or every problem with it. Names of files are relative to its folder. `check`: finds more. */
export const load = async (
  path: string,
  io: Io,
  check: (settings: Settings) => readonly Finding[] = () => [],
): Promise<E.Either<readonly Problem[], Loaded>> => {
  const text = textOf(io.readText, resolve(path));
  if (E.isLeft(text)) return E.left([problem(O.none, [], `${text.left.path} ${text.left.why}`)]);
  const folder = resolve(dirname(path));
  const readSecret: ReadSecret = (name) => textOf(io.readText, resolve(folder, name));
  const found = read(text.right, { file: path, env: io.env, readSecret });
  if (E.isLeft(found)) return found;
  const settings = E.mapLeft(placed(found.right))(E.chain(checked(check))(found.right.settings));
  const upstream = namesNoUpstream(found.right.tree)
    ? E.left([problem(O.some({ file: path, line: 1, column: 1 }), ['target_proxy', 'url'], NO_UPSTREAM)])
    : E.right(undefined);
  const stages = E.mapLeft(placed(found.right))(await install(found.right, { ...io, folder }));
  return E.isRight(settings) && E.isRight(upstream) && E.isRight(stages)
    ? E.right({ settings: settings.right, stages: stages.right, file: resolve(path) })
    : E.left([settings, upstream, stages].flatMap(problemsIn));
};

/** Defaults, for a target's URL alone. `check`: what else may be wrong. */
export const settingsFor = (
  url: string,
  check: (settings: Settings) => readonly Finding[] = () => [],
): E.Either<Problem, Settings> =>
  E.mapLeft((findings: readonly Finding[]) =>
    problem(O.none, ['--target'], findings.map(({ says }) => says).join('; ')),
  )(E.chain(checked(check))(settle({ target_proxy: { url } }, (path) => textOf(readText, path))));
