/** The places where the config is looked for. */
import { resolve } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { Env } from './environment.js';
import { type Problem, problem } from './report.js';

/** Tried in this order, where neither `--config` nor `$SEAKING_CONFIG` names a file. */
export const PLACES = ['./proxy.config.yaml', '/etc/seaking-proxy/proxy.config.yaml'] as const;

/** The path of the config. One that was named is taken as it is: loading it reports that it does not exist. */
export const lookup = (
  flag: O.Option<string>,
  env: Env,
  exists: (path: string) => boolean,
): E.Either<Problem, string> => {
  const named = O.isSome(flag) ? flag.value : env.SEAKING_CONFIG;
  const path = named || PLACES.find(exists);
  const says = `no config found: looked for ${PLACES.map((each) => resolve(each)).join(' and ')}; name one with --config or $SEAKING_CONFIG, or give a --target`;
  return path === undefined ? E.left(problem(O.none, [], says)) : E.right(path);
};
