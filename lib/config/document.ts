/** YAML text as a tree of plain values, of which each knows its place. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import * as t from 'io-ts';
import {
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isSeq,
  LineCounter,
  type Document as Parsed,
  parseDocument,
  visit,
} from 'yaml';
import { type Finding, type Place, type Problem, problem } from './report.js';

export interface Document {
  readonly value: Readonly<Record<string, unknown>>;
  /** Where a finding stands; for a key that was not written, where its section does. */
  readonly place: (finding: Pick<Finding, 'path' | 'at'>) => Place;
}

/** The parser's own messages quote the text, which may be a key's. */
const SAYS: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) has no anchor or tag of its own',
  BAD_ALIAS: 'this alias (*name) is not complete',
  BAD_COLLECTION_TYPE: 'this tag (!name) does not fit what follows it',
  BAD_DIRECTIVE: 'a line that begins with % is not understood',
  BAD_DQ_ESCAPE: "unknown escape after \\ in double quotes; single quotes ('…') take a \\ as it is",
  BAD_INDENT: 'the indentation does not fit the lines around, or a closing bracket is missing',
  BAD_PROP_ORDER: 'an anchor (&name) or a tag (!name) stands at the wrong place',
  BAD_SCALAR_START: 'a text that begins with this character must stand in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second "key: value" begins here; a text with ": " in it must stand in quotes',
  BLOCK_IN_FLOW: 'a list or map over several lines cannot stand inside brackets',
  DUPLICATE_KEY: 'this key stands here for the second time',
  IMPOSSIBLE: 'this cannot be read as YAML',
  KEY_OVER_1024_CHARS: 'this key is too long; is a line break missing?',
  MISSING_CHAR: `a quote, a bracket, a comma or a colon is missing; in brackets, write "\${NAME}" in quotes`,
  MULTILINE_IMPLICIT_KEY: 'expected "key: value" on one line; is the space after the colon missing?',
  MULTIPLE_ANCHORS: 'one value has two anchors (&name)',
  MULTIPLE_DOCS: 'a second document begins here (---); a config is one',
  MULTIPLE_TAGS: 'one value has two tags (!name)',
  NON_STRING_KEY: 'expected a word as the key',
  RESOURCE_EXHAUSTION: 'lists or maps are nested too deeply',
  TAB_AS_INDENT: 'a tab stands here; YAML is indented with spaces',
  TAG_RESOLVE_FAILED: 'this tag (!name) is not known',
  UNEXPECTED_TOKEN: 'this does not belong here',
};

/** Where the parser found a node; what has no place of its own has that of what is around it. */
const offset = (node: unknown, around: number): number => {
  const [start = around] = (isNode(node) && node.range) || [];
  return start;
};

const offsetOf = (document: Parsed, { path, at }: Pick<Finding, 'path' | 'at'>): number => {
  let node: unknown = document.contents;
  let found = offset(node, 0);
  for (const [depth, key] of path.entries()) {
    const inner: unknown = isAlias(node) ? node.resolve(document) : node;
    if (isMap<{ value: unknown }>(inner)) {
      const pair = inner.items.find((each) => each.key.value === key);
      found = offset(at === 'key' && depth === path.length - 1 ? pair?.key : pair?.value, found);
      node = pair?.value;
    } else {
      node = isSeq(inner) ? inner.items[Number(key)] : undefined;
      found = offset(node, found);
    }
  }
  return found;
};

const BAD_ALIAS = 'expected an alias (*name) of an anchor (&name) that stands before it, and not around it';
const MERGE_KEY =
  'merge keys (<<) are not supported; write the keys themselves, or an alias (*name) as the whole value';

/** What YAML lets pass, and where: aliases that name nothing before them, or what they are part of; and merge keys. */
const misused = (document: Parsed): readonly (readonly [offset: number, says: string])[] => {
  const found: (readonly [number, string])[] = [];
  visit(document, {
    Alias: (_, alias, around) => {
      const named = alias.resolve(document);
      if (named === undefined || around.includes(named)) found.push([offset(alias, 0), BAD_ALIAS]);
    },
    Scalar: (role, scalar) => {
      // In quotes it is a word like others.
      if (role === 'key' && scalar.value === '<<' && scalar.type === 'PLAIN')
        found.push([offset(scalar, 0), MERGE_KEY]);
    },
  });
  return found;
};

/** The tree of a config file, or everything that is wrong with its syntax. */
export const parse = (text: string, file: string): E.Either<readonly Problem[], Document> => {
  const lines = new LineCounter();
  const placeAt = (position: number): Place => {
    const { line, col } = lines.linePos(position);
    return { file, line, column: col };
  };
  const at = (position: number, says: string) => problem(O.some(placeAt(position)), [], says);

  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    resolveKnownTags: false,
  });
  const errors = [...document.errors, ...document.warnings].map(({ code, pos }) => at(pos[0], SAYS[code]));
  if (errors.length > 0) return E.left(errors);
  const misuses = misused(document).map(([position, says]) => at(position, says));
  if (misuses.length > 0) return E.left(misuses);

  const value = E.tryCatch(
    (): unknown => document.toJS(),
    () => [at(0, 'expected fewer aliases (*name): they multiply')],
  );
  if (E.isLeft(value)) return value;
  return t.UnknownRecord.is(value.right)
    ? E.right({ value: value.right, place: (finding) => placeAt(offsetOf(document, finding)) })
    : E.left([at(offset(document.contents, 0), 'expected a map with keys such as target_proxy')]);
};
