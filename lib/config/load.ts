/** A config file, or a bare URL, as settings. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import type { Settings } from '../core/settings.js';
import { parse } from './document.js';
import { type Env, interpolate } from './environment.js';
import { type Finding, type Problem, problem } from './report.js';
import { type ReadSecret, settle } from './settlement.js';

interface Source {
  /** What problems call the text's file. */
  readonly file: string;
  readonly env: Env;
  readonly readSecret: ReadSecret;
}

export interface Io {
  readonly env: Env;
  /** The content of a file; the left is the system's error code (`ENOENT`). */
  readonly readText: (path: string) => E.Either<string, string>;
}

/** Reads a file of the system's; see `Io`. */
export const readText: Io['readText'] = (path) =>
  E.tryCatch(
    () => readFileSync(path, 'utf8'),
    (error) => String((error as NodeJS.ErrnoException).code),
  );

/** The settings that a config's text means, or every problem with it. */
export const decode = (text: string, source: Source): E.Either<readonly Problem[], Settings> => {
  const document = parse(text, source.file);
  if (E.isLeft(document)) return document;
  const { value, missing } = interpolate(document.right.value, source.env);
  return E.mapLeft((findings: readonly Finding[]) =>
    findings.map((finding) => problem(O.some(document.right.place(finding)), finding.path, finding.says)),
  )(settle(value, source.readSecret, missing));
};

/** A file must name its upstream: only who asks for the demo is to get it. */
const namesNoUpstream = (text: string, { file, env }: Pick<Source, 'file' | 'env'>): boolean => {
  const document = parse(text, file);
  if (E.isLeft(document)) return false;
  const { target_proxy: target } = interpolate(document.right.value, env).value;
  return target === undefined || target === null || (t.UnknownRecord.is(target) && (target.url ?? null) === null);
};

const NO_UPSTREAM = 'expected the base URL of the upstream, or the word demo for the one that comes with the proxy';

/** The same for a file. Files that the config names are relative to its folder. */
export const load = (path: string, io: Io): E.Either<readonly Problem[], Settings> => {
  const text = io.readText(path);
  if (E.isLeft(text)) return E.left([problem(O.none, [], `${path} cannot be read (${text.left})`)]);
  const readSecret: ReadSecret = (name) => io.readText(resolve(dirname(path), name));
  const settings = decode(text.right, { file: path, env: io.env, readSecret });
  if (!namesNoUpstream(text.right, { file: path, env: io.env })) return settings;
  const missing = problem(O.some({ file: path, line: 1, column: 1 }), ['target_proxy', 'url'], NO_UPSTREAM);
  return E.left([...(E.isLeft(settings) ? settings.left : []), missing]);
};

/** Defaults, for a target's URL alone. */
export const settingsFor = (url: string): E.Either<Problem, Settings> =>
  E.mapLeft((findings: readonly Finding[]) =>
    problem(O.none, ['--target'], findings.map(({ says }) => says).join('; ')),
  )(settle({ target_proxy: { url } }, readText));
