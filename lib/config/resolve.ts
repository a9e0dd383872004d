/** Settings from a tree: what codecs refuse, and the rules that join several keys, all at once. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import { UNKNOWN_KEY } from '../codecs/closed.js';
import { Secret } from '../codecs/leaf.js';
import type { Settings } from '../core/settings.js';
import { Config } from './codec.js';
import { placeOf } from './known-keys.js';
import { type Finding, findings, type Path } from './report.js';
import { settings } from './settings.js';

/** A file that the config names and that cannot be read. */
export interface Unread {
  /** The whole path that was looked at. */
  readonly path: string;
  readonly why: string;
}

/** The content of a file that the config names. */
export type ReadSecret = (path: string) => E.Either<Unread, string>;

const at = (says: string, ...path: readonly string[]): Finding => ({ path, at: 'value', says });

const codesInBothLists = ({ error_handling: errors = {} }: Config): readonly Finding[] => {
  const retried = new Set(errors.retry_codes);
  return [...(errors.fail_codes ?? []).entries()]
    .filter(([, code]) => retried.has(code))
    .map(([i]) => at('expected a code that is not in retry_codes too', 'error_handling', 'fail_codes', String(i)));
};

/** The delays in the wrong order. If something was misread, only written delays are compared: a default may be wrong. */
const delaysOutOfOrder = (config: Config, misread: boolean): readonly Finding[] => {
  const ofTarget = config.target_proxy?.retry_delay;
  const { base_delay: base, max_delay: longest } = config.error_handling ?? {};
  if (misread && (longest === undefined || (ofTarget ?? base) === undefined)) return [];
  const { baseMs, maxDelayMs } = settings(config, O.none).retry;
  if (baseMs <= maxDelayMs) return [];
  const says = 'expected a first wait that is not longer than error_handling.max_delay';
  if (ofTarget !== undefined) return [at(says, 'target_proxy', 'retry_delay')];
  return [at(says, 'error_handling', base === undefined ? 'max_delay' : 'base_delay')];
};

const notEmpty = O.fromPredicate((text: string | undefined): text is string => text !== undefined && text !== '');

/** The shape of a key, in place of the path of a file. */
const LIKE_A_KEY = /^(?:sk|pk|gsk|xai|hf|nvapi|pplx)[-_]|^[\w+=-]{20,}$|^bearer\s/i;

const unread = ({ path, why }: Unread): string => `expected a file that can be read; ${path} ${why}`;

const key = (target: Config['target_proxy'], readSecret: ReadSecret): E.Either<Finding, O.Option<string>> => {
  const inline = notEmpty(target?.api_key);
  const file = notEmpty(target?.api_key_file);
  if (O.isNone(file)) return E.right(inline);
  const fail = (says: string) => E.left(at(says, 'target_proxy', 'api_key_file'));
  if (O.isSome(inline)) return fail('expected either api_key or api_key_file, not both');
  const content = readSecret(file.value);
  if (E.isLeft(content)) {
    // The report shows the path.
    const isKey = LIKE_A_KEY.test(file.value);
    return fail(isKey ? 'expected the path of a file; a key itself belongs in api_key' : unread(content.left));
  }
  const secret = Secret.decode(content.right);
  if (E.isRight(secret) && secret.right !== '') return E.right(O.some(secret.right));
  const [flaw] = E.isLeft(secret) ? findings(secret.left) : [];
  return fail(`expected a file that holds ${flaw?.says.replace(/^expected /, '') ?? Secret.name}`);
};

/** The finding of an unknown key with the section that it belongs to, if another one has it. */
const placed = (finding: Finding): Finding => {
  const place = finding.says.startsWith(UNKNOWN_KEY) ? placeOf(finding.path.at(-1) as string) : undefined;
  if (place === undefined) return finding;
  const [, known] = finding.says.split(/(?=known here: )/);
  return { ...finding, says: `this key belongs ${place}; ${known}` };
};

type Tree = Readonly<Record<string, unknown>>;

/** The tree without what stands at these paths; a list with a bad item goes as a whole. */
const omit = (tree: Tree, paths: readonly Path[]): Tree => {
  const kept = Object.entries(tree).flatMap(([name, value]) => {
    const within = paths.filter((path) => path[0] === name).map((path) => path.slice(1));
    if (within.length === 0) return [[name, value]];
    if (within.some((path) => path.length === 0) || !t.UnknownRecord.is(value)) return [];
    return [[name, omit(value, within)]];
  });
  return Object.fromEntries(kept);
};

const added = (earlier: readonly Finding[], later: readonly Finding[]): readonly Finding[] => {
  const known = new Set(earlier.map(({ path }) => JSON.stringify(path)));
  return [...earlier, ...later.filter(({ path }) => !known.has(JSON.stringify(path)))];
};

/**
 * The settings that a tree means, or all that is wrong with it. `found` is what is known to be wrong already. What a
 * codec refuses is taken out and the rest read again, so that the rules that join keys are reported in the same go.
 */
export const settle = (
  tree: Tree,
  readSecret: ReadSecret,
  found: readonly Finding[] = [],
): E.Either<readonly Finding[], Settings> => {
  const read = Config.decode(tree);
  if (E.isLeft(read)) {
    const bad = added(found, findings(read.left).map(placed));
    const paths = bad.map(({ path }) => path);
    return settle(omit(tree, paths), readSecret, bad);
  }
  const config = read.right;
  const apiKey = key(config.target_proxy, readSecret);
  const broken = [
    ...codesInBothLists(config),
    ...delaysOutOfOrder(config, found.length > 0),
    ...(E.isLeft(apiKey) ? [apiKey.left] : []),
  ];
  const all = added(found, broken);
  return E.isRight(apiKey) && all.length === 0 ? E.right(settings(config, apiKey.right)) : E.left(all);
};
