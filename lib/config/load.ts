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
import { type ReadSecret, settle } from './settlement.js';
import { namedIn } from './stage-entry.js';
import { type InstallIo, installStages } from './stage-install.js';

interface Source {
  /** What problems call the text's file. */
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

/** What a text says, as far as it can be read. */
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
}

const problemsIn = (result: E.Either<readonly Problem[], unknown>): readonly Problem[] =>
  E.isLeft(result) ? result.left : [];

const isWithin = (path: Path, outer: Path): boolean => outer.every((key, i) => path[i] === key);

/** The stages of what was read. What a text that is not filled in may have caused is not told: the text itself is. */
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

/** What a file says, with its stages, or every problem with it. Files that it names are relative to its folder. */
export const load = async (path: string, io: Io): Promise<E.Either<readonly Problem[], Loaded>> => {
  const text = io.readText(path);
  if (E.isLeft(text)) return E.left([problem(O.none, [], `${path} cannot be read (${text.left})`)]);
  const folder = resolve(dirname(path));
  const readSecret: ReadSecret = (name) => io.readText(resolve(folder, name));
  const found = read(text.right, { file: path, env: io.env, readSecret });
  if (E.isLeft(found)) return found;
  const settings = E.mapLeft(placed(found.right))(found.right.settings);
  const upstream = namesNoUpstream(found.right.tree)
    ? E.left([problem(O.some({ file: path, line: 1, column: 1 }), ['target_proxy', 'url'], NO_UPSTREAM)])
    : E.right(undefined);
  const stages = E.mapLeft(placed(found.right))(await install(found.right, { ...io, folder }));
  return E.isRight(settings) && E.isRight(upstream) && E.isRight(stages)
    ? E.right({ settings: settings.right, stages: stages.right })
    : E.left([settings, upstream, stages].flatMap(problemsIn));
};

/** Defaults, for a target's URL alone. */
export const settingsFor = (url: string): E.Either<Problem, Settings> =>
  E.mapLeft((findings: readonly Finding[]) =>
    problem(O.none, ['--target'], findings.map(({ says }) => says).join('; ')),
  )(settle({ target_proxy: { url } }, readText));
